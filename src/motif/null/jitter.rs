//! The null `IntervalJitter`: times are redrawn inside fixed windows, and events relinked.

use super::NullRng;
use crate::csr::CsrPattern;
use crate::motif::MotifError;
use crate::motif::graph::{EdgeRule, MotifGraph, Union};
use crate::philox::Stream;

/// The hypothesis that the time of an event is uniform inside its window, independently of the other events.
///
/// Graph by graph, event `e` lies in window `floor((t_e - t_first) / width)`. A replicate gives each event a time of
/// its window, uniformly and at the resolution of the data (the greatest common divisor of the graph's times, from
/// its first), so that ties are as frequent as in data of that resolution. Events are sorted by their new times,
/// stably, and keep their labels; edges are rebuilt by the graph's edge rule.
///
/// The graph's first and last times bound the windows, and the events at these two times stay: given them, the others
/// are uniform strictly between. Otherwise events would be sparser at both ends of a replicate than in the data.
///
/// Source: Amarasingham, Harrison, Hatsopoulos, Geman, "Conditional modeling and the jitter method of spike
/// resampling" (J Neurophysiol 107:517, 2012): given the number of events in each window, the test is exact.
pub(crate) struct IntervalJitter<'a> {
    graphs: Vec<GraphWindows<'a>>,
    /// Longest span of a set, milliseconds; `None`: no limit.
    span_ms: Option<u64>,
}

/// One graph, and the times that its events may take.
struct GraphWindows<'a> {
    rule: &'a dyn EdgeRule,
    labels: &'a [u32],
    /// Time of the first event, milliseconds.
    t_first: i64,
    /// Length of a tick, the resolution of the graph's times.
    tick_ms: u64,
    /// For each event, the first tick of its window and the number of ticks, counted from `t_first`.
    ticks: Vec<(u64, u64)>,
}

/// A replicate of one graph.
#[derive(Default)]
struct JitteredGraph {
    t_ms: Vec<i64>,
    labels: Vec<u32>,
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
}

impl<'a> IntervalJitter<'a> {
    /// The null over windows of `width_ms`. Only sets that span at most `span_ms` count.
    ///
    /// # Errors
    /// [`MotifError::NoRule`] for a graph without a rule; [`MotifError::OtherRule`] if a rule does not give its
    /// graph's edges, [`MotifError::RuleParts`] if what it gives is invalid, [`MotifError::Rule`] if it fails.
    pub(crate) fn new(
        graphs: &[MotifGraph<'a>],
        width_ms: u64,
        span_ms: Option<u64>,
    ) -> Result<Self, MotifError> {
        let graphs =
            graphs.iter().enumerate().map(|(index, graph)| GraphWindows::new(index, graph, width_ms));
        Ok(Self { graphs: graphs.collect::<Result<_, _>>()?, span_ms })
    }

    /// Number of events whose time may change.
    pub(crate) fn movable(&self) -> u64 {
        let of_graph =
            |graph: &GraphWindows<'_>| graph.ticks.iter().filter(|&&(_, ticks)| ticks > 1).count() as u64;
        self.graphs.iter().map(of_graph).sum()
    }

    /// Replicate `iteration`: a function of the arguments and the data, not of earlier replicates. The graphs, their
    /// sizes and the vocabulary are those of the data.
    ///
    /// # Errors
    /// [`MotifError::Rule`] if a rule cannot link the events at their new times.
    pub(crate) fn draw(&self, rng: NullRng, iteration: u32) -> Result<Union, MotifError> {
        let draw = |(index, graph): (usize, &GraphWindows<'_>)| {
            graph.draw(index, rng.stream(iteration, index as u32))
        };
        let drawn = self.graphs.iter().enumerate().map(draw).collect::<Result<Vec<_>, _>>()?;
        let graphs = drawn.iter().enumerate().map(|(index, drawn)| drawn.graph(index));
        Union::with_span_limit(&graphs.collect::<Result<Vec<_>, _>>()?, self.span_ms)
    }
}

impl<'a> GraphWindows<'a> {
    /// `index`: that of the graph among those given.
    fn new(index: usize, graph: &MotifGraph<'a>, width_ms: u64) -> Result<Self, MotifError> {
        let rule = graph.edge_rule().ok_or(MotifError::NoRule { graph: index })?;
        let as_given: Vec<u32> = (0..graph.nodes() as u32).collect();
        let (t_ms, labels) = (graph.t_ms().to_vec(), graph.labels().to_vec());
        let relinked = JitteredGraph::link(index, rule, &as_given, t_ms, labels)?;
        if !relinked.graph(index)?.has_edges_of(graph) {
            return Err(MotifError::OtherRule { graph: index });
        }
        // `link` succeeded, so the times rise
        let t_first = graph.t_ms().first().copied().unwrap_or(0);
        let offset = |&t: &i64| t.wrapping_sub(t_first) as u64;
        let tick_ms = graph.t_ms().iter().map(offset).fold(0, gcd).max(1);
        let last = graph.t_ms().last().map_or(0, offset) / tick_ms;
        let window = |t| {
            let tick = offset(t) / tick_ms;
            if tick == 0 || tick == last {
                return (tick, 1);
            }
            let start_ms = offset(t) / width_ms * width_ms;
            let first = start_ms.div_ceil(tick_ms).max(1);
            let end = start_ms.saturating_add(width_ms).div_ceil(tick_ms).min(last);
            (first, end - first)
        };
        let ticks = graph.t_ms().iter().map(window).collect();
        Ok(Self { rule, labels: graph.labels(), t_first, tick_ms, ticks })
    }

