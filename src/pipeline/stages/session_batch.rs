//! Sessions as batches of the network, and the size of their attention.

use std::ops::Range;

use super::attention_keys::{BatchKeys, attention_size};
use super::graphs::SessionGraph;
use crate::attention::lowering::Half;
use crate::attention::{AttentionBackend, AttentionConfig};
use crate::backend::{ProblemSize, Workload};
use crate::config::{Config, LimitsConfig};
use crate::pipeline::error::Error;
use crate::pipeline::memory::CHUNK_NODES;
use crate::table::Session;
use crate::tgat::{Batch, Model, Precision};

/// Ranges of consecutive sessions that run through the network together: at most [`CHUNK_NODES`] nodes and at most as
/// many sessions as may run at once, but at least one session.
pub(super) fn chunks(sessions: &[Session], limits: &LimitsConfig) -> Vec<Range<usize>> {
    let mut chunks: Vec<Range<usize>> = Vec::new();
    let most = limits.sessions_at_once(sessions.len());
    let mut nodes = 0;
    for (i, session) in sessions.iter().enumerate() {
        nodes += session.events.len();
        match chunks.last_mut() {
            Some(last) if nodes <= CHUNK_NODES && last.len() < most => last.end = i + 1,
            _ => {
                chunks.push(i..i + 1);
                nodes = session.events.len();
            }
        }
    }
    chunks
}

/// The attention of all layers and sessions, from which the backend is chosen.
pub(crate) fn attention_work(sessions: &[Session], graphs: &[SessionGraph], config: &Config) -> Workload {
    let (tgat, attention) = (&config.tgat, &config.attention);
    let chunks: Vec<ProblemSize> = chunks(sessions, &config.limits)
        .into_iter()
        .map(|chunk| {
            let lens = sessions[chunk.clone()].iter().map(|s| s.events.len());
            let edges = graphs[chunk].iter().map(|g| g.dag.pattern().nnz()).sum();
            attention_size(lens, edges, attention)
        })
        .collect();
    let total = chunks.iter().copied().fold(ProblemSize::default(), ProblemSize::plus);
    Workload {
        calls: chunks.len() * tgat.num_layers,
        total: total.times(tgat.num_layers),
        largest: chunks.iter().copied().fold(ProblemSize::default(), ProblemSize::or),
        heads: tgat.num_heads,
        head_dim: tgat.hidden_dim / tgat.num_heads,
        half: match tgat.precision {
            Precision::F16 => Some(Half::F16),
            Precision::Bf16 => Some(Half::Bf16),
            Precision::F32 => None,
        },
        accuracy: attention.accuracy,
        buckets: attention.buckets.len(),
    }
}

/// Results of the network for the nodes of one session.
pub(crate) struct SessionScores {
    /// `[nodes, hidden]`.
    pub(super) embeddings: Vec<f32>,
    /// `[nodes, patterns]`.
    pub(super) pattern: Vec<f32>,
    /// `[nodes]`.
    pub(super) significance: Vec<f32>,
}

/// Concatenated sessions, as the input of the network.
pub(super) struct SessionBatch {
    x: Vec<f32>,
    offsets: Vec<usize>,
    t_ms: Vec<i64>,
    keys: BatchKeys,
}

impl SessionBatch {
    /// Concatenates sessions; `x` gives the standardised features of each, `[nodes, features]`.
    pub(super) fn new<'a>(
        sessions: &[Session],
        graphs: &[SessionGraph],
        x: impl Iterator<Item = &'a [f32]>,
        config: &AttentionConfig,
    ) -> Result<Self, Error> {
        let (mut offsets, mut t_ms) = (vec![0], Vec::new());
        for session in sessions {
            t_ms.extend(&session.events.t_ms);
            offsets.push(t_ms.len());
        }
        let keys = BatchKeys::new(graphs, &offsets, config)?;
        Ok(Self { x: x.collect::<Vec<_>>().concat(), offsets, t_ms, keys })
    }

    /// Runs the network, and splits its results by session.
    pub(super) fn forward(
        &self,
        model: &Model,
        backend: &dyn AttentionBackend,
        config: &AttentionConfig,
    ) -> Result<Vec<SessionScores>, Error> {
        let nodes = self.t_ms.len();
        let batch = Batch {
            x: &self.x,
            offsets: &self.offsets,
            keys: self.keys.keys(nodes),
            t_ms: Some(&self.t_ms),
            bias: config.time_bias()?,
            empty_row: config.empty_row,
            accuracy: config.accuracy,
            non_finite: config.non_finite,
        };
        let scores = model.forward(backend, &batch)?;
        let split = |values: &[f32], from: usize, to: usize| {
            let width = values.len() / nodes.max(1);
            values[from * width..to * width].to_vec()
        };
        let parts = self.offsets.windows(2).map(|w| SessionScores {
            embeddings: split(&scores.embeddings, w[0], w[1]),
            pattern: split(&scores.pattern, w[0], w[1]),
            significance: split(&scores.significance, w[0], w[1]),
        });
        Ok(parts.collect())
    }
}
