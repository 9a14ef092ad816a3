//! Conversion to and from the graphs and matrices of other crates.
//!
//! - `petgraph`: graphs of petgraph, feature `petgraph`
//! - `sprs`: sparse matrices of sprs, feature `sprs`

#[cfg(feature = "petgraph")]
mod petgraph;
#[cfg(feature = "sprs")]
mod sprs;
