//! Every setting of a run.

use serde::{Deserialize, Serialize};

use super::{LimitsConfig, SessionConfig};
use crate::attention::AttentionConfig;
use crate::backend::Device;
use crate::dag::DagConfig;
use crate::motif::MotifConfig;
use crate::store::StoreConfig;
use crate::tgat::TgatConfig;

/// Every setting of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Seed of weights, null models, samples, and the order of events of equal time.
    pub seed: u64,
    /// Device that runs attention.
    pub device: Device,
    /// From tables to events.
    pub session: SessionConfig,
    /// From events to graphs.
    pub dag: DagConfig,
    /// Keys that queries attend to, and the time bias.
    pub attention: AttentionConfig,
    /// The network.
    pub tgat: TgatConfig,
    /// Motif mining.
    pub motif: MotifConfig,
    /// Output files.
    pub store: StoreConfig,
    /// Limits of memory and work.
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
