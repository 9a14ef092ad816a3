//! The memory model of a run.
//!
//! Bytes are the sum of the columns that are live at the same time, each counted by its element type. Events, graphs,
//! features and results are live for the whole run; the layers of the network and the Arrow copies of the tables for
//! one chunk of sessions at a time; the plans of the attention backend take at most the capacity of their cache.

use crate::attention::KeySet;
use crate::config::Config;
use crate::geometry::BLOCK;

/// Sessions run through the network together until a chunk holds this many nodes: enough to fill the cores, few
/// enough to bound memory. The results of a session do not depend on its chunk.
pub(crate) const CHUNK_NODES: usize = 32_768;

/// Blocks of the band of a row under `attention.keys = banded`: its own block and the one on either side.
pub(crate) const BAND_BLOCKS: usize = 3;
/// Largest number of key columns in the band of a row.
pub(crate) const BAND_COLUMNS: usize = BAND_BLOCKS * BLOCK;

/// Factor by which allocators and short-lived copies exceed the sum of the columns.
const OVERHEAD: f64 = 1.25;

const F32_BYTES: usize = 4;
const U32_BYTES: usize = 4;
const I64_BYTES: usize = 8;
/// Bytes of an `Option<f64>`.
const OPT_F64_BYTES: usize = 16;

/// Bytes of an event: `t_ms`, `seq`, `event_index` and `kind`.
const EVENT_BYTES: usize = 24;
/// Bytes of a key column per event: its code, and the entity lists of the shared-key rule.
const KEY_BYTES: usize = 20;
/// Bytes of a link: `src`, `dst` and `dt_ms`.
const LINK_BYTES: usize = 2 * U32_BYTES + I64_BYTES;
/// Bytes of a DAG edge: its CSR column, its link and its weight.
const DAG_EDGE_BYTES: usize = U32_BYTES + LINK_BYTES + F32_BYTES;
/// Bytes of a node in the DAG: its generation, the order by generation and its number.
const NODE_BYTES: usize = 12;
/// Scores of an event: the patterns and the significance.
const SCORES: usize = crate::tgat::PATTERNS + 1;
/// Number of f32 vectors of hidden width that a layer holds per event: projection, q, k, v, attention, output.
const LAYER_F32: usize = 6;
/// Number of 16-bit vectors of hidden width that a layer holds per event: q, k, v.
const LAYER_F16: usize = 3;
const F16_BYTES: usize = 2;
/// Bytes of a key column of a row: in the pattern of a session, and in that of the batch.
const PATTERN_BYTES: usize = 2 * U32_BYTES;
/// Bytes of a value of a written column: f32 and its Arrow copy.
const WRITTEN_BYTES: usize = 2 * F32_BYTES;
/// Bytes of an edge feature while it is written: `Option<f64>`, and f32 with its Arrow copy.
const EDGE_FEATURE_BYTES: usize = OPT_F64_BYTES + WRITTEN_BYTES;

/// Sizes of a run that its memory depends on, apart from the settings.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RunSize {
    /// Number of events of all sessions.
    pub(crate) events: usize,
    /// Number of events of the largest session.
    pub(crate) largest_session: usize,
    /// Number of numeric columns.
    pub(crate) numeric_columns: usize,
    /// Number of features of an event.
    pub(crate) node_features: usize,
    /// Number of features of an edge of the temporal view.
    pub(crate) temporal_edge_features: usize,
    /// Number of features of an edge of the DAG.
    pub(crate) dag_edge_features: usize,
}

impl RunSize {
    /// Bytes that a run of this size needs under these settings.
    pub(crate) fn bytes(&self, config: &Config) -> u64 {
        let hidden = config.tgat.hidden_dim;
        let rules = config.dag.links.len();
        let edges = config.dag.k as usize * rules;
        let neighbours = config.dag.temporal_neighbours as usize;
        let key_columns = match config.attention.keys {
            KeySet::Edges | KeySet::All => edges * 2 + 1,
            KeySet::Banded => edges * 2 + BAND_COLUMNS,
        };

        let event =
            EVENT_BYTES + OPT_F64_BYTES * self.numeric_columns + KEY_BYTES * config.session.keys.len();
        let graph = U32_BYTES + edges * DAG_EDGE_BYTES + NODE_BYTES + neighbours * LINK_BYTES;
        let results = OPT_F64_BYTES * self.node_features + F32_BYTES * (hidden + SCORES);
        let whole_run = event + graph + results;

        let layer = F32_BYTES * self.node_features
            + hidden * (F32_BYTES * LAYER_F32 + F16_BYTES * LAYER_F16)
            + key_columns * PATTERN_BYTES;
        let edge_features = self.temporal_edge_features * neighbours + self.dag_edge_features * edges;
        let written = WRITTEN_BYTES * (self.node_features + hidden) + EDGE_FEATURE_BYTES * edge_features;
        let one_chunk = layer + written;

        let plan = U32_BYTES + I64_BYTES + U32_BYTES * key_columns;
        let plans = (self.events as f64 * plan as f64).min(config.attention.plan_cache_bytes() as f64);
        let bytes = self.events as f64 * whole_run as f64
            + self.events_of_a_chunk(config) as f64 * one_chunk as f64
            + plans;
        (bytes * OVERHEAD) as u64
    }

    fn events_of_a_chunk(&self, config: &Config) -> usize {
        let chunk = self.events.min(self.largest_session.max(CHUNK_NODES));
        let at_once = config.limits.sessions_at_once(usize::MAX);
        chunk.min(self.largest_session.max(1).saturating_mul(at_once))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_gives_the_bytes_of_its_formula() {
        let size = RunSize {
            events: 1000,
            largest_session: 300,
            numeric_columns: 2,
            node_features: 45,
            temporal_edge_features: 20,
            dag_edge_features: 20,
        };
        let config = Config::default();
        let hidden = config.tgat.hidden_dim;
        let event = 24 + 16 * 2;
        let graph = 4 + 4 * (4 + 16 + 4) + 12 + 4 * 16;
        let kept = 16 * 45 + 4 * (hidden + 17);
        let layer = 4 * 45 + hidden * (4 * 6 + 2 * 3) + 9 * 8;
        let written = 8 * (45 + hidden) + 24 * (20 * 4 + 20 * 4);
        let plans = 1000 * (4 + 8 + 4 * 9);
        let bytes = 1000 * (event + graph + kept) + 1000 * (layer + written) + plans;
        assert_eq!(size.bytes(&config), (bytes as f64 * 1.25) as u64);
    }
}
