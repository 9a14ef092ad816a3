//! Temporal graph attention over logs of time-stamped events: builds graphs, runs attention over them, counts and tests
//! their motifs, and stores the results in Parquet.
//!
//! # Modules
//!
//! Without any feature:
//!
//! - [`attention`]: checked problems, masks, time bias, an f64 reference and a CPU backend
//! - [`dag`]: link rules, directed acyclic graphs in CSR form, generations, paths, transitive reduction
//! - [`motif`]: census of small patterns, and permutation tests of their counts
//! - [`tgat`]: the temporal graph attention network and its weights file
//! - [`events`], [`table`]: events with times and features, and the typed columns that they are made from
//! - [`legacy`]: formats, options and features of the Python system that this crate replaces
//! - [`backend`]: the choice of the device that runs attention
//! - [`scale`]: the typical gap of the events, and the time windows that follow from it
//! - [`csr`], [`geometry`], [`philox`]: sparsity patterns, tile sizes, and counter-based random numbers
//!
//! # Features
//!
//! - `store`: Parquet and Arrow files and the importers (`store`), configuration (`config`), and the commands as
//!   functions (`pipeline`)
//! - `yaml`: configuration files in YAML; includes `store`
//! - `cli` (default): the command `ironforge`; includes `store` and `yaml`
//! - `petgraph` (default): graphs from and to petgraph
//! - `sprs` (default): graphs from and to the sparse matrices of sprs
//! - `cuda`: the CUDA backend (`cuda`); it builds and runs without a GPU, and then reports why it cannot be used
//!
//! # Unsafe code
//!
//! In these files only:
//!
//! - `cuda/driver.rs`: calls into the CUDA driver
//! - `cuda/memory.rs`: allocation and release of GPU memory
//! - `cuda/launch.rs`: kernel launches
//! - `cuda/resident.rs`: launches on buffers that stay on the GPU
//! - `store/untrusted/byte_source.rs`: memory maps of files
//! - `store/read/scan.rs`, `store/read/read_table.rs`, `pipeline/inputs/read_file.rs`: forward the caller's promise
//!   that a mapped file does not change
//! - `store/arrow/c_stream.rs`: the Arrow C stream interface
//!
//! # Arrow and Parquet
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
pub mod scale;
#[cfg(feature = "store")]
pub mod store;
mod suggest;
pub mod table;
pub mod tgat;

/// The examples of README.md, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct ReadmeExamples;

/// The examples of docs/library.md, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
pub struct LibraryExamples;
