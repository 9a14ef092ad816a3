//! Summaries of stages: motifs, device, plan cache, and the results that need trained weights.

use serde::Serialize;

use crate::attention::lowering::PlanCounts;
use crate::motif::{Correction, HeldOut, LabelRepeats, MotifConfig, MotifRow, Verdict};
use crate::pipeline::stages::LabelledMotifs;

/// Names of the results of a run, by their dependence on trained weights. Results of untrained weights are neither
/// ranked nor summarised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputMeaning {
    /// Results that describe the input and do not depend on weights.
    pub descriptive: &'static [&'static str],
    /// Results that need trained weights, in a run without them: the output of a randomly initialised network.
    pub needs_trained_weights: &'static [&'static str],
    /// Results of trained weights.
    pub of_trained_weights: &'static [&'static str],
}

impl OutputMeaning {
    pub(crate) fn new(trained: bool) -> Self {
        const NETWORK: &[&str] = &["embeddings", "scores"];
        Self {
            descriptive: &["nodes", "temporal_edges", "dag_edges", "motifs"],
            needs_trained_weights: if trained { &[] } else { NETWORK },
            of_trained_weights: if trained { NETWORK } else { &[] },
        }
    }
}

/// Counts of a motif census and its test.
#[derive(Debug, Clone, Serialize)]
pub struct MotifSummary {
    /// Number of instances counted.
    pub instances: u64,
    /// Number of distinct labelled patterns among them.
    pub distinct: u64,
    /// Number of patterns with at least `motif.min_count` instances: the tested patterns.
    pub patterns: usize,
    /// Number of patterns that are reported, the most significant first: all, or `motif.max_rows`.
    pub reported: usize,
    /// Number of events whose label or time a null draw can change. If 0, every draw equals the data, and every
    /// p-value is 1.
    pub movable_events: u64,
    /// Number of null draws.
    pub iterations: u32,
    /// The null model.
    pub null: &'static str,
    /// Correction of the p-values that decide the verdicts.
    pub correction: Correction,
    /// Sessions, or slices of time of a single session, of which some are held out to confirm patterns; 0: nothing can
    /// be held out.
    pub units: usize,
    /// What is held out: `sessions`, `slices`, or `nothing`.
    pub held_out: &'static str,
    /// How far successive events have the same label, and come in bursts.
    pub repeats: LabelRepeats,
    /// Patterns with verdict `promote`.
    pub promote: usize,
    /// Patterns with verdict `park`.
    pub park: usize,
    /// Parked patterns that pairs of successive labels explain.
    pub explained_by_pairs: usize,
}

impl MotifSummary {
    pub(crate) fn new(motifs: &LabelledMotifs, config: &MotifConfig) -> Self {
        let mined = &motifs.mined;
        let explained = |row: &MotifRow| {
            row.verdict == Verdict::Park
                && row.significance.is_some_and(|s| s.explained_by_pairs == Some(true))
        };
        let count = |verdict| mined.rows.iter().filter(|row| row.verdict == verdict).count();
        Self {
            instances: mined.census.instances(),
            distinct: mined.census.distinct,
            movable_events: mined.movable_events,
            patterns: mined.rows.len(),
            reported: motifs.reported().len(),
            iterations: config.iterations,
            null: config.null.name(),
            correction: config.correction,
            units: mined.held_out.map_or(0, HeldOut::units),
            held_out: match mined.held_out {
                None => "nothing",
                Some(HeldOut::Graphs(_)) => "sessions",
                Some(HeldOut::Slices { .. }) => "slices",
            },
            repeats: mined.repeats,
            promote: count(Verdict::Promote),
            park: count(Verdict::Park),
            explained_by_pairs: mined.rows.iter().filter(|row| explained(row)).count(),
        }
    }
}

/// The backend that ran attention.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceReport {
    /// Backend.
    pub used: String,
    /// Reason for the choice.
    pub reason: String,
}

/// Counters of the plan cache; all 0 if the backend uses no plans.
#[derive(Debug, Clone, Serialize)]
pub struct PlanCacheReport {
    /// Number of lookups that found a plan.
    pub hits: u64,
    /// Number of plans built.
    pub misses: u64,
    /// Number of plans evicted.
    pub evictions: u64,
    /// Bytes of the plans in the cache at the end.
    pub bytes: usize,
}

impl PlanCacheReport {
    pub(crate) fn new(plans: &PlanCounts) -> Self {
        Self { hits: plans.hits, misses: plans.misses, evictions: plans.evictions, bytes: plans.bytes }
    }
}
