//! Summaries of stages: motifs, device, plan cache, and the results that need trained weights.

use serde::Serialize;

use crate::attention::lowering::PlanCounts;
use crate::motif::{Correction, MotifConfig, Verdict};
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
    /// Sessions held out to confirm the patterns found in the others.
    pub held_out: usize,
    /// Patterns with verdict `promote`.
    pub promote: usize,
    /// Patterns with verdict `park`.
    pub park: usize,
}

impl MotifSummary {
    pub(crate) fn new(motifs: &LabelledMotifs, config: &MotifConfig) -> Self {
        let mined = &motifs.mined;
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
            held_out: mined.held_out.iter().filter(|&&held_out| held_out).count(),
            promote: count(Verdict::Promote),
            park: count(Verdict::Park),
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
