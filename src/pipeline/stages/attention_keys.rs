//! The attention keys of a batch of concatenated sessions.

use rayon::prelude::*;

use super::graphs::SessionGraph;
use crate::attention::{AttentionConfig, BlockMask, Direction, KeySet, Keys, attention_pattern};
use crate::backend::ProblemSize;
use crate::csr::CsrPattern;
use crate::geometry::{BLOCK, blocks};
use crate::pipeline::error::Error;
use crate::pipeline::memory::{BAND_BLOCKS, BAND_COLUMNS};

/// The keys of a batch, owned.
pub(super) enum BatchKeys {
    All,
    Causal,
    Intervals { lo: Vec<u32>, hi: Vec<u32> },
    Edges { row_ptr: Vec<u32>, col_idx: Vec<u32> },
    Mask(BlockMask),
}

impl BatchKeys {
    /// The keys of `graphs`, whose nodes begin at `offsets`.
    pub(super) fn new(
        graphs: &[SessionGraph],
        offsets: &[usize],
        config: &AttentionConfig,
    ) -> Result<Self, Error> {
        match config.keys {
            KeySet::All => Ok(Self::all_events(offsets, config)),
            KeySet::Edges => {
                let (row_ptr, col_idx) = edge_lists(graphs, offsets, config)?;
                Ok(Self::Edges { row_ptr, col_idx })
            }
            KeySet::Banded => {
                let (row_ptr, col_idx) = edge_lists(graphs, offsets, config)?;
                let nodes = offsets[offsets.len() - 1];
                Ok(Self::Mask(BlockMask::new(offsets, CsrPattern::trusted(&row_ptr, &col_idx, nodes))?))
            }
        }
    }

    /// All events of the graph, or all earlier or all later ones.
    fn all_events(offsets: &[usize], config: &AttentionConfig) -> Self {
        match (config.direction, config.self_loops) {
            // Without self-loops a row would not be one range: the configuration refuses that.
            (Direction::Both, _) => Self::All,
            (Direction::Predecessors, true) => Self::Causal,
            (direction, self_loops) => {
                let (mut lo, mut hi) = (Vec::new(), Vec::new());
                for graph in offsets.windows(2) {
                    for i in graph[0]..graph[1] {
                        let (from, to) = match direction {
                            Direction::Predecessors => (graph[0], i + usize::from(self_loops)),
                            _ => (i + usize::from(!self_loops), graph[1]),
                        };
                        lo.push(from as u32);
                        hi.push(to as u32);
                    }
                }
                Self::Intervals { lo, hi }
            }
        }
    }

    /// The keys, in the form of an attention problem.
    pub(super) fn keys(&self, nodes: usize) -> Keys<'_> {
        match self {
            Self::All => Keys::All,
            Self::Causal => Keys::Causal,
            Self::Intervals { lo, hi } => Keys::Intervals { lo, hi },
            Self::Edges { row_ptr, col_idx } => Keys::Edges(CsrPattern::trusted(row_ptr, col_idx, nodes)),
            Self::Mask(mask) => Keys::Mask(mask),
        }
    }
}

/// CSR lists of the keys of each row, in node indices of the batch.
fn edge_lists(
    graphs: &[SessionGraph],
    offsets: &[usize],
    config: &AttentionConfig,
) -> Result<(Vec<u32>, Vec<u32>), Error> {
    let patterns: Vec<(Vec<u32>, Vec<u32>)> = graphs
        .par_iter()
        .map(|graph| {
            let pattern = attention_pattern(graph.dag.pattern(), config.direction, config.self_loops)?;
            Ok(match config.keys {
                KeySet::Banded => with_band(pattern.as_pattern(), config),
                _ => pattern.into_parts(),
            })
        })
        .collect::<Result<_, Error>>()?;
    let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
    for (&first, (ends, columns)) in offsets.iter().zip(&patterns) {
        let entries = col_idx.len() as u32;
        row_ptr.extend(ends[1..].iter().map(|&end| end + entries));
        col_idx.extend(columns.iter().map(|&col| col + first as u32));
    }
    Ok((row_ptr, col_idx))
}

