//! Files of the replaced system: session files of every form, and shards.

mod enhanced;
mod records;
mod session_json;
mod shards;
