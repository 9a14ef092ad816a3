//! Attention on the CPU, in f32, on all threads of the current rayon pool.
//!
//! Rows of few keys are gathered one by one; where the keys fill their 64x64 tiles, the softmax runs online over
//! the tiles (Dao 2023, arXiv:2307.08691, algorithm 1), and empty tiles are not touched. The choice is made for
//! each block of up to 64 rows from the set of keys alone, never from its form or from the number of threads, so
//! neither changes a bit of the output, and a graph gives the same bits alone and in a batch.
//!
//! - `exp`: the exponential, vectorised.
//! - `widen`: stored values as f32, and probabilities rounded to stored values.
//! - `row_block`: the backend: blocks of rows, and the choice between gather and tiles.
//! - `gather`: rows of few keys.
//! - `tiles`: rows of many keys.

mod exp;
mod gather;
mod row_block;
mod tiles;
mod widen;

pub use row_block::Cpu;
