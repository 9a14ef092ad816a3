//! Attention weights on the attention pattern: one value per pair and head, never an L x L matrix.

use std::ops::Range;

use rayon::prelude::*;

use super::{Attention, AttentionError};

/// Rows per parallel task: fixed, so that the bits do not depend on the number of threads.
const ROWS: usize = 256;

/// Weights of attention, `softmax_j(scale·q_i·k_j + bias)`, on the attention pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseWeights {
    /// Bounds of the rows, `[nodes + 1]`.
    pub row_ptr: Vec<usize>,
    /// Keys of all rows, global node indices, rising in each row: `[nnz]`.
    pub col_idx: Vec<u32>,
    /// Weights, `[nnz, heads]`; each row of a head sums to 1.
    pub values: Vec<f32>,
}

impl SparseWeights {
    /// Mean over the heads, `[nnz]`.
    pub fn head_mean(&self) -> Vec<f32> {
        let heads = self.values.len().checked_div(self.col_idx.len()).unwrap_or(1).max(1);
        let mean = |w: &[f32]| (w.iter().map(|&x| f64::from(x)).sum::<f64>() / heads as f64) as f32;
        self.values.chunks_exact(heads).map(mean).collect()
    }

    /// Attention received by each node, `[nodes]`: the columns of [`Self::head_mean`] summed, rows in order.
    pub fn column_sums(&self) -> Vec<f32> {
        let mut sums = vec![0.0_f64; self.row_ptr.len().saturating_sub(1)];
        for (&col, weight) in self.col_idx.iter().zip(self.head_mean()) {
            sums[col as usize] += f64::from(weight);
        }
        sums.into_iter().map(|sum| sum as f32).collect()
    }
}

/// Attention weights of `problem`, computed in f64: a backend's f32 log-sum-exp is only exact to 1e-3 for logits of
/// 1e4. For `Keys::All` and `Keys::Causal` the pattern is written out. A row without keys has no weights, even under
/// `EmptyRow::Uniform`. O(nnz·heads·head_dim) time and O(nnz·heads) memory; same bits for any number of threads.
///
/// ```
/// use ironforge::attention::{Attention, Inputs, Keys, Tensor, attention_weights};
///
/// let x = [1.0, 1.0];
/// let problem = Attention::new(Inputs::new([1, 1], [Tensor::F32(&x); 3], &[0, 2], Keys::Causal)).unwrap();
/// let weights = attention_weights(&problem).unwrap();
/// assert_eq!((weights.col_idx, weights.values), (vec![0, 0, 1], vec![1.0, 0.5, 0.5]));
/// ```
///
/// # Errors
/// [`AttentionError::TooLarge`] if the weights exceed the largest allocation.
pub fn attention_weights(problem: &Attention<'_>) -> Result<SparseWeights, AttentionError> {
    let (nodes, heads) = (problem.nodes(), problem.inputs().heads);
    let row_ptr = row_bounds(problem)?;
    let nnz = row_ptr[nodes];
    let tasks: Vec<(Range<usize>, Range<usize>)> = (0..problem.graphs())
        .map(|g| problem.graph(g))
        .flat_map(|graph| {
            let end = graph.end;
            graph.clone().step_by(ROWS).map(move |i| (i..end.min(i + ROWS), graph.clone()))
        })
        .collect();
    let parts: Vec<(Vec<u32>, Vec<f32>)> =
        tasks.into_par_iter().map(|(rows, graph)| weights_of(problem, rows, &graph)).collect();
    let mut weights =
        SparseWeights { row_ptr, col_idx: Vec::with_capacity(nnz), values: Vec::with_capacity(nnz * heads) };
    for (col_idx, values) in parts {
        weights.col_idx.extend(col_idx);
        weights.values.extend(values);
    }
    Ok(weights)
}

fn row_bounds(problem: &Attention<'_>) -> Result<Vec<usize>, AttentionError> {
    let inputs = problem.inputs();
    let mut row_ptr = Vec::with_capacity(problem.nodes() + 1);
    let mut nnz = 0_usize;
    row_ptr.push(nnz);
    for graph in (0..problem.graphs()).map(|g| problem.graph(g)) {
        for i in graph.clone() {
            nnz = nnz.saturating_add(inputs.keys.count(i, &graph));
            row_ptr.push(nnz);
        }
    }
    let max = isize::MAX as usize / size_of::<f32>();
    let got = nnz.saturating_mul(inputs.heads);
    if got > max {
        return Err(AttentionError::TooLarge { what: "weights, keys x heads", got, max });
    }
    Ok(row_ptr)
}

