//! pipeline

pub mod attend;
