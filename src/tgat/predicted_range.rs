//! The range of a session, predicted from its first nodes.

use super::batch::Batch;
use super::error::TgatError;
use super::model::Model;
use crate::attention::{AttentionBackend, Keys, OwnedPattern};

/// Smallest number of nodes for which a range is predicted.
const MIN_NODES: usize = 3;

/// Largest part of a session from which its range is predicted.
const MAX_EARLY_FRACTION: f64 = 0.5;

/// The range of values of a session, predicted from its first nodes, in the units of the targets that the weights
/// were trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictedRange {
    /// Number of first nodes that it was predicted from.
    pub k: usize,
    /// Middle of the range.
    pub center: f32,
    /// Half of its width, 0 or more: high and low are `center ± half`.
    pub half: f32,
    /// Largest weight of a node in the weighted mean of the embeddings, `1/k` to 1.
    pub confidence: f32,
    /// True if the weights are trained; a range predicted by untrained weights is meaningless.
    pub trained: bool,
}

impl Model {
    /// The range of a session (one graph), predicted from its first `max(1, floor(nodes · early_fraction))` nodes.
    ///
    /// The network runs on the subgraph of those nodes. Each node is weighted by the attention it receives: a
    /// softmax over the column sums of the last layer's attention weights, averaged over the heads. The weighted
    /// mean of the embeddings is the input of the range head. A node without keys gives no attention.
    ///
    /// ```
    /// use ironforge::attention::{Keys, Reference};
    /// use ironforge::tgat::{Batch, Model, TgatConfig};
    ///
    /// let model = Model::seeded(&TgatConfig::default(), 1, 42)?;
    /// let session = Batch::new(&[0.1, 0.4, 0.2, 0.9], &[0, 4], Keys::Causal);
    /// let range = model.predict_range(&Reference, &session, 0.5)?;
    /// assert_eq!((range.k, range.trained), (2, false));
    /// # Ok::<(), ironforge::tgat::TgatError>(())
    /// ```
    ///
    /// # Errors
    /// [`TgatError::EarlyFraction`] outside (0, 0.5], [`TgatError::RangeBatch`] unless the batch is one graph of at
    /// least 3 nodes, else those of [`Layer::forward`](super::Layer::forward).
    pub fn predict_range(
        &self,
        backend: &dyn AttentionBackend,
        session: &Batch<'_>,
        early_fraction: f64,
    ) -> Result<PredictedRange, TgatError> {
        if !(early_fraction > 0.0 && early_fraction <= MAX_EARLY_FRACTION) {
            return Err(TgatError::EarlyFraction { got: early_fraction });
        }
        session.check(self.input_dim())?;
        let (graphs, nodes) = (session.offsets.len() - 1, session.nodes());
        if graphs != 1 || nodes < MIN_NODES {
            return Err(TgatError::RangeBatch { graphs, nodes });
        }
        let k = ((nodes as f64 * early_fraction).floor() as usize).max(1);
        let pattern = early_pattern(session, k)?;
        let early = Batch {
            x: &session.x[..k * self.input_dim()],
            offsets: &[0, k],
            keys: pattern.as_ref().map_or(session.keys, |p| Keys::Edges(p.as_pattern())),
            t_ms: session.t_ms.map(|t_ms| first("t_ms", t_ms, k)).transpose()?,
            ..session.clone()
        };
        let (scores, attention) = self.forward_with_weights(backend, &early)?;
        let weights = softmax(&attention.column_sums());
        let summary = weighted_mean(&scores.embeddings, &weights);
        let head = self.range_head.forward(&summary)?;
        // f64::max drops NaN, but a NaN that may propagate makes every weight NaN.
        let confidence = weights.iter().copied().reduce(f64::max).unwrap_or(0.0) as f32;
        Ok(PredictedRange { k, center: head[0], half: head[1].abs(), confidence, trained: scores.trained })
    }
}

/// The keys of the first `k` nodes of a graph among these nodes; `None` if the keys have the same form for any
/// number of nodes. O(keys of the first `k` nodes).
fn early_pattern(session: &Batch<'_>, k: usize) -> Result<Option<OwnedPattern>, TgatError> {
    let (keys, nodes) = (session.keys, session.nodes());
    if matches!(keys, Keys::All | Keys::Causal) {
        return Ok(None);
    }
    keys.check(session.offsets, nodes).map_err(|source| TgatError::Attention { layer: 0, source })?;
    let (mut row_ptr, mut col_idx, mut row) = (vec![0], Vec::new(), Vec::new());
    for node in 0..k {
        keys.columns(node, &(0..nodes), &mut row);
        col_idx.extend(row.iter().take_while(|&&col| (col as usize) < k));
        let len = u32::try_from(col_idx.len()).map_err(|_| TgatError::EarlyKeys { k })?;
        row_ptr.push(len);
    }
    Ok(Some(OwnedPattern::from_parts(row_ptr, col_idx)))
}

/// The first `k` values.
fn first<'a, T>(what: &'static str, values: &'a [T], k: usize) -> Result<&'a [T], TgatError> {
    values.get(..k).ok_or(TgatError::Len { what, got: values.len(), want: k })
}

/// Softmax, in f64.
fn softmax(values: &[f32]) -> Vec<f64> {
    let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut weights: Vec<f64> = values.iter().map(|&v| f64::from(v - max).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= sum);
    weights
}

/// Weighted mean of the rows, `[width]`; one weight per row, summing to 1.
fn weighted_mean(rows: &[f32], weights: &[f64]) -> Vec<f32> {
    let width = rows.len() / weights.len();
    let mut mean = vec![0.0; width];
    for (row, weight) in rows.chunks_exact(width).zip(weights) {
        mean.iter_mut().zip(row).for_each(|(m, &v)| *m += weight * f64::from(v));
    }
    mean.into_iter().map(|m| m as f32).collect()
}
