//! Parts of the result that the kernels leave to the host: the mean of empty rows, and the propagation of NaN.

use std::ops::Range;

use super::{Attention, Output};

/// Mean of the values of a graph, `[heads, head_dim]`; infinity counts as NaN.
pub(super) fn mean(problem: &Attention<'_>, graph: &Range<usize>) -> Vec<f32> {
    let inputs = problem.inputs();
    let width = inputs.heads * inputs.head_dim;
    let mut sums = vec![0.0_f64; width];
    for node in graph.clone() {
        for (d, sum) in sums.iter_mut().enumerate() {
            let v = inputs.v.at(node * width + d);
            *sum += if v.is_finite() { f64::from(v) } else { f64::NAN };
        }
    }
    sums.into_iter().map(|sum| (sum / graph.len() as f64) as f32).collect()
}

/// Fills each row without keys with the mean of the values of its graph.
pub(super) fn fill_uniform(problem: &Attention<'_>, output: &mut Output) {
    let inputs = problem.inputs();
    let width = inputs.heads * inputs.head_dim;
    for graph in (0..problem.graphs()).map(|g| problem.graph(g)) {
        let mut values = None;
        for i in graph.clone().filter(|&i| inputs.keys.count(i, &graph) == 0) {
            let values = values.get_or_insert_with(|| mean(problem, &graph));
            output.out[i * width..][..width].copy_from_slice(values);
        }
    }
}

/// Propagates NaN and infinity of the input as [`super::NonFinite::Propagate`] specifies, over an output that was
/// computed with zeros instead of them. O(keys) for the graphs that hold any.
pub(super) fn propagate_non_finite(problem: &Attention<'_>, output: &mut Output) {
    let inputs = problem.inputs();
    let (heads, dim) = (inputs.heads, inputs.head_dim);
    let bad = |tensor: super::Tensor<'_>, i: usize, h: usize| {
        let row = (i * heads + h) * dim;
        (row..row + dim).any(|at| !tensor.at(at).is_finite())
    };
    for graph in (0..problem.graphs()).map(|g| problem.graph(g)) {
        let rows = graph.start * heads..graph.end * heads;
        let of = |tensor| rows.clone().map(|r| bad(tensor, r / heads, r % heads)).collect::<Vec<bool>>();
        let [q, k, v] = [inputs.q, inputs.k, inputs.v].map(of);
        if ![&q, &k, &v].into_iter().flatten().any(|&bad| bad) {
            continue;
        }
        let mut keys = Vec::new();
        for i in graph.clone() {
            inputs.keys.columns(i, &graph, &mut keys);
            for h in 0..heads {
                let at = |node: usize| (node - graph.start) * heads + h;
                let row = i * heads + h;
                let out = &mut output.out[row * dim..][..dim];
                if !keys.is_empty() && (q[at(i)] || keys.iter().any(|&j| k[at(j as usize)])) {
                    out.fill(f32::NAN);
                    // The log-sum-exp is optional.
                    output.lse.get_mut(row).into_iter().for_each(|lse| *lse = f32::NAN);
                }
                for &j in keys.iter().filter(|&&j| v[at(j as usize)]) {
                    for (d, out) in out.iter_mut().enumerate() {
                        let value = inputs.v.at((j as usize * heads + h) * dim + d);
                        *out = if value.is_finite() { *out } else { f32::NAN };
                    }
                }
            }
        }
    }
}
