//! The part that the reports of all runs share.

use serde::Serialize;
use serde_json::{Map, Value};

use super::input_notes::input_notes;
use super::{Note, ScaleReport, TieReport};
use crate::config::{Config, Effective};
use crate::events::TableReport;
use crate::legacy::options::LegacySetting;
use crate::pipeline::error::SkippedInput;
use crate::pipeline::inputs::{LoadedInputs, Superseded};
use crate::pipeline::memory::MemoryReport;
use crate::pipeline::progress::PhaseSeconds;
use crate::pipeline::stages::RunWindows;

/// Schema version of the reports. It rises with every change that breaks a reader.
pub const SCHEMA_VERSION: u32 = 2;

/// The part of `run.json` that all commands share: inputs, configuration, cost and versions. Its fields are at the
/// top level of the document.
#[derive(Debug, Clone, Serialize)]
pub struct RunHeader {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// True if the input was the built-in sample.
    pub sample: bool,
    /// What a reader of the results should know.
    pub notes: Vec<Note>,
    /// Events of equal time.
    pub ties: TieReport,
    /// How each table was read: its rows, format and columns.
    pub tables: Vec<TableReport>,
    /// Files found in a folder and not read.
    pub skipped: Vec<SkippedInput>,
    /// Inputs whose session another input holds in a richer form.
    pub superseded: Vec<Superseded>,
    /// The preset that the configuration starts from.
    pub preset: &'static str,
    /// The effective configuration.
    pub config: Config,
    /// The scale of the sessions' times, and the time windows that it gave the settings that are `auto`.
    pub scale: ScaleReport,
    /// Legacy options that were set, and the keys that they set.
    pub original: Vec<LegacySetting>,
    /// Memory of the run: estimate, limit and peak.
    pub memory: MemoryReport,
    /// Worker threads.
    pub threads: usize,
    /// Seconds by phase, then `total_s`, their sum. `discover` adds `plan_build_s`, the time spent building plans,
    /// and `plan_saved_s`, the build times of the plans found in the cache.
    pub timings: Map<String, Value>,
    /// Versions.
    pub versions: Versions,
}

impl RunHeader {
    pub(crate) fn new(
        effective: &Effective,
        inputs: &LoadedInputs,
        windows: &RunWindows,
        mut notes: Vec<Note>,
        estimated_bytes: u64,
        timings: Map<String, Value>,
    ) -> Self {
        notes.splice(0..0, input_notes(inputs));
        Self {
            schema_version: SCHEMA_VERSION,
            sample: inputs.sample,
            notes,
            ties: TieReport::new(&inputs.sessions),
            tables: inputs.tables.clone(),
            skipped: inputs.skipped.clone(),
            superseded: inputs.superseded.clone(),
            preset: effective.preset.name(),
            config: effective.config.clone(),
            scale: ScaleReport::new(windows, &effective.config),
            original: effective.legacy_settings().to_vec(),
            memory: MemoryReport::new(estimated_bytes, &effective.config.limits),
            threads: rayon::current_num_threads(),
            timings,
            versions: Versions::default(),
        }
    }
}

/// Versions that determine the results.
#[derive(Debug, Clone, Serialize)]
pub struct Versions {
    /// Version of this crate.
    pub ironforge: &'static str,
}

impl Default for Versions {
    fn default() -> Self {
        Self { ironforge: env!("CARGO_PKG_VERSION") }
    }
}

/// Seconds of each phase under `<phase>_s`, and their sum under `total_s`.
pub(crate) fn timings(phases: PhaseSeconds) -> Map<String, Value> {
    let total: f64 = phases.iter().map(|(_, s)| s).sum();
    let named = phases.into_iter().chain([("total", total)]);
    named.map(|(phase, s)| (format!("{phase}_s"), s.into())).collect()
}
