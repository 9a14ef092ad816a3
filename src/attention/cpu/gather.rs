//! Rows with few keys: each key and value is read where it is stored.

use super::exp::exp;
use super::row_block::{RowBlock, WidenedProblem};

/// Number of partial sums of a dot product.
const LANES: usize = 8;

/// Keys, biases and logits of one row.
#[derive(Default)]
pub(super) struct GatherScratch {
    keys: Vec<u32>,
    bias: Vec<f32>,
    logits: Vec<f32>,
}

impl WidenedProblem<'_> {
    /// Computes every row of the block that has a key.
    pub(super) fn gather(&self, block: &mut RowBlock<'_>, scratch: &mut GatherScratch) {
        let width = self.heads * self.dim;
        for (r, i) in block.rows.clone().enumerate() {
            self.problem.inputs().keys.columns(i, &block.graph, &mut scratch.keys);
            if scratch.keys.is_empty() {
                continue;
            }
            scratch.bias.clear();
            scratch.bias.extend(scratch.keys.iter().map(|&j| self.problem.bias(i, j as usize)));
            let out = block.out[r * width..][..width].chunks_exact_mut(self.dim);
            let lse = &mut block.lse[r * self.heads..][..self.heads];
            for (h, (out, lse)) in out.zip(lse).enumerate() {
                *lse = self.gather_head(i, h, scratch, out);
            }
        }
    }

    /// Computes one row of one head, and returns its log-sum-exp.
    fn gather_head(&self, i: usize, h: usize, scratch: &mut GatherScratch, out: &mut [f32]) -> f32 {
        let scale = self.problem.scale();
        let at = |j: usize| (j * self.heads + h) * self.dim;
        let q = &self.q[at(i)..][..self.dim];
        let GatherScratch { keys, bias, logits } = scratch;
        logits.clear();
        logits.extend(keys.iter().zip(bias).map(|(&j, bias)| {
            let k = &self.k[at(j as usize)..][..self.dim];
            scale * dot(q, k) + *bias
        }));
        let max = logits.iter().fold(f32::NEG_INFINITY, |max, &s| if s > max { s } else { max });
        let mut sum = 0.0;
        for p in logits.iter_mut() {
            *p = exp(*p - max);
            sum += *p;
        }
        self.rounding.round(logits);
        out.fill(0.0);
        for (&j, &p) in keys.iter().zip(logits.iter()) {
            let v = &self.v[at(j as usize)..][..self.dim];
            out.iter_mut().zip(v).for_each(|(out, v)| *out += p * v);
        }
        out.iter_mut().for_each(|out| *out /= sum);
        max + sum.ln()
    }
}

/// The dot product, in `LANES` sums of f64: at 128 terms that cancel, sums of f32 would exceed the tolerance of 1e-5.
#[inline]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0_f64; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
    let [a, b, c, d, e, f, g, h] = sums;
    ((((a + e) + (c + g)) + ((b + f) + (d + h))) + rest) as f32
}
