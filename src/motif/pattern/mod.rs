//! Labelled patterns: the type, its text form and its canonical form.
//!
//! - `labelled_shape`: [`Pattern`], a shape with the label of each event.
//! - `canonical`: the representative of a pattern's isomorphism class.
//! - `text`: the text form, `sweep -> reversal; reversal -> expansion`.
//! - `parse`: the parser of the text form.
//! - `parse_error`: [`PatternTextError`], a syntax error and its byte offset.
//! - `json`: label names as JSON strings, for names that contain the syntax of the text form.
//! - `label_key`: [`LabelKey`], the labels of an occurrence as one integer key.

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