    fn draw(&self, index: usize, mut stream: Stream) -> Result<JitteredGraph, MotifError> {
        let mut tick = |&(first, ticks): &(u64, u64)| match ticks {
            1 => first,
            _ => first + below(&mut stream, ticks),
        };
        let mut drawn: Vec<(u64, u32)> = self.ticks.iter().map(&mut tick).zip(0..).collect();
        drawn.sort_unstable();
        let time = |&(tick, _): &(u64, u32)| self.t_first.wrapping_add((tick * self.tick_ms) as i64);
        let order: Vec<u32> = drawn.iter().map(|&(_, event)| event).collect();
        let labels = order.iter().map(|&event| self.labels[event as usize]).collect();
        JitteredGraph::link(index, self.rule, &order, drawn.iter().map(time).collect(), labels)
    }
}

impl JitteredGraph {
    /// Links events that are sorted by time; `graph` is the index of their graph.
    fn link(
        graph: usize,
        rule: &dyn EdgeRule,
        order: &[u32],
        t_ms: Vec<i64>,
        labels: Vec<u32>,
    ) -> Result<Self, MotifError> {
        let mut drawn = Self { t_ms, labels, ..Self::default() };
        rule.successors(order, &drawn.t_ms, &mut drawn.row_ptr, &mut drawn.col_idx)
            .map_err(|error| MotifError::Rule { graph, error })?;
        Ok(drawn)
    }

    fn graph(&self, graph: usize) -> Result<MotifGraph<'_>, MotifError> {
        // the rule may be implemented by the caller: its result is untrusted
        let pattern = CsrPattern::new(&self.row_ptr, &self.col_idx, self.labels.len())
            .map_err(|error| MotifError::RuleParts { graph, error })?;
        MotifGraph::new(pattern, &self.labels, &self.t_ms)
    }
}

/// Uniform in 0..n, without bias; `n` is not 0.
fn below(stream: &mut Stream, n: u64) -> u64 {
    if let Ok(n) = u32::try_from(n) {
        return stream.below(n).into();
    }
    let mask = u64::MAX >> (n - 1).leading_zeros();
    loop {
        let drawn = (u64::from(stream.next_u32()) << 32 | u64::from(stream.next_u32())) & mask;
        if drawn < n {
            return drawn;
        }
    }
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests;
