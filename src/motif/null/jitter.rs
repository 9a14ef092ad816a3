//! Times are drawn anew inside fixed windows, and the events linked anew.

use super::super::error::MotifError;
use super::super::graph::{MotifGraph, Union};
use super::{Nulls, Relink};
use crate::csr::CsrPattern;
use crate::philox::Stream;

/// The hypothesis that, inside a window of time, when an event happens is chance: every time of the window is as
/// likely as any other, whatever the other events do.
///
/// Graph by graph, event `e` lies in window `floor((t_e - t_first) / width)`. A draw gives each event a time of its
/// window, uniformly and on the resolution of the data (the greatest common divisor of the graph's times, from its
/// first), so that ties come about as by rounding and none is invented. Events are put in order anew, those of equal
/// time as they stood, and take their labels along; edges are those of the graph's own rule.
///
/// Windows end at the graph's first and last times, and the events of these two times stay: given them, the others lie
/// strictly between, uniformly. Otherwise draws would be thinner at the ends than data are.
///
/// Source: Amarasingham, Harrison, Hatsopoulos, Geman, "Conditional modeling and the jitter method of spike
/// resampling" (J Neurophysiol 107:517, 2012): given the windows' counts the test is exact.
pub(crate) struct IntervalJitter<'a> {
    graphs: Vec<Windows<'a>>,
    /// Longest span of a set.
    span_ms: Option<u64>,
}

/// One graph, and what times its events may take.
struct Windows<'a> {
    rule: &'a dyn Relink,
    labels: &'a [u32],
    t_first: i64,
    /// Time from one slot to the next.
    step_ms: u64,
    /// For each event: its window's first slot, and how many slots there are.
    slots: Vec<(u64, u64)>,
}

/// One graph's draw.
#[derive(Default)]
struct Redrawn {
    t_ms: Vec<i64>,
    labels: Vec<u32>,
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
}

impl<'a> IntervalJitter<'a> {
    /// Cuts the graphs into windows of `width_ms`. Only sets count that last no longer than `span_ms`.
    ///
    /// # Errors
    /// [`MotifError::NoRule`] for a graph without a rule; [`MotifError::OtherRule`] if a rule does not give its graph's
    /// edges, [`MotifError::Rule`] if it gives none.
    pub(crate) fn of(
        graphs: &[MotifGraph<'a>],
        width_ms: u64,
        span_ms: Option<u64>,
    ) -> Result<Self, MotifError> {
        let graphs = graphs.iter().enumerate().map(|(at, graph)| Windows::of(at, graph, width_ms));
        Ok(Self { graphs: graphs.collect::<Result<_, _>>()?, span_ms })
    }

    /// Number of events whose time may change.
    pub(crate) fn movable(&self) -> u64 {
        let of_graph =
            |graph: &Windows<'_>| graph.slots.iter().filter(|&&(_, slots)| slots > 1).count() as u64;
        self.graphs.iter().map(of_graph).sum()
    }

    /// Draw `iteration` of a family of draws: a function of these numbers and of the data, not of earlier draws. Has
    /// the graphs, their sizes and the vocabulary of the data.
    ///
    /// # Errors
    /// [`MotifError::Rule`] if a rule cannot link what was drawn.
    pub(crate) fn draw(&self, nulls: Nulls, iteration: u32) -> Result<Union, MotifError> {
        let redraw =
            |(at, graph): (usize, &Windows<'_>)| graph.draw(at, nulls.0.stream(iteration, at as u32));
        let drawn = self.graphs.iter().enumerate().map(redraw).collect::<Result<Vec<_>, _>>()?;
        let graphs = drawn.iter().enumerate().map(|(at, drawn)| drawn.graph(at));
        Union::within(&graphs.collect::<Result<Vec<_>, _>>()?, self.span_ms)
    }
}

impl<'a> Windows<'a> {
    fn of(at: usize, graph: &MotifGraph<'a>, width_ms: u64) -> Result<Self, MotifError> {
        let rule = graph.rule().ok_or(MotifError::NoRule { graph: at })?;
        let as_given: Vec<u32> = (0..graph.nodes() as u32).collect();
        let relinked = Redrawn::of(at, rule, &as_given, graph.t_ms().to_vec(), graph.labels().to_vec())?;
        if !relinked.graph(at)?.has_edges_of(graph) {
            return Err(MotifError::OtherRule { graph: at });
        }
        // the rule has seen that times rise
        let t_first = graph.t_ms().first().copied().unwrap_or(0);
        let offset = |&t: &i64| t.wrapping_sub(t_first) as u64;
        let step_ms = graph.t_ms().iter().map(offset).fold(0, gcd).max(1);
        let last = graph.t_ms().last().map_or(0, offset) / step_ms;
        let window = |t| {
            let slot = offset(t) / step_ms;
            if slot == 0 || slot == last {
                return (slot, 1);
            }
            let start_ms = offset(t) / width_ms * width_ms;
            let first = start_ms.div_ceil(step_ms).max(1);
            let end = start_ms.saturating_add(width_ms).div_ceil(step_ms).min(last);
            (first, end - first)
        };
        let slots = graph.t_ms().iter().map(window).collect();
        Ok(Self { rule, labels: graph.labels(), t_first, step_ms, slots })
    }

    fn draw(&self, at: usize, mut numbers: Stream) -> Result<Redrawn, MotifError> {
        let mut slot = |&(first, slots): &(u64, u64)| match slots {
            1 => first,
            _ => first + below(&mut numbers, slots),
        };
        let mut drawn: Vec<(u64, u32)> = self.slots.iter().map(&mut slot).zip(0..).collect();
        drawn.sort_unstable();
        let time = |&(slot, _): &(u64, u32)| self.t_first.wrapping_add((slot * self.step_ms) as i64);
        let order: Vec<u32> = drawn.iter().map(|&(_, event)| event).collect();
        let labels = order.iter().map(|&event| self.labels[event as usize]).collect();
        Redrawn::of(at, self.rule, &order, drawn.iter().map(time).collect(), labels)
    }
}

impl Redrawn {
    fn of(
        graph: usize,
        rule: &dyn Relink,
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
        // the rule may be the caller's own
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
