//! Temporal graph attention: logs of time-stamped events become graphs, attention runs over them, motifs are
//! mined with honest statistics, and everything is kept in Parquet.

pub mod attention;
pub mod backend;
#[cfg(feature = "store")]
pub mod config;
pub mod csr;
pub mod dag;
#[cfg(feature = "store")]
pub mod error;
pub mod events;
pub mod geometry;
pub mod motif;
mod nearest;
pub mod philox;
#[cfg(feature = "store")]
pub mod pipeline;
#[cfg(feature = "store")]
pub mod store;
pub mod table;
pub mod tgat;
