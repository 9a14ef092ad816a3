//! A few patterns followed once more through the same draws: among the held-out graphs, and graph by graph.

use super::census::{Census, Pattern};
use super::code::{Code, CodeMap, label_bits};
use super::desk::Desk;
use super::drawn::{Drawn, Marks};
use super::draws::{Clock, Draws, Shape, Visitor};
use super::error::MotifError;
use super::known::Known;
use super::lanes::LANES;
use super::maxima::Maxima;
use super::null::Nulls;
use super::occurrences::Occurrences;
use super::outcome::{Outcome, add_all};
use super::score::Scale;
use super::shape::slot_nodes;
use super::significance::{Test, held_out_score};

/// Occurrences of one pattern by graph.
#[derive(Debug, Clone)]
pub(super) struct ByGraph {
    /// Count in the data.
    pub(super) observed: Vec<u64>,
    /// Sum of the counts of the draws.
    pub(super) drawn: Vec<u64>,
}

impl Test<'_> {
    /// Chance that the held-out graphs, without structure, show any of the `candidates` (places in the census) with as
    /// large a score: max-T over the candidates, which others than these graphs have chosen. In their order.
    ///
    /// # Errors
    /// Those of a null that builds graphs anew.
    pub(super) fn confirm(
        &self,
        census: &Census,
        outcomes: &[Outcome],
        candidates: &[usize],
    ) -> Result<Vec<f64>, MotifError> {
        let maxima = Maxima::new(self.iterations);
        let scale = |candidate: usize| outcomes[candidate].held_out_scale;
        if self.narrow() {
            self.confirm_as::<u64>(census, candidates, &scale, &maxima)?;
        } else {
            self.confirm_as::<u128>(census, candidates, &scale, &maxima)?;
        }
        let maxima = maxima.sorted();
        let p = |&candidate: &usize| share_above(&maxima, held_out_score(&outcomes[candidate]));
        Ok(candidates.iter().map(p).collect())
    }

    fn confirm_as<C: Code>(
        &self,
        census: &Census,
        candidates: &[usize],
        scale: &dyn Fn(usize) -> Scale,
        maxima: &Maxima,
    ) -> Result<(), MotifError> {
        self.follow::<C>(census, candidates, &mut |draws, Followed { shapes, marks, chosen }| {
            let scales = chosen.iter().map(|chosen| chosen.iter().map(|c| c.map(scale)).collect()).collect();
            let visitor = Confirm { shapes, marks, scales, held_out: self.held_out, maxima };
            draws.run(Nulls::tests(self.seed), 0..self.iterations, shapes, &visitor).map(|_| ())
        })
    }

    /// Counts of some patterns (places in the census) in each graph, in the data and in the first `iterations` draws.
    ///
    /// # Errors
    /// Those of a null that builds graphs anew.
    pub(super) fn by_graph(
        &self,
        census: &Census,
        patterns: &[usize],
        iterations: u32,
    ) -> Result<Vec<ByGraph>, MotifError> {
        let graphs = self.union.offsets.len() - 1;
        let nothing = ByGraph { observed: vec![0; graphs], drawn: vec![0; graphs] };
        let mut counted = vec![nothing; patterns.len()];
        if self.narrow() {
            self.by_graph_as::<u64>(census, patterns, iterations, &mut counted)?;
        } else {
            self.by_graph_as::<u128>(census, patterns, iterations, &mut counted)?;
        }
        Ok(counted)
    }

    fn by_graph_as<C: Code>(
        &self,
        census: &Census,
        patterns: &[usize],
        iterations: u32,
        counted: &mut [ByGraph],
    ) -> Result<(), MotifError> {
        let graphs = self.union.offsets.len() - 1;
        let offsets = self.union.offsets.windows(2).enumerate();
        let graph_of: Vec<u32> = offsets
            .flat_map(|(graph, ends)| std::iter::repeat_n(graph as u32, (ends[1] - ends[0]) as usize))
            .collect();
        let order: CodeMap<u64, usize> = patterns.iter().enumerate().map(|(i, &at)| (at as u64, i)).collect();
        self.follow::<C>(census, patterns, &mut |draws, Followed { shapes, marks, chosen }| {
            let visitor = Graphs { shapes, marks, graph_of: &graph_of, graphs };
            let observed = draws.observe(shapes, &visitor);
            let drawn = draws.run(Nulls::tests(self.seed), 0..iterations, shapes, &visitor)?;
            for ((observed, drawn), chosen) in observed.iter().zip(&drawn).zip(chosen) {
                let rows = chosen.iter().zip(observed.chunks(graphs).zip(drawn.chunks(graphs)));
                for (pattern, (observed, drawn)) in rows {
                    if let Some(&at) = pattern.and_then(|pattern| order.get(&(pattern as u64))) {
                        counted[at] = ByGraph { observed: observed.to_vec(), drawn: drawn.to_vec() };
                    }
                }
            }
            Ok(())
        })
    }

    /// Calls `with` for each group of shapes that holds a wanted pattern.
    fn follow<C: Code>(
        &self,
        census: &Census,
        wanted: &[usize],
        with: &mut OnGroup<'_, C>,
    ) -> Result<(), MotifError> {
        let pattern = |at: usize| -> &Pattern { &census.patterns[at].pattern };
        for group in &self.groups(census) {
            let mut of_shape: Vec<Vec<(C, usize)>> = vec![Vec::new(); group.slots.len()];
            for &at in wanted {
                if let Some(place) = self.place_of(group, pattern(at)) {
                    of_shape[place].push((self.code(pattern(at)), at));
                }
            }
            let mut followed = Followed { shapes: Vec::new(), marks: Vec::new(), chosen: Vec::new() };
            for (of, wanted) in of_shape.iter().enumerate().filter(|(_, wanted)| !wanted.is_empty()) {
                let codes: Vec<C> = wanted.iter().map(|&(code, _)| code).collect();
                let (labels, k) = (self.union.vocabulary.len(), slot_nodes(group.slots[of]));
                let known = Known::of(&codes, k as u32 * label_bits(labels));
                let mut at_place = vec![None; known.places()];
                wanted.iter().for_each(|&(code, at)| at_place[known.place(code)] = Some(at));
                let targets = codes.iter().map(|&code| known.place(code) as u32).collect();
                followed.marks.push(Marks::of(&codes, labels, k));
                let (common, rare) = (Vec::new(), Vec::new());
                let shape = Shape { place: of, known, codes, targets, common, rare };
                followed.shapes.push(shape);
                followed.chosen.push(at_place);
            }
            if !followed.shapes.is_empty() {
                let occurrences = Occurrences::of(self.union, group);
                let clock = Clock::new(0, &|_, _| {});
                with(&self.draws(group, &occurrences, &clock), &followed)?;
            }
        }
        Ok(())
    }
}

