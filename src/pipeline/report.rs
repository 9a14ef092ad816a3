//! `run.json`: what was read, how it was treated, and what came out.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::embed::Embedded;
use super::features::FeatureChoice;
use super::graphs::SessionGraph;
use super::memory::MemoryReport;
use super::mine::Mined;
use super::{Inputs, Skipped, Superseded};
use crate::config::original::OriginalSetting;
use crate::config::{Config, Effective};
use crate::events::FeatureInfo;
use crate::motif::{Correction, Verdict};

/// Version of the document's form: it rises when a reader must change.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Whether the weights were trained; without, scores and embeddings describe nothing.
    pub trained: bool,
    /// Whether the input was the built-in sample.
    pub sample: bool,
    /// Sessions by id.
    pub sessions: Vec<SessionReport>,
    /// Files found in a folder that are no input.
    pub skipped: Vec<Skipped>,
    /// Inputs whose session another one holds in a richer form.
    pub superseded: Vec<Superseded>,
    /// Motifs in short.
    pub motifs: MotifSummary,
    /// Where attention ran.
    pub device: DeviceReport,
    /// Plans kept between layers; all 0 where the backend needs none.
    pub plan_cache: PlanCacheReport,
    /// The preset the configuration starts from.
    pub preset: &'static str,
    /// The effective configuration.
    pub config: Config,
    /// Options of the original that were set, and the keys that they set.
    pub original: Vec<OriginalSetting>,
    /// What the run took, and what it was estimated to take.
    pub memory: MemoryReport,
    /// What of the results describes the input, and what only trained weights could say.
    pub meaning: Meaning,
    /// Which features these are and why, and those of edges.
    pub feature_choice: FeatureChoice,
    /// Names, units and formulas of the features, and what they were standardised with.
    pub feature_stats: FeatureStats,
    /// Tensors of the weights file that no layer uses.
    pub ignored_weights: Vec<String>,
    /// Worker threads.
    pub threads: usize,
    /// Seconds by phase; `plan_build_s`, and `plan_saved_s`, which the plans found in the cache would have taken again.
    pub timings: Map<String, Value>,
    /// Versions.
    pub versions: Versions,
}

/// One session of a run.
#[derive(Debug, Clone, Serialize)]
pub struct SessionReport {
    /// Id.
    pub id: String,
    /// Its file.
    pub source: String,
    /// The form of the file: `adapted`, `day_news`, `enhanced_rel`, `enhanced`, `records`, `shard`, `table` or
    /// `sample`.
    pub form: &'static str,
    /// Events.
    pub events: usize,
    /// Events without a price, where the source has a price column.
    pub missing_price: Option<usize>,
    /// Events without a kind.
    pub missing_kind: usize,
    /// Events at a time that an earlier one has.
    pub repeated_times: usize,
    /// Events outside the window that the file gives the session, where it gives one.
    pub outside_window: Option<usize>,
    /// Events at a time that stands for one not known, where the file has a wall clock: 00:00:00, 12:00:00 and
    /// 12:30:00 outside the window; without a window 00:00:00 if several have it.
    pub placeholder_times: Option<usize>,
    /// Fields of events, or columns of a shard, that were left out because nothing is known of them, with the
    /// number of events that have them.
    pub unknown_fields: BTreeMap<String, usize>,
    /// Edges of the undirected temporal view.
    pub temporal_edges: usize,
    /// Edges of the causal DAG.
    pub dag_edges: usize,
    /// Its topological generations.
    pub generations: usize,
}

/// What the results of a run can be read as. Nothing that untrained weights give is ranked or summed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// Results that describe the input, whatever the weights.
    pub descriptive: &'static [&'static str],
    /// Results that mean nothing without trained weights, and had none: the numbers of a random network.
    pub needs_trained_weights: &'static [&'static str],
    /// Results of trained weights.
    pub of_trained_weights: &'static [&'static str],
}

impl Meaning {
    fn of(trained: bool) -> Self {
        const NETWORK: &[&str] = &["embeddings", "scores"];
        Self {
            descriptive: &["nodes", "temporal_edges", "dag_edges", "motifs"],
            needs_trained_weights: if trained { &[] } else { NETWORK },
            of_trained_weights: if trained { NETWORK } else { &[] },
        }
    }
}

/// The motifs of a run in short.
#[derive(Debug, Clone, Serialize)]
pub struct MotifSummary {
    /// Instances counted.
    pub instances: u64,
    /// Distinct labelled patterns among them.
    pub distinct: u64,
    /// Patterns whose count reached `motif.min_count`: those that are tested.
    pub patterns: usize,
    /// Those that are reported, the most significant first: all, or `motif.max_rows`.
    pub reported: usize,
    /// Events that a draw may change, their label or their time. 0: every draw is the data, and every p is 1.
    pub movable_events: u64,
    /// Null draws each was tested against.
    pub iterations: u32,
    /// The null hypothesis.
    pub null: &'static str,
    /// How the p of verdicts is corrected.
    pub correction: Correction,
    /// Sessions held out to confirm what the others show.
    pub held_out: usize,
    /// Patterns to promote.
    pub promote: usize,
    /// Patterns to watch.
    pub park: usize,
}

