//! Attention on the CPU, in f32, on all threads of the current rayon pool.
//!
//! A unit of work is up to 64 rows of one graph. Rows of few keys are gathered one by one; where the keys fill
//! their 64x64 tiles, the softmax runs online over the tiles, and empty tiles are not touched. The choice is
//! made from the set of keys alone, never from its form or from the number of threads, so neither changes a
//! bit of the output, and a graph gives the same bits alone and in a batch.

mod exp;
mod gather;
mod tiles;
mod widen;

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::finish;
use super::tile::{TileRow, all_bits};
use super::{Attention, AttentionBackend, AttentionError, Block, EmptyRow, Keys, Output};
use crate::geometry::BLOCK;
use widen::{Rounding, widen};

/// Mean keys a row up to which rows are gathered without a look at the tiles.
const FEW_KEYS: usize = 16;

/// How many times dearer a gathered score is than one in a tile, at head dimensions of 16 to 64.
const GATHER_COST: usize = 4;

/// The CPU backend: multi-threaded, f32 arithmetic, same bits for any number of threads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu;

impl AttentionBackend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        let inputs = problem.inputs();
        let work = Work {
            problem,
            heads: inputs.heads,
            dim: inputs.head_dim,
            q: widen(inputs.q),
            k: widen(inputs.k),
            v: widen(inputs.v),
            rounding: Rounding::of(inputs),
        };
        // NaN first: a value that no unit writes cannot pass for a result.
        let mut out = vec![f32::NAN; problem.nodes() * work.heads * work.dim];
        let mut lse = vec![f32::NAN; problem.nodes() * work.heads];
        units(problem, &mut out, &mut lse)
            .into_par_iter()
            .for_each_init(Scratch::default, |scratch, mut unit| work.run(&mut unit, scratch));
        Ok(Output { out, lse })
    }
}

/// The problem, and its values widened to f32.
struct Work<'a> {
    problem: &'a Attention<'a>,
    heads: usize,
    dim: usize,
    /// `[nodes, heads, dim]`, as `k` and `v`; non-finite values are NaN.
    q: Cow<'a, [f32]>,
    k: Cow<'a, [f32]>,
    v: Cow<'a, [f32]>,
    rounding: Rounding,
}

/// Up to 64 rows of one graph, and where their results go.
struct Unit<'o> {
    graph_index: usize,
    graph: Range<usize>,
    rows: Range<usize>,
    /// `[rows, heads, dim]`.
    out: &'o mut [f32],
    /// `[rows, heads]`.
    lse: &'o mut [f32],
}

/// What a thread keeps from unit to unit.
#[derive(Default)]
struct Scratch {
    touched: TileRow,
    tiles: tiles::Scratch,
    gather: gather::Scratch,
}

impl Work<'_> {
    fn run(&self, unit: &mut Unit<'_>, scratch: &mut Scratch) {
        let keys = &self.problem.inputs().keys;
        let nnz: usize = unit.rows.clone().map(|i| keys.count(i, &unit.graph)).sum();
        let few = nnz <= FEW_KEYS * unit.rows.len();
        if !few {
            self.touch(unit, &mut scratch.touched);
        }
        if few || nnz * GATHER_COST <= scratch.touched.tiles().count() * BLOCK * BLOCK {
            self.gather(unit, &mut scratch.gather);
        } else {
            self.tiles(unit, &scratch.touched, &mut scratch.tiles);
        }
        self.empty_rows(unit);
    }

    /// Finds the tiles that the rows of a unit touch, with their bits.
    fn touch(&self, unit: &Unit<'_>, touched: &mut TileRow) {
        let (graph, rows) = (&unit.graph, &unit.rows);
        touched.reset(graph.len());
        match self.problem.inputs().keys {
            Keys::All => (0..rows.len()).for_each(|r| touched.insert_range(r, 0, graph.len())),
            Keys::Causal => rows.clone().enumerate().for_each(|(r, i)| {
                touched.insert_range(r, 0, i + 1 - graph.start);
            }),
            Keys::Intervals { lo, hi } => {
                // An empty interval may stand outside its graph.
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
                let block_row = mask.block_rows(unit.graph_index).start + (rows.start - graph.start) / BLOCK;
                for (col, block) in mask.row(block_row) {
                    match block {
                        Block::Partial(bits) => touched.insert_tile(col, bits),
                        Block::Full => {
                            let left = graph.len() - col as usize * BLOCK;
                            touched.insert_tile(col, &all_bits(rows.len(), left));
                        }
                    }
                }
            }
        }
        touched.sort();
    }

    /// Fills the rows that see no key.
    fn empty_rows(&self, unit: &mut Unit<'_>) {
        let inputs = self.problem.inputs();
        let width = self.heads * self.dim;
        let mut mean = None;
        for (r, i) in unit.rows.clone().enumerate() {
            if inputs.keys.count(i, &unit.graph) > 0 {
                continue;
            }
            let out = &mut unit.out[r * width..][..width];
            match inputs.empty_row {
                EmptyRow::Zero => out.fill(0.0),
                EmptyRow::Uniform => {
                    out.copy_from_slice(mean.get_or_insert_with(|| finish::mean(self.problem, &unit.graph)))
                }
            }
            unit.lse[r * self.heads..][..self.heads].fill(f32::NEG_INFINITY);
        }
    }
}

/// Cuts the batch into units, in the order of the rows.
fn units<'o>(problem: &Attention<'_>, mut out: &'o mut [f32], mut lse: &'o mut [f32]) -> Vec<Unit<'o>> {
    let (heads, dim) = (problem.inputs().heads, problem.inputs().head_dim);
    let mut units = Vec::new();
    for graph_index in 0..problem.graphs() {
        let graph = problem.graph(graph_index);
        for first in graph.clone().step_by(BLOCK) {
            let rows = first..graph.end.min(first + BLOCK);
            let (unit_out, unit_lse);
            (unit_out, out) = out.split_at_mut(rows.len() * heads * dim);
            (unit_lse, lse) = lse.split_at_mut(rows.len() * heads);
            units.push(Unit { graph_index, graph: graph.clone(), rows, out: unit_out, lse: unit_lse });
        }
    }
    units
}
