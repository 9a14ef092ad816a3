//! TGAT: the temporal graph attention network, which gives embeddings and scores of the nodes of a graph.
//!
//! A [`Model`] is a stack of [`Layer`]s (projections around graph attention) with three output heads: patterns,
//! significance, and the range of a session from its first nodes. The attention backend is an argument,
//! `&dyn AttentionBackend`, so nothing here depends on a device. Weights are seeded ([`Model::seeded`], marked
//! untrained in every result) or read from safetensors ([`Model::from_bytes`]). [`weights`] documents the file
//! format and the formulas.
//!
//! - `config`, `error`: settings and errors
//! - `batch`: inputs and outputs
//! - `feature_stats`: statistics of the features that the weights were trained on
//! - `tensor_source`: sources of the tensors of a network: a seed or a file
//! - `weights/`: the weights file
//! - `linear`, `layer_norm`, `head`: dense projection, layer normalisation, output head
//! - `rounding`: rounding of queries, keys and values to the precision of attention
//! - `layer`, `model`: one layer, and the whole network
//! - `predicted_range`: the range of a session, predicted from its first nodes

mod batch;
mod config;
mod error;
mod feature_stats;
mod head;
mod layer;
mod layer_norm;
mod linear;
mod model;
mod predicted_range;
mod rounding;
mod tensor_source;
pub mod weights;

pub use batch::{Batch, Scores};
pub use config::{Positions, Precision, TgatConfig};
pub use error::TgatError;
pub use feature_stats::FeatureStats;
pub use layer::{Layer, MAX_POSITIONS};
pub use model::{Model, PATTERNS};
pub use predicted_range::PredictedRange;
pub use weights::MAX_FILE_BYTES;
