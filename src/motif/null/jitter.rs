//! Times are drawn again inside fixed windows, and events linked again.

use super::NullRng;
use crate::csr::CsrPattern;
use crate::motif::MotifError;
use crate::motif::graph::{EdgeRule, MotifGraph, Union};
use crate::philox::Stream;

/// The hypothesis that, inside a window of time, when an event happens is chance: every time of the window is as
/// likely as any other, independently of the other events.
///
/// Graph by graph, event `e` lies in window `floor((t_e - t_first) / width)`. A replicate gives each event a time of
/// its window, uniformly and at the resolution of the data (the greatest common divisor of the graph's times, from
/// its first), so that ties arise as by rounding and none is invented. Events are sorted again, those of equal time
/// in their earlier order, and keep their labels; edges are those of the graph's own rule.
///
/// Windows end at the graph's first and last times, and the events of these two times stay: given them, the others
/// lie strictly between, uniformly. Otherwise replicates would be thinner at the ends than data are.
///
/// Source: Amarasingham, Harrison, Hatsopoulos, Geman, "Conditional modeling and the jitter method of spike
/// resampling" (J Neurophysiol 107:517, 2012): given the windows' counts the test is exact.
pub(crate) struct IntervalJitter<'a> {
    graphs: Vec<GraphWindows<'a>>,
    /// Longest span of a set; `None`: no limit.
    span_ms: Option<u64>,
}

/// One graph, and the times that its events may take.
struct GraphWindows<'a> {
    rule: &'a dyn EdgeRule,
    labels: &'a [u32],
    t_first: i64,
    /// Time from one tick to the next.
    step_ms: u64,
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
    /// Cuts the graphs into windows of `width_ms`. Only sets that span at most `span_ms` count.
    ///
    /// # Errors
    /// [`MotifError::NoRule`] for a graph without a rule; [`MotifError::OtherRule`] if a rule does not give its
    /// graph's edges, [`MotifError::Rule`] if it gives none.
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

    /// Replicate `iteration`: a function of the arguments and the data, not of earlier replicates. It has the graphs,
    /// their sizes and the vocabulary of the data.
    ///
    /// # Errors
    /// [`MotifError::Rule`] if a rule cannot link the events at their new times.
    pub(crate) fn draw(&self, rng: NullRng, iteration: u32) -> Result<Union, MotifError> {
        let draw = |(index, graph): (usize, &GraphWindows<'_>)| {
            graph.draw(index, rng.stream(iteration, index as u32))
        };
        let drawn = self.graphs.iter().enumerate().map(draw).collect::<Result<Vec<_>, _>>()?;
        let graphs = drawn.iter().enumerate().map(|(index, drawn)| drawn.graph(index));
        Union::within(&graphs.collect::<Result<Vec<_>, _>>()?, self.span_ms)
    }
}

impl<'a> GraphWindows<'a> {
    /// `index`: the graph's among those given.
    fn new(index: usize, graph: &MotifGraph<'a>, width_ms: u64) -> Result<Self, MotifError> {
        let rule = graph.edge_rule().ok_or(MotifError::NoRule { graph: index })?;
        let as_given: Vec<u32> = (0..graph.nodes() as u32).collect();
        let (t_ms, labels) = (graph.t_ms().to_vec(), graph.labels().to_vec());
        let relinked = JitteredGraph::link(index, rule, &as_given, t_ms, labels)?;
        if !relinked.graph(index)?.has_edges_of(graph) {
            return Err(MotifError::OtherRule { graph: index });
        }
        // the rule has checked that times rise
        let t_first = graph.t_ms().first().copied().unwrap_or(0);
        let offset = |&t: &i64| t.wrapping_sub(t_first) as u64;
        let step_ms = graph.t_ms().iter().map(offset).fold(0, gcd).max(1);
        let last = graph.t_ms().last().map_or(0, offset) / step_ms;
        let window = |t| {
            let tick = offset(t) / step_ms;
            if tick == 0 || tick == last {
                return (tick, 1);
            }
            let start_ms = offset(t) / width_ms * width_ms;
            let first = start_ms.div_ceil(step_ms).max(1);
            let end = start_ms.saturating_add(width_ms).div_ceil(step_ms).min(last);
            (first, end - first)
        };
        let ticks = graph.t_ms().iter().map(window).collect();
        Ok(Self { rule, labels: graph.labels(), t_first, step_ms, ticks })
    }

    fn draw(&self, index: usize, mut numbers: Stream) -> Result<JitteredGraph, MotifError> {
        let mut tick = |&(first, ticks): &(u64, u64)| match ticks {
            1 => first,
            _ => first + below(&mut numbers, ticks),
        };
        let mut drawn: Vec<(u64, u32)> = self.ticks.iter().map(&mut tick).zip(0..).collect();
        drawn.sort_unstable();
        let time = |&(tick, _): &(u64, u32)| self.t_first.wrapping_add((tick * self.step_ms) as i64);
        let order: Vec<u32> = drawn.iter().map(|&(_, event)| event).collect();
        let labels = order.iter().map(|&event| self.labels[event as usize]).collect();
        JitteredGraph::link(index, self.rule, &order, drawn.iter().map(time).collect(), labels)
    }
}

impl JitteredGraph {
    /// Links events in the order of their times, `graph` being the index of their graph.
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
        // a caller may have implemented the rule
        let pattern = CsrPattern::new(&self.row_ptr, &self.col_idx, self.labels.len())
            .map_err(|error| MotifError::RuleParts { graph, error })?;
        MotifGraph::new(pattern, &self.labels, &self.t_ms)
    }
}

/// Uniform in 0..n, without bias; `n` is not 0.
fn below(numbers: &mut Stream, n: u64) -> u64 {
    if let Ok(n) = u32::try_from(n) {
        return numbers.below(n).into();
    }
    let mask = u64::MAX >> (n - 1).leading_zeros();
    loop {
        let drawn = (u64::from(numbers.next_u32()) << 32 | u64::from(numbers.next_u32())) & mask;
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
