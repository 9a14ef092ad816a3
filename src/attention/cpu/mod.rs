//! Attention on the CPU, in f32, on all threads of the current rayon pool.
//!
//! Rows with few keys gather them one by one; where the keys fill their 64x64 tiles, an online softmax runs over the
//! tiles (Dao 2023, arXiv:2307.08691, algorithm 1), and empty tiles are skipped. The choice is made for each block of
//! up to 64 rows and depends on the set of keys alone: the form of the keys and the number of threads do not change a
//! bit of the output, and a graph gives the same bits alone and in a batch.
//!
//! - `exp`: the exponential function, vectorised.
//! - `widen`: stored values widened to f32, and probabilities rounded to the stored type.
//! - `row_block`: the backend: blocks of rows, and the choice between gather and tiles.
//! - `gather`: rows with few keys.
//! - `tiles`: rows with many keys.

mod exp;
mod gather;
mod row_block;
mod tiles;
mod widen;

pub use row_block::Cpu;
