//! Every search finds the same sets.

use std::ops::ControlFlow;

use super::lists::ListSearch;
use super::window::WindowSearch;
use super::*;
use crate::csr::CsrPattern;
use crate::motif::graph::{MotifGraph, Union, WalkMethod};
use crate::philox::Philox;

/// Each set as its events and its shape, sorted.
type Sets = Vec<([u32; MAX_NODES], ShapeIdx)>;

/// Random successors in CSR form, at most `reach` events ahead.
fn rows(nodes: u32, reach: u32, seed: u32) -> (Vec<u32>, Vec<u32>) {
    let mut stream = Philox::new(7).stream(seed, reach);
    let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
    for i in 0..nodes {
        let mut row = vec![i + reach, i + 1 + stream.below(reach), i + 1 + stream.below(3)];
        row.retain(|&j| j < nodes && j - i <= reach && stream.below(4) > 0);
        row.sort_unstable();
        row.dedup();
        col_idx.extend(row);
        row_ptr.push(col_idx.len() as u32);
    }
    (row_ptr, col_idx)
}

/// Times 90 seconds apart; with skew, some clocks are 15 or 30 minutes behind.
fn times(skew: bool) -> Vec<i64> {
    let mut stream = Philox::new(8).stream(0, 0);
    let late = |i: i64, late: u32| if skew && late < 2 { i - 10 - i64::from(late) * 10 } else { i };
    (0..200).map(|i| 90_000 * late(i, stream.below(5))).collect()
}

/// All sets, by one search through the graphs.
fn collected(union: &Union, mut walk: impl FnMut(u32, &mut dyn FnMut(&ConnectedSet))) -> Sets {
    let mut sets = Vec::new();
    for root in 0..union.nodes() {
        walk(root, &mut |set| {
            assert_eq!(set.nodes()[0], root, "sets are found from their lowest event");
            sets.push((set.nodes(), set.shape()));
        });
    }
    sets.sort_unstable();
    sets
}

fn continuing(mut visit: impl FnMut(&ConnectedSet)) -> impl FnMut(&ConnectedSet) -> ControlFlow<()> {
    move |set| {
        visit(set);
        ControlFlow::Continue(())
    }
}

/// Calls `check` with the union of a graph of reach 20, for which wide words are built, and a graph of reach `reach`.
fn with_union(reach: u32, t_ms: &[i64], span_ms: Option<u64>, check: impl FnOnce(&Union)) {
    let parts = [(40, 20), (reach + 60, reach)].map(|(n, reach)| rows(n, reach, n));
    let graphs = parts.each_ref().map(|(row_ptr, col_idx)| {
        let n = row_ptr.len() - 1;
        let pattern = CsrPattern::new(row_ptr, col_idx, n).unwrap();
        MotifGraph::new(pattern, &[0; 200][..n], &t_ms[..n]).unwrap()
    });
    check(&Union::with_span_limit(&graphs, span_ms).unwrap());
}

fn by_lists(union: &Union, sizes: (usize, usize)) -> Sets {
    let mut lists = ListSearch::new(union, sizes);
    collected(union, |root, visit| {
        let skew = union.skewed_span(union.graph_of(root));
        assert!(lists.walk(root, skew, &mut continuing(visit)).is_continue());
    })
}

fn by_enumerator(union: &Union, sizes: (usize, usize)) -> Sets {
    let mut enumerator = Enumerator::new(union, sizes);
    collected(union, |root, visit| assert!(enumerator.walk([root], &mut continuing(visit)).is_continue()))
}

/// The sets of the second graph, found with 128-bit words even if 64 bits are enough.
fn by_wide_words(union: &Union, reach: u32, sizes: (usize, usize)) -> Sets {
    let centre = u128::BITS - 1 - reach;
    let window = WindowSearch { union, words: &union.bands.wide, centre, sizes };
    collected(union, |root, visit| {
        if root >= union.offsets[1] {
            assert!(window.walk(root, &mut continuing(visit)).is_continue());
        }
    })
}

#[test]
fn every_search_finds_the_same_sets() {
    let mut used = [0; 3];
    for reach in [1, 3, 10, 15, 16, 21, 22, 31, 32, 42, 43, 63, 64, 90] {
        for sizes in [(3, 3), (3, 4), (3, 5), (5, 5)] {
            with_union(reach, &[0; 200], None, |union| {
                let want = by_lists(union, sizes);
                assert_eq!(by_enumerator(union, sizes), want, "reach {reach}, sizes {sizes:?}");
                match union.bands.method(1, sizes.1) {
                    WalkMethod::Narrow { .. } => {
                        let want: Sets = want.into_iter().filter(|s| s.0[0] >= union.offsets[1]).collect();
                        assert_eq!(
                            by_wide_words(union, reach, sizes),
                            want,
                            "reach {reach}, sizes {sizes:?}"
                        );
                        used[0] += 1;
                    }
                    WalkMethod::Wide { .. } => used[1] += 1,
                    WalkMethod::Lists => used[2] += 1,
                }
            });
        }
    }
    assert!(used.iter().all(|&times| times > 5), "{used:?}");
}

#[test]
fn every_search_leaves_out_sets_that_span_too_long() {
    let sizes = (3, 5);
    for (reach, skew) in [(3, false), (15, false), (15, true), (31, false), (31, true), (40, true)] {
        let t_ms = times(skew);
        let mut want = Sets::new();
        let limit_ms = 90_000 * u64::from(reach);
        with_union(reach, &t_ms, None, |union| {
            let of_union = [&t_ms[..union.offsets[1] as usize], &t_ms].concat();
            want = by_lists(union, sizes);
            let all = want.len();
            want.retain(|(nodes, _)| {
                let times = || nodes.iter().filter(|&&n| n != u32::MAX).map(|&n| of_union[n as usize]);
                times().max().unwrap().abs_diff(times().min().unwrap()) <= limit_ms
            });
            assert!(10 < want.len() && want.len() < all, "{} of {all}", want.len());
        });
        with_union(reach, &t_ms, Some(limit_ms), |union| {
            assert_eq!(by_lists(union, sizes), want, "reach {reach}, skew {skew}");
            assert_eq!(by_enumerator(union, sizes), want, "reach {reach}, skew {skew}");
            if reach <= 31 && !skew {
                want.retain(|s| s.0[0] >= union.offsets[1]);
                assert_eq!(by_wide_words(union, reach, sizes), want, "reach {reach}, skew {skew}");
            }
        });
    }
}
