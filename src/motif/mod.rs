//! Motifs: small patterns of labelled events that occur more often than by chance, with p-values corrected for the
//! number of patterns.
//!
//! A motif is a connected induced sub-DAG of 3 to 5 events in time order, each with its label. [`count`] counts every
//! pattern exactly; [`mine`](mine()) also tests each against a null model.
//!
//! - `config`: [`MotifConfig`], the settings.
//! - `error`: [`MotifError`], errors in graphs and settings.
//! - `graph`: [`MotifGraph`], the input, and the union of all graphs of a run.
//! - `enumerate`: the connected sets of events, each once, and their shapes.
//! - `pattern`: [`Pattern`], a shape with labels; its text and its canonical form.
//! - `census`: the exact counts of all patterns.
//! - `null`: the null models, which draw replicates of the data.
//! - `replicate`: the counts of the patterns in the replicates.
//! - `test`: the significance of each pattern, corrected for their number.
//! - `held_out`: [`HeldOut`], what is held out to confirm patterns.
//! - `significance`, `verdict`, `row`: the result for one pattern.
//! - `mine`: [`mine`](mine()), from graphs to tested patterns.
//! - `memory`: [`memory_bytes`], an estimate of the memory of a run.

mod census;
mod config;
mod enumerate;
mod error;
mod graph;
mod held_out;
mod memory;
mod mine;
mod null;
mod pattern;
mod replicate;
mod row;
mod significance;
mod test;
mod verdict;

pub use census::{Census, PatternCount, count, estimate_instances};
pub use config::{Correction, HoldoutBy, MotifConfig, Null};
pub use enumerate::{MAX_NODES, MIN_NODES, class_of};
pub use error::MotifError;
pub use graph::{EdgeRule, LabelRepeats, MotifGraph};
pub use held_out::HeldOut;
pub use memory::memory_bytes;
pub use mine::{MiningResult, mine};
pub use pattern::{Pattern, PatternTextError};
pub use row::MotifRow;
pub use significance::Significance;
pub use verdict::Verdict;
