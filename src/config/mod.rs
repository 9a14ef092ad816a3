//! Configuration: what every room can be told, where each value came from, and what it may be.
//!
//! Sources in order, later ones win: preset, file (TOML, JSON or YAML), environment (`IRONFORGE_DAG_K=6`), `--set
//! dag.k=6`, options of the command. An unknown key is an error that names itself, its place and the nearest known key.
//! The options of the original are taken in all of them ([`original`]).

mod error;
mod file;
mod keys;
mod load;
pub mod original;
mod preset;
mod yaml;

use serde::{Deserialize, Serialize};

pub use error::{ConfigError, Given};
pub use keys::{Entry, Origin};
pub use load::{Effective, Sources, check_file};
pub use preset::Preset;

use crate::attention::AttentionConfig;
use crate::backend::{Device, GPU_MEMORY_FRACTION};
use crate::dag::DagConfig;
use crate::motif::MotifConfig;
use crate::store::StoreConfig;
use crate::tgat::TgatConfig;

/// Every setting of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Seed of weights, nulls and samples.
    pub seed: u64,
    /// Where attention runs.
    pub device: Device,
    /// How a table becomes events.
    pub session: SessionConfig,
    /// How events become graphs.
    pub dag: DagConfig,
    /// Who sees whom, and the time bias.
    pub attention: AttentionConfig,
    /// The network.
    pub tgat: TgatConfig,
    /// Motif mining.
    pub motif: MotifConfig,
    /// Output files.
    pub store: StoreConfig,
    /// What a run may cost.
    pub limits: LimitsConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 42,
            device: Device::default(),
            session: SessionConfig::default(),
            dag: DagConfig::default(),
            attention: AttentionConfig::default(),
            tgat: TgatConfig::default(),
            motif: MotifConfig::default(),
            store: StoreConfig::default(),
            limits: LimitsConfig::default(),
        }
    }
}

/// Settings of `session.*`: the column map of Parquet and CSV tables. An empty string names no column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// Time column and its format, `COL` or `COL:s|ms|us|ns|text`.
    pub time: String,
    /// Column that orders events of equal time; else their order in the file.
    pub seq: String,
    /// IANA zone of wall-clock times; `auto` is the zone a session file names, and UTC for tables.
    pub zone: String,
    /// Column of the event's kind.
    pub kind: String,
    /// Column of the group an event belongs to; else one group a file.
    pub group: String,
    /// Column of the price; else the number column called `price` or `price_level`, if there is one.
    pub price: String,
    /// Entity columns.
    pub keys: Vec<String>,
    /// Number columns; none named means every number column that is not named otherwise.
    pub numeric: Vec<String>,
    /// Which features events get.
    pub features: FeatureSet,
    /// Whether Parquet files are mapped into memory instead of read piece by piece. Whoever sets it promises that
    /// nobody changes the files during the run: one that is shortened meanwhile kills it.
    pub memory_map: bool,
}

/// Which features events get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureSet {
    /// `session45` where every session has what it needs, else `generic`.
    #[default]
    Auto,
    /// The number columns, gaps and places: what any log has.
    Generic,
    /// The original's 45 features of events and 20 of edges.
    Session45,
}

impl FeatureSet {
    /// The name that configuration uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Generic => "generic",
            Self::Session45 => "session45",
        }
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        let none = String::new;
        Self {
            time: none(),
            seq: none(),
            zone: "auto".to_owned(),
            kind: none(),
            group: none(),
            price: none(),
            keys: Vec::new(),
            numeric: Vec::new(),
            features: FeatureSet::default(),
            memory_map: false,
        }
    }
}

/// Settings of `limits.*`: work estimated above them is refused before it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Most memory a run may take, GB (10^9 bytes), by estimate.
    pub memory_gb: f64,
    /// Share of the GPU's memory that a run may take, above 0 and at most 1.
    pub gpu_memory_fraction: f64,
    /// Most nodes of a graph whose edges come as a list, up to 2^32 - 1: its ids are 0 to the largest one named.
    pub max_nodes: u64,
    /// Most motif instances (connected sets of events) a census may enumerate, by estimate.
    pub motif_instances: f64,
    /// Worker threads, at most 1024; 0: those of the caller's pool, which has one a core unless it was made otherwise.
    /// Results do not depend on it.
    pub threads: u16,
    /// Most sessions that are read, built, run through the network or written at once; 0: no limit. Fewer take less
    /// memory and more time; results do not depend on it.
    pub concurrent_sessions: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            // The original's limit: half of a common 16 GB machine.
            memory_gb: 8.0,
            gpu_memory_fraction: GPU_MEMORY_FRACTION,
            // Ten times the largest graph that a run is expected to meet.
            max_nodes: 100_000_000,
            // Some minutes of enumeration on two cores.
            motif_instances: 2e10,
            threads: 0,
            concurrent_sessions: 0,
        }
    }
}

impl LimitsConfig {
    /// The memory limit in bytes.
    pub fn memory_bytes(&self) -> u64 {
        (self.memory_gb * 1e9) as u64
    }

    /// Number of sessions that are processed at once, of `sessions`; at least 1.
    pub fn sessions_at_once(&self, sessions: usize) -> usize {
        match usize::try_from(self.concurrent_sessions) {
            Ok(0) | Err(_) => sessions.max(1),
            Ok(most) => most.min(sessions).max(1),
        }
    }
}
