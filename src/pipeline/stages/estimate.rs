//! The memory that a run needs, from its sessions.

use super::FeatureSelection;
use crate::config::Config;
use crate::events;
use crate::pipeline::error::{Error, MemoryTask};
use crate::pipeline::memory::{self, RunSize};
use crate::table::Session;

/// Returns the bytes that a run over these sessions needs, or an error if they are above the memory limit.
pub(crate) fn check_memory(sessions: &[Session], config: &Config) -> Result<u64, Error> {
    let features = FeatureSelection::new(sessions, config.session.features)?;
    let [temporal_edge_features, dag_edge_features] = features.edge_features();
    let size = RunSize {
        events: sessions.iter().map(|s| s.events.len()).sum(),
        largest_session: sessions.iter().map(|s| s.events.len()).max().unwrap_or(0),
        numeric_columns: events::numeric_names(sessions).len(),
        node_features: features.node_features(),
        temporal_edge_features,
        dag_edge_features,
    };
    memory::within(MemoryTask::Run { events: size.events }, size.bytes(config), &config.limits)
}
