//! Labelled patterns: their identity, their text, and their labels packed into one integer.
//!
//! - `labelled_shape`: [`Pattern`], a shape with the label of each event.
//! - `canonical`: the representative of a pattern's isomorphism class.
//! - `text`: a pattern written as `sweep -> reversal; reversal -> expansion`.
//! - `parse`: the text read back.
//! - `parse_error`: [`PatternTextError`], what is wrong with a text, and at which byte.
//! - `json`: names as JSON strings, for labels that the text cannot hold as they are.
//! - `label_key`: [`LabelKey`], the labels of an occurrence packed into one integer.

mod canonical;
mod json;
mod label_key;
mod labelled_shape;
mod parse;
mod parse_error;
mod text;

pub(crate) use json::to_json;
pub(crate) use label_key::{KeyMap, LabelKey, digits, label_bits, label_limit};
pub use labelled_shape::Pattern;
pub use parse_error::PatternTextError;
