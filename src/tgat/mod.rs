//! TGAT: the network that turns the nodes of a temporal graph into embeddings and scores.
//!
//! A [`Model`] is a stack of [`Layer`]s (projections around graph attention) with three heads: patterns, significance,
//! and the range of a session from its first nodes. It takes the attention backend as `&dyn AttentionBackend` and never
//! names a device. Weights are seeded ([`Model::seeded`], marked untrained in every result) or read from safetensors
//! ([`Model::from_bytes`]).
//!
//! What it computes is the original's; where that never worked (batches, widths other than 45, empty results in place
//! of errors) it does what its formulas say.

mod batch;
mod config;
mod error;
mod head;
mod layer;
mod linear;
mod model;
mod norm;
mod range;
mod round;
mod tensors;
mod weights;

pub use batch::{Batch, Range, Scores};
pub use config::{Positions, Precision, TgatConfig};
pub use error::TgatError;
pub use layer::{Layer, MAX_POSITIONS};
pub use model::{FeatureStats, Model, PATTERNS};
pub use weights::MAX_FILE_BYTES;
