//! TGAT: the network that turns the nodes of a temporal graph into embeddings and scores.
//!
//! A [`Model`] is a stack of [`Layer`]s (projections around graph attention) with three output heads: patterns,
//! significance, and the range of a session from its first nodes. It takes the attention backend as
//! `&dyn AttentionBackend` and never names a device. Weights are seeded ([`Model::seeded`], marked untrained in every
//! result) or read from safetensors ([`Model::from_bytes`]). The formulas are in [`weights`], with the file's format.
//!
//! - `config`, `error`: settings and errors
//! - `batch`: inputs and outputs
//! - `feature_stats`: statistics of the features that weights were trained on
//! - `tensor_source`: where the values of a network's tensors come from
//! - `weights/`: the weights file
//! - `linear`, `layer_norm`, `head`: the parts of layers and of output heads
//! - `rounding`: rounding of queries, keys and values to the precision of attention
//! - `layer`, `model`: one layer, and the whole network
//! - `predicted_range`: the range of a session

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
