//! How many occurrences there will be, before any is counted.

use std::ops::ControlFlow;

use super::config::MotifConfig;
use super::draws::LABEL_BYTES;
use super::error::MotifError;
use super::graph::{MotifGraph, Union};
use super::occurrences::KEPT;
use super::walk::{Found, Walker};
use crate::philox::{Philox, Stream};

/// Up to this many occurrences the estimate is the exact number: about 20 ms.
const EXACT: u64 = 2_000_000;
/// Branches probed where there are more: a standard error of a few per cent on graphs of even degree.
const PROBES: u32 = 20_000;
/// Links read at most, so that hubs of a million links cost no more: about 0.1 s.
const READS: u64 = 30_000_000;
/// Branches probed whatever they cost.
const LEAST_PROBES: u32 = 16;
/// Occurrences of a walk that wait to be sorted by shape, about.
const FINDINGS: f64 = 2e6;
/// Draws that go side by side, whatever memory they need.
const DRAWS_AT_LEAST: u64 = 8;
/// Most labels that a drawn label fits a byte with.
const BYTE_LABELS: usize = 256;
/// Keeps these numbers apart from those of the nulls.
const PURPOSE: u32 = 0x6D65;

/// About how many connected sets of `min_nodes` to `max_nodes` events there are in all graphs together.
///
/// Exact up to two million; beyond, an unbiased estimate from random branches of the enumeration tree, with the same
/// bits for the same seed. O(events + edges) and well under a second on any graph, hubs included.
///
/// # Errors
/// [`MotifError`] for settings out of range or too many events.
pub fn estimate_instances(
    graphs: &[MotifGraph<'_>],
    config: &MotifConfig,
    seed: u64,
) -> Result<f64, MotifError> {
    config.validate()?;
    let union = Union::within(graphs, config.span_ms())?;
    let mut walker = Walker::new(&union, config.sizes());
    let mut counted = 0_u64;
    let flow = walker.walk(0..union.nodes(), &mut |_: &Found| {
        counted += 1;
        if counted > EXACT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    Ok(match flow {
        ControlFlow::Continue(()) => counted as f64,
        ControlFlow::Break(()) => probe(&union, config.sizes(), seed).max(EXACT as f64),
    })
}

/// Bytes that [`super::mine`] takes for about so many instances among so many events and labels: occurrences, drawn
/// labels, the walk's findings and the scores of the draws. The rows of the patterns come on top: how many there are is known
/// when they are counted.
pub fn memory_bytes(instances: f64, events: u64, labels: usize, config: &MotifConfig) -> u64 {
    let node_bytes = 4.0 * config.max_nodes as f64;
    let occurrences = node_bytes * instances.min(KEPT as f64);
    let findings = node_bytes * instances.min(FINDINGS);
    let iterations = u64::from(config.iterations);
    let one_draw = events * if labels <= BYTE_LABELS { 1 } else { 4 };
    let at_least = one_draw * DRAWS_AT_LEAST.min(iterations);
    let draws = one_draw.saturating_mul(iterations).min(LABEL_BYTES as u64).max(at_least);
    // two scores a draw, and each event's place, time and label in the union of the graphs
    (occurrences + findings) as u64 + draws + 16 * iterations + 40 * events
}

/// The mean of many probes, each of a root drawn by how much may lie below it.
fn probe(union: &Union, (min, max): (usize, usize), seed: u64) -> f64 {
    let roots = Roots::of(union);
    let mut walker = Walker::new(union, (min, max));
    let mut numbers = Philox::new(seed).fork(PURPOSE).stream(0, 0);
    let (mut sum, mut probes, mut read) = (0.0, 0, 0);
    while probes < PROBES && (read < READS || probes < LEAST_PROBES) {
        let root = roots.draw(&mut numbers);
        let (sets, links) = walker.probe(root, |forks| numbers.below(forks));
        sum += sets[min..=max].iter().sum::<f64>() / roots.chance(root);
        read += links;
        probes += 1;
    }
    sum / f64::from(probes)
}

/// A law of roots under which no hub is missed: a third each uniform, by the number of sets of three below the root,
/// and by the square of it.
struct Roots {
    /// Upper bound of the sets of three whose lowest event is this one.
    triples: Vec<f64>,
    /// Running sums of `triples` and of their squares.
    sums: [Vec<f64>; 2],
}

impl Roots {
    fn of(union: &Union) -> Self {
        let triples: Vec<f64> = (0..union.nodes())
            .map(|root| {
                let above = union.neighbours_above(root, root);
                let pairs = above.len() as f64 * (above.len() as f64 - 1.0) / 2.0;
                above.iter().map(|&n| union.neighbours(n).len() as f64).sum::<f64>() + pairs
            })
            .collect();
        let running = |power: i32| {
            let mut sum = 0.0;
            triples.iter().map(|t| (sum += t.powi(power), sum).1).collect::<Vec<f64>>()
        };
        Self { sums: [running(1), running(2)], triples }
    }

    fn draw(&self, numbers: &mut Stream) -> u32 {
        let nodes = self.triples.len() as u32;
        match numbers.below(3) {
            0 => numbers.below(nodes),
            which => {
                let sums = &self.sums[which as usize - 1];
                let unit = f64::from(numbers.next_u32()) / f64::from(u32::MAX);
                let at = unit * sums[sums.len() - 1];
                sums.partition_point(|&sum| sum < at).min(sums.len() - 1) as u32
            }
        }
    }

    fn chance(&self, root: u32) -> f64 {
        let triples = self.triples[root as usize];
        let share = |part: f64, sums: &[f64]| part / sums[sums.len() - 1];
        let uniform = 1.0 / self.triples.len() as f64;
        (uniform + share(triples, &self.sums[0]) + share(triples * triples, &self.sums[1])) / 3.0
    }
}