/// Where attention ran, and why there.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceReport {
    /// Backend.
    pub used: String,
    /// Why it was chosen.
    pub reason: String,
}

/// What the cache of plans did.
#[derive(Debug, Clone, Serialize)]
pub struct PlanCacheReport {
    /// Plans found.
    pub hits: u64,
    /// Plans built.
    pub misses: u64,
    /// Plans given up to make room.
    pub evictions: u64,
    /// Bytes held at the end.
    pub bytes: usize,
}

/// What the features are and how they were standardised.
#[derive(Debug, Clone, Serialize)]
pub struct FeatureStats {
    /// Features in the order of the columns `f00`, `f01`, ...
    pub features: Vec<FeatureInfo>,
    /// `session` or `weights`: whose mean and standard deviation were used.
    pub statistics_of: &'static str,
    /// Per session id the mean of each feature.
    pub mean: Map<String, Value>,
    /// Per session id the population standard deviation of each feature.
    pub std: Map<String, Value>,
}

/// Versions that shape the results.
#[derive(Debug, Clone, Serialize)]
pub struct Versions {
    /// This crate.
    pub ironforge: &'static str,
}

impl Default for Versions {
    fn default() -> Self {
        Self { ironforge: env!("CARGO_PKG_VERSION") }
    }
}

pub(super) fn assemble(
    effective: &Effective,
    inputs: Inputs,
    graphs: &[SessionGraph],
    embedded: Embedded,
    mined: &Mined,
    estimated_bytes: u64,
    timings: Vec<(&'static str, f64)>,
) -> RunReport {
    let config = &effective.config;
    let by_session = |values: &dyn Fn(usize) -> Value| {
        inputs.sessions.iter().enumerate().map(|(i, s)| (s.id.clone(), values(i))).collect::<Map<_, _>>()
    };
    let feature_stats = FeatureStats {
        statistics_of: if embedded.weights_bring_statistics { "weights" } else { "session" },
        mean: by_session(&|i| embedded.stats[i].mean.clone().into()),
        std: by_session(&|i| embedded.stats[i].std.clone().into()),
        features: embedded.info,
    };
    let plans = embedded.plans;
    let mut timings = self::timings(timings);
    for (name, time) in [("plan_build_s", plans.building), ("plan_saved_s", plans.saved)] {
        timings.insert(name.to_owned(), time.as_secs_f64().into());
    }
    RunReport {
        schema_version: SCHEMA_VERSION,
        trained: embedded.trained,
        meaning: Meaning::of(embedded.trained),
        feature_choice: embedded.set.report(),
        sample: inputs.sample,
        sessions: inputs.sessions.iter().zip(graphs).map(|(s, g)| session(s, g)).collect(),
        skipped: inputs.skipped,
        superseded: inputs.superseded,
        motifs: motif_summary(mined, config),
        device: DeviceReport { used: embedded.device.0, reason: embedded.device.1 },
        plan_cache: PlanCacheReport {
            hits: plans.hits,
            misses: plans.misses,
            evictions: plans.evictions,
            bytes: plans.bytes,
        },
        preset: effective.preset.name(),
        config: config.clone(),
        original: effective.original().to_vec(),
        memory: MemoryReport::new(estimated_bytes, config),
        feature_stats,
        ignored_weights: embedded.ignored_weights,
        threads: rayon::current_num_threads(),
        timings,
        versions: Versions::default(),
    }
}

pub(super) fn motif_summary(mined: &Mined, config: &Config) -> MotifSummary {
    let count = |verdict| mined.found.rows.iter().filter(|row| row.verdict == verdict).count();
    MotifSummary {
        instances: mined.found.census.instances(),
        distinct: mined.found.census.distinct,
        movable_events: mined.found.movable_events,
        patterns: mined.found.rows.len(),
        reported: mined.reported().len(),
        iterations: config.motif.iterations,
        null: config.motif.null.name(),
        correction: config.motif.correction,
        held_out: mined.found.held_out.iter().filter(|&&out| out).count(),
        promote: count(Verdict::Promote),
        park: count(Verdict::Park),
    }
}

/// Seconds by phase, and of all.
pub(super) fn timings(phases: Vec<(&'static str, f64)>) -> Map<String, Value> {
    let total: f64 = phases.iter().map(|(_, s)| s).sum();
    let named = phases.into_iter().chain([("total", total)]);
    named.map(|(phase, s)| (format!("{phase}_s"), s.into())).collect()
}

pub(super) fn session(session: &crate::table::Session, graph: &SessionGraph) -> SessionReport {
    let events = &session.events;
    SessionReport {
        id: session.id.clone(),
        source: session.source.clone(),
        form: session.origin.form.name,
        events: events.len(),
        missing_price: events.prices().map(|p| p.iter().filter(|p| p.is_none()).count()),
        missing_kind: events.kind.codes.iter().filter(|&&c| c == crate::table::MISSING).count(),
        repeated_times: events.t_ms.windows(2).filter(|pair| pair[0] == pair[1]).count(),
        outside_window: session.origin.outside_window,
        placeholder_times: session.origin.placeholder_times,
        unknown_fields: session.origin.unknown_fields.clone(),
        temporal_edges: graph.temporal.src.len(),
        dag_edges: graph.dag.pattern().nnz(),
        generations: graph.generations.count(),
    }
}
