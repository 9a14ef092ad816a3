//! The CPU backend: blocks of rows, and the choice between gather and tiles for each.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::gather::GatherScratch;
use super::tiles::TileScratch;
use super::widen::{Rounding, widen};
use crate::attention::cost::{cpu_gathers, cpu_gathers_few};
use crate::attention::mask::{TileRow, all_bits};
use crate::attention::{
    Attention, AttentionBackend, AttentionError, EmptyRow, Keys, MaskTile, Output, host_fixups,
};
use crate::geometry::BLOCK;

/// The CPU backend: multi-threaded, f32 arithmetic, the same bits for any number of threads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu;

impl AttentionBackend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        let inputs = problem.inputs();
        let widened = WidenedProblem {
            problem,
            heads: inputs.heads,
            dim: inputs.head_dim,
            q: widen(inputs.q),
            k: widen(inputs.k),
            v: widen(inputs.v),
            rounding: Rounding::of(inputs),
        };
        // Filled with NaN: a value that is never written must not look like a result.
        let mut out = vec![f32::NAN; problem.nodes() * widened.heads * widened.dim];
        let mut lse = vec![f32::NAN; problem.nodes() * widened.heads];
        row_blocks(problem, &mut out, &mut lse)
            .into_par_iter()
            .for_each_init(Scratch::default, |scratch, mut block| widened.run(&mut block, scratch));
        Ok(Output { out, lse })
    }
}

/// A problem with its values widened to f32.
pub(super) struct WidenedProblem<'a> {
    pub(super) problem: &'a Attention<'a>,
    pub(super) heads: usize,
    pub(super) dim: usize,
    /// `[nodes, heads, dim]`, as `k` and `v`; non-finite values are NaN.
    pub(super) q: Cow<'a, [f32]>,
    pub(super) k: Cow<'a, [f32]>,
    pub(super) v: Cow<'a, [f32]>,
    pub(super) rounding: Rounding,
}

/// Up to 64 rows of one graph, with their results.
pub(super) struct RowBlock<'o> {
    graph_index: usize,
    pub(super) graph: Range<usize>,
    pub(super) rows: Range<usize>,
    /// `[rows, heads, dim]`.
    pub(super) out: &'o mut [f32],
    /// `[rows, heads]`.
    pub(super) lse: &'o mut [f32],
}

/// Buffers that a thread reuses from block to block.
#[derive(Default)]
struct Scratch {
    touched: TileRow,
    tiles: TileScratch,
    gather: GatherScratch,
}

impl WidenedProblem<'_> {
    fn run(&self, block: &mut RowBlock<'_>, scratch: &mut Scratch) {
        let keys = &self.problem.inputs().keys;
        let nnz: usize = block.rows.clone().map(|i| keys.count(i, &block.graph)).sum();
        let few = cpu_gathers_few(nnz, block.rows.len());
        if !few {
            self.touch(block, &mut scratch.touched);
        }
        if few || cpu_gathers(nnz, scratch.touched.tiles().count()) {
            self.gather(block, &mut scratch.gather);
        } else {
            self.tiles(block, &scratch.touched, &mut scratch.tiles);
        }
        self.fill_empty_rows(block);
    }

    /// Finds the tiles that the rows of a block touch, with their bits.
    fn touch(&self, block: &RowBlock<'_>, touched: &mut TileRow) {
        let (graph, rows) = (&block.graph, &block.rows);
        touched.reset(graph.len());
        match self.problem.inputs().keys {
            Keys::All => (0..rows.len()).for_each(|r| touched.insert_range(r, 0, graph.len())),
            Keys::Causal => rows.clone().enumerate().for_each(|(r, i)| {
                touched.insert_range(r, 0, i + 1 - graph.start);
            }),
            Keys::Intervals { lo, hi } => {
                // An empty interval may lie outside its graph.
                for (r, i) in rows.clone().enumerate().filter(|&(_, i)| lo[i] < hi[i]) {
                    touched.insert_range(r, lo[i] as usize - graph.start, hi[i] as usize - graph.start);
                }
            }
            Keys::Edges(pattern) => {
                for (r, i) in rows.clone().enumerate() {
                    for &j in pattern.row(i) {
                        touched.insert(r, j as usize - graph.start);
                    }
                }
            }
            Keys::Mask(mask) => {
                let block_row = mask.block_rows(block.graph_index).start + (rows.start - graph.start) / BLOCK;
                for (col, tile) in mask.row(block_row) {
                    match tile {
                        MaskTile::Partial(bits) => touched.insert_tile(col, bits),
                        MaskTile::Full => {
                            let left = graph.len() - col as usize * BLOCK;
                            touched.insert_tile(col, &all_bits(rows.len(), left));
                        }
                    }
                }
            }
        }
        touched.sort();
    }

    /// Fills the rows without keys, as [`EmptyRow`] specifies.
    fn fill_empty_rows(&self, block: &mut RowBlock<'_>) {
        let inputs = self.problem.inputs();
        let width = self.heads * self.dim;
        let mut mean = None;
        for (r, i) in block.rows.clone().enumerate() {
            if inputs.keys.count(i, &block.graph) > 0 {
                continue;
            }
            let out = &mut block.out[r * width..][..width];
            match inputs.empty_row {
                EmptyRow::Zero => out.fill(0.0),
                EmptyRow::Uniform => out.copy_from_slice(
                    mean.get_or_insert_with(|| host_fixups::mean(self.problem, &block.graph)),
                ),
            }
            block.lse[r * self.heads..][..self.heads].fill(f32::NEG_INFINITY);
        }
    }
}

/// The blocks of rows of a batch, in order.
fn row_blocks<'o>(
    problem: &Attention<'_>,
    mut out: &'o mut [f32],
    mut lse: &'o mut [f32],
) -> Vec<RowBlock<'o>> {
    let (heads, dim) = (problem.inputs().heads, problem.inputs().head_dim);
    let mut row_blocks = Vec::new();
    for graph_index in 0..problem.graphs() {
        let graph = problem.graph(graph_index);
        for first in graph.clone().step_by(BLOCK) {
            let rows = first..graph.end.min(first + BLOCK);
            let (block_out, block_lse);
            (block_out, out) = out.split_at_mut(rows.len() * heads * dim);
            (block_lse, lse) = lse.split_at_mut(rows.len() * heads);
            row_blocks.push(RowBlock {
                graph_index,
                graph: graph.clone(),
                rows,
                out: block_out,
                lse: block_lse,
            });
        }
    }
    row_blocks
}
