//! Settings of `limits.*`.

use serde::{Deserialize, Serialize};

use crate::backend::GPU_MEMORY_FRACTION;

/// Largest number of threads: a larger value is assumed to be a typing error.
const MAX_THREADS: u16 = 1024;

/// Settings of `limits.*`: work estimated above them is refused before it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Maximum memory of a run, GB (10^9 bytes), by estimate.
    pub memory_gb: f64,
    /// Share of the GPU's memory that a run may use, above 0 and at most 1.
    pub gpu_memory_fraction: f64,
    /// Maximum number of nodes of a graph that is given as a list of edges, up to 2^32 - 1. The nodes are the distinct
    /// ids of the edges.
    pub max_nodes: u64,
    /// Maximum number of motif instances (connected sets of events) that a census may enumerate, by estimate.
    pub motif_instances: f64,
    /// Worker threads, at most 1024; 0: those of the caller's pool, by default one per core. Results do not depend on
    /// the number.
    pub threads: u16,
    /// Maximum number of sessions that are read, built, run through the network or written at the same time; 0: no
    /// limit. Fewer sessions use less memory and more time; results do not depend on the number.
    pub concurrent_sessions: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            // Half of a common 16 GB machine.
            memory_gb: 8.0,
            gpu_memory_fraction: GPU_MEMORY_FRACTION,
            // Ten times the largest graph that a run is expected to read.
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

    /// Checks every range.
    ///
    /// # Errors
    /// The full name of the setting that is out of range, its value, and the values allowed.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let require = |ok: bool, setting, value: &dyn std::fmt::Display, want: &str| match ok {
            true => Ok(()),
            false => Err((setting, format!("{setting} = {value}: {want}"))),
        };
        let positive = "must be a positive number";
        require(self.memory_gb > 0.0, "limits.memory_gb", &self.memory_gb, positive)?;
        let share = self.gpu_memory_fraction;
        require(share > 0.0 && share <= 1.0, "limits.gpu_memory_fraction", &share, "above 0 and at most 1")?;
        let nodes = 1..=u64::from(u32::MAX);
        let want = format!("must lie in 1..={}", u32::MAX);
        require(nodes.contains(&self.max_nodes), "limits.max_nodes", &self.max_nodes, &want)?;
        let want = format!("must lie in 0..={MAX_THREADS}");
        require(self.threads <= MAX_THREADS, "limits.threads", &self.threads, &want)?;
        require(self.motif_instances > 0.0, "limits.motif_instances", &self.motif_instances, positive)
    }
}