/// The union of a pattern and the band: the columns in the block of each row and in the adjacent blocks.
fn with_band(pattern: CsrPattern<'_>, config: &AttentionConfig) -> (Vec<u32>, Vec<u32>) {
    let nodes = pattern.rows();
    let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
    for i in 0..nodes {
        let block = i / BLOCK * BLOCK;
        let (first, last) = (block.saturating_sub(BLOCK), (block + 2 * BLOCK).min(nodes));
        let (lo, hi) = match config.direction {
            Direction::Predecessors => (first, i + 1),
            Direction::Successors => (i, last),
            Direction::Both => (first, last),
        };
        let (lo, hi) = (lo as u32, hi as u32);
        let row = pattern.row(i);
        col_idx.extend(row.iter().take_while(|&&col| col < lo));
        col_idx.extend((lo..hi).filter(|&col| config.self_loops || col != i as u32));
        col_idx.extend(&row[row.partition_point(|&col| col < hi)..]);
        row_ptr.push(col_idx.len() as u32);
    }
    (row_ptr, col_idx)
}

/// Size of attention over sessions of these lengths, whose graphs have `edges` edges in total.
pub(super) fn attention_size(
    lens: impl Iterator<Item = usize> + Clone,
    edges: usize,
    config: &AttentionConfig,
) -> ProblemSize {
    let nodes: usize = lens.clone().sum();
    let both = config.direction == Direction::Both;
    let listed = if both { 2 * edges } else { edges } + if config.self_loops { nodes } else { 0 };
    match config.keys {
        KeySet::Edges => ProblemSize::listed(lens, listed),
        KeySet::All => {
            let pairs = lens.map(|n| if both { n * n } else { n * (n + 1) / 2 }).sum();
            ProblemSize { nodes, pairs, tiles: 0 }
        }
        KeySet::Banded => {
            let (mut pairs, mut tiles) = (listed, 0);
            for n in lens {
                pairs += n * n.min(if both { BAND_COLUMNS } else { BAND_COLUMNS / 2 });
                tiles += blocks(n) * blocks(n).min(BAND_BLOCKS);
            }
            ProblemSize { nodes, pairs, tiles: tiles + edges }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::build_graphs;
    use super::*;
    use crate::config::Config;
    use crate::events;
    use crate::scale::TimeScale;

    /// True if node `j` is a key of node `i` of its graph, by the definition of the settings.
    fn is_key(graph: &SessionGraph, i: usize, j: usize, config: &AttentionConfig) -> bool {
        let edge = |u: usize, v: usize| graph.dag.pattern().contains(u, v as u32);
        let near = (i / BLOCK).abs_diff(j / BLOCK) <= 1;
        let within = match config.keys {
            KeySet::All => true,
            KeySet::Edges => i == j || edge(i, j) || edge(j, i),
            KeySet::Banded => i == j || near || edge(i, j) || edge(j, i),
        };
        let side = match config.direction {
            Direction::Predecessors => j <= i,
            Direction::Successors => j >= i,
            Direction::Both => true,
        };
        within && side && (i != j || config.self_loops)
    }

    #[test]
    fn each_setting_gives_exactly_the_keys_of_its_definition() {
        let sessions = events::sample(events::TieOrder::Source);
        let mut config = Config::default();
        config.dag.k = 6;
        // The last event of a long window lies beyond the block beside its own.
        config.dag.dt_min_minutes = 60.0.into();
        config.dag.dt_max_minutes = 600.0.into();
        let links = config.dag.resolved(TimeScale::NoGap).unwrap();
        let graphs = build_graphs(&sessions, &config.dag, &links, &config.limits).unwrap();
        let offsets = graphs.iter().fold(vec![0], |mut all, graph| {
            all.push(all[all.len() - 1] + graph.dag.pattern().rows());
            all
        });
        let nodes = offsets[offsets.len() - 1];
        for keys in [KeySet::Edges, KeySet::All, KeySet::Banded] {
            for direction in [Direction::Predecessors, Direction::Successors, Direction::Both] {
                for self_loops in [true, false] {
                    let attention = AttentionConfig { keys, direction, self_loops, ..Default::default() };
                    if keys == KeySet::All && direction == Direction::Both && !self_loops {
                        continue;
                    }
                    let batch_keys = BatchKeys::new(&graphs, &offsets, &attention).unwrap();
                    let attention_keys = batch_keys.keys(nodes);
                    let mut columns = Vec::new();
                    for (graph, bounds) in graphs.iter().zip(offsets.windows(2)) {
                        for i in bounds[0]..bounds[1] {
                            attention_keys.columns(i, &(bounds[0]..bounds[1]), &mut columns);
                            let expected =
                                |j: &usize| is_key(graph, i - bounds[0], j - bounds[0], &attention);
                            let want: Vec<u32> =
                                (bounds[0]..bounds[1]).filter(expected).map(|j| j as u32).collect();
                            assert_eq!(columns, want, "{attention:?}, node {i}");
                        }
                    }
                }
            }
        }
    }
}
