//! The number of occurrences, estimated before any is counted.

use std::ops::ControlFlow;

use crate::motif::enumerate::{ConnectedSet, Enumerator};
use crate::motif::graph::{MotifGraph, Union};
use crate::motif::{MotifConfig, MotifError};
use crate::philox::{Philox, Stream};

/// Largest number of occurrences that are counted exactly instead of estimated: about 20 ms.
const MAX_EXACT: u64 = 2_000_000;
/// Random branches probed beyond that: a standard error of a few per cent on graphs of uniform degree.
const MAX_PROBES: u32 = 20_000;
/// Largest number of adjacency entries read, so that hubs of a million edges do not take longer: about 0.1 s.
const MAX_READS: u64 = 30_000_000;
/// Branches probed even if they read more.
const MIN_PROBES: u32 = 16;
/// Philox fork of the probes; the nulls use others.
const PURPOSE: u32 = 0x6D65;

/// Estimated number of connected sets of `min_nodes` to `max_nodes` events in all graphs together.
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
    let union = Union::with_span_limit(graphs, config.span_ms())?;
    let mut enumerator = Enumerator::new(&union, config.sizes());
    let mut counted = 0_u64;
    let flow = enumerator.walk(0..union.nodes(), &mut |_: &ConnectedSet| {
        counted += 1;
        if counted > MAX_EXACT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    Ok(match flow {
        ControlFlow::Continue(()) => counted as f64,
        ControlFlow::Break(()) => probe(&union, config.sizes(), seed).max(MAX_EXACT as f64),
    })
}

/// Horvitz-Thompson estimate from random probes; roots with many sets are drawn more often.
fn probe(union: &Union, (min, max): (usize, usize), seed: u64) -> f64 {
    let roots = RootDistribution::new(union);
    let mut enumerator = Enumerator::new(union, (min, max));
    let mut stream = Philox::new(seed).fork(PURPOSE).stream(0, 0);
    let (mut sum, mut probes, mut reads) = (0.0, 0, 0);
    while probes < MAX_PROBES && (reads < MAX_READS || probes < MIN_PROBES) {
        let root = roots.draw(&mut stream);
        let (sets, probe_reads) = enumerator.probe(root, |children| stream.below(children));
        sum += sets[min..=max].iter().sum::<f64>() / roots.probability(root);
        reads += probe_reads;
        probes += 1;
    }
    sum / f64::from(probes)
}

/// Distribution from which the probed roots are drawn: an equal mixture of the uniform distribution, one proportional
/// to the number of sets of three whose lowest event is the root, and one proportional to its square. So no hub is
/// missed.
struct RootDistribution {
    /// For each event, an upper bound on the number of sets of three whose lowest event it is.
    triples: Vec<f64>,
    /// Running sums of `triples` and of their squares.
    sums: [Vec<f64>; 2],
}

impl RootDistribution {
    fn new(union: &Union) -> Self {
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

    /// Draws a root.
    fn draw(&self, stream: &mut Stream) -> u32 {
        let nodes = self.triples.len() as u32;
        match stream.below(3) {
            0 => stream.below(nodes),
            which => {
                let sums = &self.sums[which as usize - 1];
                let unit = f64::from(stream.next_u32()) / f64::from(u32::MAX);
                let drawn = unit * sums[sums.len() - 1];
                sums.partition_point(|&sum| sum < drawn).min(sums.len() - 1) as u32
            }
        }
    }

    /// Probability that a root is drawn.
    fn probability(&self, root: u32) -> f64 {
        let triples = self.triples[root as usize];
        let share = |part: f64, sums: &[f64]| part / sums[sums.len() - 1];
        let uniform = 1.0 / self.triples.len() as f64;
        (uniform + share(triples, &self.sums[0]) + share(triples * triples, &self.sums[1])) / 3.0
    }
}