fn weights_of(problem: &Attention<'_>, rows: Range<usize>, graph: &Range<usize>) -> (Vec<u32>, Vec<f32>) {
    let inputs = problem.inputs();
    let (heads, dim, scale) = (inputs.heads, inputs.head_dim, f64::from(problem.scale()));
    // Infinity counts as NaN, as NonFinite::Propagate specifies.
    let value = |x: f32| if x.is_finite() { f64::from(x) } else { f64::NAN };
    let (mut col_idx, mut values, mut keys, mut logits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for i in rows {
        inputs.keys.columns(i, graph, &mut keys);
        logits.clear();
        for &j in &keys {
            let j = j as usize;
            let bias = f64::from(problem.bias(i, j));
            logits.extend((0..heads).map(|h| {
                let (q, k) = ((i * heads + h) * dim, (j * heads + h) * dim);
                let dot: f64 = (0..dim).map(|d| value(inputs.q.at(q + d)) * value(inputs.k.at(k + d))).sum();
                scale * dot + bias
            }));
        }
        for h in 0..heads {
            softmax(&mut logits, h, heads);
        }
        values.extend(logits.iter().map(|&weight| weight as f32));
        col_idx.extend_from_slice(&keys);
    }
    (col_idx, values)
}

/// Softmax over every `stride`-th value from `first` on.
fn softmax(values: &mut [f64], first: usize, stride: usize) {
    let column = || (first..values.len()).step_by(stride);
    let max = column().fold(f64::NEG_INFINITY, |max, at| max.max(values[at]));
    let sum: f64 = column().map(|at| (values[at] - max).exp()).sum();
    for at in (first..values.len()).step_by(stride) {
        values[at] = (values[at] - max).exp() / sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::{AttentionBackend, Inputs, Keys, NonFinite, Reference, Tensor};

    #[test]
    fn weights_sum_to_one_and_reproduce_the_output() {
        let x: Vec<f32> = (0..5 * 2 * 3).map(|i| ((i * 37 % 17) as f32 - 8.0) / 4.0).collect();
        let inputs = Inputs::new([2, 3], [Tensor::F32(&x); 3], &[0, 2, 5], Keys::Causal);
        let problem = Attention::new(inputs).unwrap();
        let output = Reference.forward(&problem).unwrap();
        let weights = attention_weights(&problem).unwrap();
        assert_eq!(weights.row_ptr, [0, 1, 3, 4, 6, 9]);
        assert_eq!(weights.col_idx, [0, 0, 1, 2, 2, 3, 2, 3, 4]);
        for (i, h) in (0..5).flat_map(|i| (0..2).map(move |h| (i, h))) {
            let row = weights.row_ptr[i]..weights.row_ptr[i + 1];
            let sum: f32 = row.clone().map(|e| weights.values[e * 2 + h]).sum();
            assert!((sum - 1.0).abs() < 1e-6);
            for d in 0..3 {
                let value = |e: usize| x[(weights.col_idx[e] as usize * 2 + h) * 3 + d];
                let mixed: f32 = row.clone().map(|e| weights.values[e * 2 + h] * value(e)).sum();
                assert!((mixed - output.out[(i * 2 + h) * 3 + d]).abs() < 1e-6);
            }
        }
        let received: f32 = weights.column_sums().iter().sum();
        assert!((received - 5.0).abs() < 1e-6);
        assert_eq!(weights.head_mean().len(), 9);
    }

    #[test]
    fn infinity_propagates_as_nan_to_the_rows_that_attend_to_it() {
        // In the second row a logit of -inf would leave the other weight at 1.
        let (q, k) = ([1.0, 1.0, 1.0], [1.0, f32::NEG_INFINITY, 1.0]);
        let tensors = [&q, &k, &q].map(|x| Tensor::F32(x));
        let inputs = Inputs {
            non_finite: NonFinite::Propagate,
            ..Inputs::new([1, 1], tensors, &[0, 2, 3], Keys::Causal)
        };
        let problem = Attention::new(inputs).unwrap();
        let nan: Vec<bool> = attention_weights(&problem).unwrap().values.iter().map(|w| w.is_nan()).collect();
        assert_eq!(nan, [false, true, true, false]);
        let output = Reference.forward(&problem).unwrap().out;
        assert!(!output[0].is_nan() && output[1].is_nan() && !output[2].is_nan());
    }

    #[test]
    fn a_batch_without_nodes_has_no_weights() {
        let problem = Attention::new(Inputs::new([1, 1], [Tensor::F32(&[]); 3], &[0], Keys::All)).unwrap();
        let weights = attention_weights(&problem).unwrap();
        assert_eq!(
            (weights.row_ptr.as_slice(), weights.head_mean(), weights.column_sums()),
            (&[0][..], vec![], vec![])
        );
    }
}
