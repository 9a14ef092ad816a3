//! Temporal graph attention: logs of time-stamped events become graphs, attention runs over them, motifs are mined with
//! honest statistics, and everything is kept in Parquet.
//!
//! Rooms that need no feature: [`attention`] (checked problems, masks, time bias, an f64 reference and a CPU backend),
//! [`dag`] (link rules, CSR, generations, weights), [`motif`] (census and permutation test), [`tgat`] (the network) and
//! what they stand on. The feature `store` adds Parquet, importers, configuration and the flow (`pipeline::discover`),
//! `cli` the command; `cuda` adds the GPU (`cuda`), which is used where it can be.
//!
//! Unsafe code is in `cuda/driver.rs` (calls of the driver), `cuda/memory.rs` (its memory), `cuda/launch.rs` (launches)
//! and `cuda/resident.rs` (buffers handed to kernels), `store/untrusted/byte_source.rs` (a file mapped into memory),
//! `store/read/scan.rs` (the promise that it is not changed), `store/arrow/c_stream.rs` (the C stream interface), and nowhere else.
//!
//! The Parquet layer is built on the maintained `arrow` and `parquet` crates, not on arrow2/parquet2: those panic and
//! abort on damaged files (38 and 10 of 2,000 damaged copies of one file) and carry an advisory without a fix.

pub mod attention;
pub mod backend;
#[cfg(feature = "store")]
pub mod config;
pub mod csr;
#[cfg(feature = "cuda")]
pub mod cuda;
pub mod dag;
pub mod events;
pub mod geometry;
pub mod legacy;
pub mod motif;
pub mod philox;
#[cfg(feature = "store")]
pub mod pipeline;
#[cfg(feature = "store")]
pub mod store;
mod suggest;
pub mod table;
pub mod tgat;

/// The examples of README.md, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