/// What is done with the wanted patterns of a group of shapes.
type OnGroup<'a, C> = dyn FnMut(&Draws<'_>, &Followed<C>) -> Result<(), MotifError> + 'a;

/// The shapes that hold a wanted pattern.
struct Followed<C> {
    shapes: Vec<Shape<C>>,
    /// Of each shape's wanted patterns.
    marks: Vec<Marks>,
    /// Which pattern stands at each known place, as a place in the census.
    chosen: Vec<Vec<Option<usize>>>,
}

/// (1 + values of at least `score`) / (1 + values); the values rise.
pub(super) fn share_above(values: &[f64], score: f64) -> f64 {
    let above = values.len() - values.partition_point(|&value| value < score);
    (above as f64 + 1.0) / (values.len() as f64 + 1.0)
}

/// Takes each draw's largest score among the held-out graphs.
struct Confirm<'a, C> {
    shapes: &'a [Shape<C>],
    marks: &'a [Marks],
    /// Scale of each place that has a pattern.
    scales: Vec<Vec<Option<Scale>>>,
    held_out: u32,
    maxima: &'a Maxima,
}

impl<C: Code> Visitor<C> for Confirm<'_, C> {
    /// Counts of the draws at hand, `[lanes, places]`.
    type Kept = Vec<u32>;

    fn start(&self, shape: usize) -> Vec<u32> {
        vec![0; LANES * self.shapes[shape].known.places()]
    }

    fn see(&self, shape: usize, first: u32, drawn: &Drawn<'_>, _: &mut Desk, counts: &mut Vec<u32>) {
        let known = &self.shapes[shape].known;
        counts.fill(0);
        drawn.places(self.held_out..u32::MAX, known, &self.marks[shape], |lane, _, place| {
            counts[lane * known.places() + place] += 1;
        });
        for lane in drawn.lanes.clone() {
            let counts = &counts[lane * known.places()..][..known.places()];
            let scores = self.scales[shape].iter().zip(counts).filter_map(|(s, &n)| s.map(|s| s.score(n)));
            self.maxima.raise(first + lane as u32, scores.fold(f64::NEG_INFINITY, f64::max));
        }
    }

    fn join(&self, _: &mut Vec<u32>, _: Vec<u32>) {}
}

/// Sums counts by pattern and graph, `[places, graphs]`.
struct Graphs<'a, C> {
    shapes: &'a [Shape<C>],
    marks: &'a [Marks],
    /// Graph of each event.
    graph_of: &'a [u32],
    graphs: usize,
}

impl<C: Code> Visitor<C> for Graphs<'_, C> {
    type Kept = Vec<u64>;

    fn start(&self, shape: usize) -> Vec<u64> {
        vec![0; self.shapes[shape].known.places() * self.graphs]
    }

    fn see(&self, shape: usize, _: u32, drawn: &Drawn<'_>, _: &mut Desk, sums: &mut Vec<u64>) {
        let known = &self.shapes[shape].known;
        drawn.places(0..u32::MAX, known, &self.marks[shape], |_, first, place| {
            sums[place * self.graphs + self.graph_of[first as usize] as usize] += 1;
        });
    }

    fn join(&self, sums: &mut Vec<u64>, later: Vec<u64>) {
        add_all(sums, &later);
    }
}
