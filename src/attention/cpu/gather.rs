//! Rows of few keys: each key is fetched where it stands.

use super::exp::exp;
use super::{Unit, Work};

/// Products that are summed side by side.
const LANES: usize = 8;

/// Keys, biases and logits of one row.
#[derive(Default)]
pub(super) struct Scratch {
    keys: Vec<u32>,
    bias: Vec<f32>,
    logits: Vec<f32>,
}

impl Work<'_> {
    /// Computes every row of the unit that sees a key.
    pub(super) fn gather(&self, unit: &mut Unit<'_>, scratch: &mut Scratch) {
        let width = self.heads * self.dim;
        for (r, i) in unit.rows.clone().enumerate() {
            self.problem.inputs().keys.columns(i, &unit.graph, &mut scratch.keys);
            if scratch.keys.is_empty() {
                continue;
            }
            scratch.bias.clear();
            scratch.bias.extend(scratch.keys.iter().map(|&j| self.problem.bias(i, j as usize)));
            let out = unit.out[r * width..][..width].chunks_exact_mut(self.dim);
            let lse = &mut unit.lse[r * self.heads..][..self.heads];
            for (h, (out, lse)) in out.zip(lse).enumerate() {
                *lse = self.gather_head(i, h, scratch, out);
            }
        }
    }

    /// One row of one head; gives its log-sum-exp.
    fn gather_head(&self, i: usize, h: usize, scratch: &mut Scratch, out: &mut [f32]) -> f32 {
        let scale = self.problem.scale();
        let at = |j: usize| (j * self.heads + h) * self.dim;
        let q = &self.q[at(i)..][..self.dim];
        let Scratch { keys, bias, logits } = scratch;
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

/// The dot product, in `LANES` sums of f64: at 128 terms that cancel, f32 sums alone would cost the bar of 1e-5.
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
