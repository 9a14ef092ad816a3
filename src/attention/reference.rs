//! The reference: attention by its formula, in f64, row by row.

use super::{Accuracy, Attention, AttentionBackend, AttentionError, EmptyRow, Output};

/// The backend that the others are compared with. Written for brevity, not speed: it tests every pair of nodes, so it
/// takes O(L²) for a graph of L nodes even if the graph has few edges.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reference;

impl AttentionBackend for Reference {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        let inputs = problem.inputs();
        if inputs.accuracy == Accuracy::Fast {
            return Err(AttentionError::NoFast { setting: "accuracy", backend: self.name() });
        }
        let (heads, dim, scale) = (inputs.heads, inputs.head_dim, f64::from(problem.scale()));
        // Infinity counts as NaN, as NonFinite::Propagate specifies.
        let value = |x: f32| if x.is_finite() { f64::from(x) } else { f64::NAN };
        let q = |i, h, d| value(inputs.q.at((i * heads + h) * dim + d));
        let k = |i, h, d| value(inputs.k.at((i * heads + h) * dim + d));
        let v = |i, h, d| value(inputs.v.at((i * heads + h) * dim + d));

        let mut output = Output { out: Vec::new(), lse: Vec::new() };
        for graph in (0..problem.graphs()).map(|g| problem.graph(g)) {
            for i in graph.clone() {
                let keys: Vec<usize> = graph.clone().filter(|&j| inputs.keys.allows(i, j)).collect();
                let bias: Vec<f64> = keys.iter().map(|&j| f64::from(problem.bias(i, j))).collect();
                for h in 0..heads {
                    let dot = |j| (0..dim).map(|d| q(i, h, d) * k(j, h, d)).sum::<f64>();
                    let logits: Vec<f64> = keys.iter().zip(&bias).map(|(&j, b)| scale * dot(j) + b).collect();
                    let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let p: Vec<f64> = logits.iter().map(|s| (s - max).exp()).collect();
                    let sum: f64 = p.iter().sum();
                    output.lse.push((max + sum.ln()) as f32);
                    output.out.extend((0..dim).map(|d| match (keys.is_empty(), inputs.empty_row) {
                        (false, _) => keys.iter().zip(&p).map(|(&j, p)| p * v(j, h, d)).sum::<f64>() / sum,
                        (true, EmptyRow::Zero) => 0.0,
                        (true, EmptyRow::Uniform) => {
                            graph.clone().map(|j| v(j, h, d)).sum::<f64>() / graph.len() as f64
                        }
                    } as f32));
                }
            }
        }
        Ok(output)
    }
}
