//! Rows with many keys: online softmax over 64x64 tiles.
//!
//! Bias and mask of a tile are decoded once for all heads. A tile in which every row attends to every column, and
//! that has no bias, is not decoded.

use super::exp::exp;
use super::row_block::{RowBlock, WidenedProblem};
use crate::attention::NonFinite;
use crate::attention::bias::minutes_between;
use crate::attention::mask::{TileBits, TileRow};
use crate::geometry::BLOCK;

/// Columns per step of the matrix products.
const LANES: usize = 8;
/// Rows per step of the matrix products.
const ROWS: usize = 4;
/// Products summed before they are added to the logit: each sum is small, and so is its rounding.
const DEPTH: usize = 16;
/// Heads computed together, so that memory does not grow with the number of heads.
const HEAD_GROUP: usize = 8;

/// A tile of logits, probabilities or biases.
type TileValues = [[f32; BLOCK]; BLOCK];

/// Buffers of one thread.
pub(super) struct TileScratch {
    /// Bias of each pair of the tile, -inf where the pair is masked.
    bias: Box<TileValues>,
    /// Logits, then probabilities.
    p: Box<TileValues>,
    /// Keys, `[dim][column]`.
    k: Vec<[f32; BLOCK]>,
    /// Values, `[column][padded dim]`.
    v: Vec<f32>,
    heads: Vec<HeadState>,
}

/// State of one head: queries, and the online softmax over the tiles so far.
#[derive(Clone)]
struct HeadState {
    /// Scaled queries, `[row][dim]`; rows past the end are 0.
    q: Vec<f32>,
    /// Unnormalised output, `[row][padded dim]`.
    out: Vec<f32>,
    max: [f32; BLOCK],
    sum: [f32; BLOCK],
}

/// One tile of keys.
struct KeyTile<'b> {
    /// First key, global.
    start: usize,
    /// Number of keys, 1..=64.
    cols: usize,
    /// The mask; `None` if every row attends to every column and there is no bias.
    bits: Option<&'b TileBits>,
}

impl Default for TileScratch {
    fn default() -> Self {
        let square = || Box::new([[0.0; BLOCK]; BLOCK]);
        Self { bias: square(), p: square(), k: Vec::new(), v: Vec::new(), heads: Vec::new() }
    }
}

impl WidenedProblem<'_> {
    /// Computes every row of the block that has a key; `touched` holds the tiles of the rows.
    pub(super) fn tiles(&self, block: &mut RowBlock<'_>, touched: &TileRow, scratch: &mut TileScratch) {
        for first in (0..self.heads).step_by(HEAD_GROUP) {
            let heads = HEAD_GROUP.min(self.heads - first);
            scratch.heads.clear();
            scratch.heads.extend((first..first + heads).map(|h| self.head(block, h)));
            for (col, bits) in touched.tiles() {
                let start = block.graph.start + col as usize * BLOCK;
                let cols = BLOCK.min(block.graph.end - start);
                let tested = self.decode(block, start, cols, bits, &mut scratch.bias);
                let tile = KeyTile { start, cols, bits: tested.then_some(bits) };
                for h in 0..heads {
                    self.tile(first + h, h, block.rows.len(), &tile, scratch);
                }
            }
            for (h, head) in scratch.heads.iter().enumerate() {
                self.finish(block, first + h, head);
            }
        }
    }

    fn padded(&self) -> usize {
        self.dim.next_multiple_of(LANES)
    }

    fn head(&self, block: &RowBlock<'_>, h: usize) -> HeadState {
        let mut q = vec![0.0; BLOCK * self.dim];
        for (q, i) in q.chunks_exact_mut(self.dim).zip(block.rows.clone()) {
            let from = &self.q[(i * self.heads + h) * self.dim..][..self.dim];
            q.iter_mut().zip(from).for_each(|(q, from)| *q = from * self.problem.scale());
        }
        let out = vec![0.0; BLOCK * self.padded()];
        HeadState { q, out, max: [f32::NEG_INFINITY; BLOCK], sum: [0.0; BLOCK] }
    }

    /// Writes bias and mask of one tile; returns false if it has no bias and no masked pair.
    fn decode(
        &self,
        block: &RowBlock<'_>,
        start: usize,
        cols: usize,
        bits: &TileBits,
        bias: &mut TileValues,
    ) -> bool {
        let inputs = self.problem.inputs();
        let times = inputs.t_ms.filter(|_| inputs.bias.needs_times());
        let full = bits.iter().all(|&word| word == u64::MAX);
        if full && times.is_none() {
            return false;
        }
        for (r, row) in bias.iter_mut().enumerate().take(block.rows.len()) {
            row.fill(0.0);
            if let Some(t) = times {
                let now = t[block.rows.start + r];
                row.iter_mut().zip(&t[start..start + cols]).for_each(|(b, &t)| *b = minutes_between(now, t));
                inputs.bias.replace_minutes(row);
            }
            if bits[r] != u64::MAX {
                for (c, b) in row.iter_mut().enumerate() {
                    *b = if bits[r] >> c & 1 == 1 { *b } else { f32::NEG_INFINITY };
                }
            }
        }
        true
    }

    /// Computes one tile of one head. `h` is its index in the model, `at` in the group.
    fn tile(&self, h: usize, at: usize, rows: usize, tile: &KeyTile<'_>, scratch: &mut TileScratch) {
        self.load(h, tile, scratch);
        let TileScratch { bias, p, k, v, heads } = scratch;
        let head = &mut heads[at];
        products(&head.q, k, self.dim, rows, p);
        let mut alpha = [0.0; BLOCK];
        for r in 0..rows {
            if tile.bits.is_some() {
                add_bias(&mut p[r], &bias[r]);
            }
            alpha[r] = softmax_step(&mut p[r], &mut head.max[r], &mut head.sum[r]);
            self.rounding.round(&mut p[r]);
        }
        // A probability of 0 does not mask a value that is NaN.
        let has_nan =
            self.problem.inputs().non_finite == NonFinite::Propagate && v.iter().any(|v| v.is_nan());
        match tile.bits.filter(|_| has_nan) {
            None => add_values(p, v, &alpha, self.padded(), rows, &mut head.out),
            Some(bits) => add_allowed_values(p, v, bits, &alpha, self.padded(), rows, &mut head.out),
        }
    }

    /// Loads keys (transposed) and values of one tile and head; columns past the end are 0.
    fn load(&self, h: usize, tile: &KeyTile<'_>, scratch: &mut TileScratch) {
        let (k, v, padded) = (&mut scratch.k, &mut scratch.v, self.padded());
        k.clear();
        k.resize(self.dim, [0.0; BLOCK]);
        v.clear();
        v.resize(BLOCK * padded, 0.0);
        for c in 0..tile.cols {
            let from = ((tile.start + c) * self.heads + h) * self.dim;
            k.iter_mut().zip(&self.k[from..from + self.dim]).for_each(|(k, &x)| k[c] = x);
            v[c * padded..][..self.dim].copy_from_slice(&self.v[from..from + self.dim]);
        }
    }

    /// Divides by the row sums and writes the rows of one head.
    fn finish(&self, block: &mut RowBlock<'_>, h: usize, head: &HeadState) {
        for r in 0..block.rows.len() {
            let at = r * self.heads + h;
            // If all logits of a row overflow to -inf its sum is 0 too: it must not look like a result.
            let sum = if head.sum[r] == 0.0 { f32::NAN } else { head.sum[r] };
            let out = &head.out[r * self.padded()..][..self.dim];
            let to = &mut block.out[at * self.dim..][..self.dim];
            to.iter_mut().zip(out).for_each(|(to, out)| *to = out / sum);
            block.lse[at] = head.max[r] + sum.ln();
        }
    }
}

/// `p[row][column] = q·k`.
fn products(q: &[f32], k: &[[f32; BLOCK]], dim: usize, rows: usize, p: &mut TileValues) {
    for first in (0..dim).step_by(DEPTH) {
        let depth = first..dim.min(first + DEPTH);
        for r in (0..rows).step_by(ROWS) {
            for c in 0..BLOCK / LANES {
                let mut sums = [[0.0; LANES]; ROWS];
                for d in depth.clone() {
                    let k = &k[d].as_chunks::<LANES>().0[c];
                    for (row, sums) in sums.iter_mut().enumerate() {
                        let q = q[(r + row) * dim + d];
                        for lane in 0..LANES {
                            sums[lane] += q * k[lane];
                        }
                    }
                }
                for (p, sums) in p[r..r + ROWS].iter_mut().zip(&sums) {
                    let p = &mut p.as_chunks_mut::<LANES>().0[c];
                    for lane in 0..LANES {
                        p[lane] = if first == 0 { sums[lane] } else { p[lane] + sums[lane] };
                    }
                }
            }
        }
    }
}

/// Adds the bias; where it is -inf the logit becomes -inf, even if it is NaN.
fn add_bias(logits: &mut [f32; BLOCK], bias: &[f32; BLOCK]) {
    for (s, &b) in logits.iter_mut().zip(bias) {
        *s = if b == f32::NEG_INFINITY { b } else { *s + b };
    }
}

/// Turns one row of logits into unnormalised probabilities relative to the largest logit so far; returns the factor
/// that rescales the earlier tiles.
fn softmax_step(p: &mut [f32; BLOCK], max: &mut f32, sum: &mut f32) -> f32 {
    let mut most = [*max; LANES];
    for p in p.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            most[lane] = if p[lane] > most[lane] { p[lane] } else { most[lane] };
        }
    }
    let largest = most.iter().fold(*max, |a, &b| if b > a { b } else { a });
    // -inf while the row has no key so far: avoid (-inf) - (-inf)
    let base = if largest == f32::NEG_INFINITY { 0.0 } else { largest };
    let alpha = exp(*max - base);
    let mut sums = [0.0; LANES];
    for p in p.as_chunks_mut::<LANES>().0 {
        for lane in 0..LANES {
            p[lane] = exp(p[lane] - base);
            sums[lane] += p[lane];
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    *sum = *sum * alpha + (((a + e) + (c + g)) + ((b + f) + (d + h)));
    *max = largest;
    alpha
}

/// `out = alpha·out + p·v`.
fn add_values(p: &TileValues, v: &[f32], alpha: &[f32; BLOCK], padded: usize, rows: usize, out: &mut [f32]) {
    let v = v.as_chunks::<LANES>().0;
    let out = out.as_chunks_mut::<LANES>().0;
    let steps = padded / LANES;
    for r in (0..rows).step_by(ROWS) {
        for d in 0..steps {
            let mut sums = [[0.0; LANES]; ROWS];
            for c in 0..BLOCK {
                let v = &v[c * steps + d];
                for (row, sums) in sums.iter_mut().enumerate() {
                    let p = p[r + row][c];
                    for lane in 0..LANES {
                        sums[lane] += p * v[lane];
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                let out = &mut out[(r + row) * steps + d];
                for lane in 0..LANES {
                    out[lane] = out[lane] * alpha[r + row] + sums[lane];
                }
            }
        }
    }
}

/// As [`add_values`], but reads only the values of a row's keys.
fn add_allowed_values(
    p: &TileValues,
    v: &[f32],
    bits: &TileBits,
    alpha: &[f32; BLOCK],
    padded: usize,
    rows: usize,
    out: &mut [f32],
) {
    for r in 0..rows {
        for d in 0..padded {
            let allowed = (0..BLOCK).filter(|c| bits[r] >> c & 1 == 1);
            let sum: f32 = allowed.map(|c| p[r][c] * v[c * padded + d]).sum();
            out[r * padded + d] = out[r * padded + d] * alpha[r] + sum;
        }
    }
}
