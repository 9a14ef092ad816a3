//! Times stay in their windows, every time of a window is equally likely, and edges are those of the rule.

use super::*;
use crate::csr::CsrError;
use crate::dag::{DagError, WindowKnn};
use proptest::prelude::*;

const RULE: WindowKnn = WindowKnn { k: 4, dt_min_ms: 2, dt_max_ms: 100 };

/// Events at `t_ms`, labelled with their numbers, as `RULE` links them.
struct LinkedEvents {
    labels: Vec<u32>,
    t_ms: Vec<i64>,
    edges: (Vec<u32>, Vec<u32>),
}

impl LinkedEvents {
    fn new(t_ms: &[i64]) -> Self {
        let edges = RULE.build(t_ms).unwrap().to_csr().unwrap();
        Self { labels: (0..t_ms.len() as u32).collect(), t_ms: t_ms.to_vec(), edges }
    }

    fn without_rule(&self) -> MotifGraph<'_> {
        let pattern = CsrPattern::new(&self.edges.0, &self.edges.1, self.labels.len()).unwrap();
        MotifGraph::new(pattern, &self.labels, &self.t_ms).unwrap()
    }

    fn graph(&self) -> MotifGraph<'_> {
        self.without_rule().with_edge_rule(&RULE)
    }

    /// A replicate: the new time of each event, by its old number.
    fn redrawn(&self, width_ms: u64, iteration: u32) -> Vec<i64> {
        let null = IntervalJitter::new(&[self.graph()], width_ms, None).unwrap();
        let drawn = null.graphs[0].draw(0, NullRng::test(1).stream(iteration, 0)).unwrap();
        let mut t_ms = vec![0; self.t_ms.len()];
        drawn.labels.iter().zip(&drawn.t_ms).for_each(|(&event, &t)| t_ms[event as usize] = t);
        t_ms
    }
}

fn rising() -> impl Strategy<Value = Vec<i64>> {
    (-1000_i64..1000, 1_i64..4, prop::collection::vec(0_i64..30, 0..40)).prop_map(|(start, step, gaps)| {
        gaps.iter().scan(start, |t, gap| Some(std::mem::replace(t, *t + gap * step))).collect()
    })
}

#[test]
fn a_replicate_keeps_the_limit_of_the_span() {
    let owned = LinkedEvents::new(&[0, 10, 20, 40, 80]);
    for span_ms in [None, Some(30)] {
        let null = IntervalJitter::new(&[owned.graph()], 20, span_ms).unwrap();
        let drawn = null.draw(NullRng::test(1), 0).unwrap();
        assert_eq!(drawn.span.map(|span| span.allows(&[0, 4])), span_ms.map(|_| false));
    }
}

proptest! {
    #[test]
    fn events_stay_in_their_windows_on_the_grid_of_the_data(
        t_ms in rising(), width_ms in 1_u64..100, iteration: u32
    ) {
        let owned = LinkedEvents::new(&t_ms);
        let redrawn = owned.redrawn(width_ms, iteration);
        let (first, last) = (t_ms.iter().min().copied().unwrap_or(0), t_ms.iter().max().copied().unwrap_or(0));
        let step = t_ms.iter().fold(0, |step, t| gcd(step, (t - first) as u64)).max(1) as i64;
        for (&old, &new) in t_ms.iter().zip(&redrawn) {
            prop_assert_eq!((old - first) / width_ms as i64, (new - first) / width_ms as i64);
            prop_assert_eq!((new - first) % step, 0);
            prop_assert_eq!(old == first, new == first);
            prop_assert_eq!(old == last, new == last);
        }
    }

    #[test]
    fn a_replicate_equals_a_fresh_build_of_its_events(
        of_graphs in prop::collection::vec(rising(), 0..4), width_ms in 1_u64..200, iteration: u32
    ) {
        let owned: Vec<LinkedEvents> = of_graphs.iter().map(|t_ms| LinkedEvents::new(t_ms)).collect();
        let graphs: Vec<_> = owned.iter().map(LinkedEvents::graph).collect();
        let null = IntervalJitter::new(&graphs, width_ms, None).unwrap();
        let rng = NullRng::test(9);
        let union = null.draw(rng, iteration).unwrap();
        let fresh: Vec<(LinkedEvents, Vec<u32>)> = (0..graphs.len())
            .map(|at| {
                let drawn = null.graphs[at].draw(at, rng.stream(iteration, at as u32)).unwrap();
                let mut in_order: Vec<_> = drawn.t_ms.iter().zip(&drawn.labels).collect();
                in_order.sort();
                let order = in_order.iter().map(|&(_, &event)| event).collect::<Vec<_>>();
                assert_eq!(order, drawn.labels, "by time, ties in their earlier order");
                (LinkedEvents::new(&drawn.t_ms), drawn.labels)
            })
            .collect();
        let fresh: Vec<MotifGraph<'_>> = fresh
            .iter()
            .map(|(owned, labels)| {
                let pattern = CsrPattern::new(&owned.edges.0, &owned.edges.1, labels.len()).unwrap();
                MotifGraph::new(pattern, labels, &owned.t_ms).unwrap()
            })
            .collect();
        let want = Union::new(&fresh).unwrap();
        let observed = Union::new(&graphs).unwrap();
        prop_assert_eq!(&union.offsets, &observed.offsets);
        prop_assert_eq!(&union.vocabulary, &observed.vocabulary);
        prop_assert_eq!(&union.labels, &want.labels);
        for node in 0..want.nodes() {
            prop_assert_eq!(union.neighbours(node), want.neighbours(node));
        }
    }
}

#[test]
fn every_time_of_a_window_is_equally_likely() {
    // windows of 10 ms from -5, ticks of 2 ms: event 1 has the ticks -3 to 3, event 4 the ticks 5 to 13
    let owned = LinkedEvents::new(&[-5, 1, 1, 5, 9, 17]);
    let mut counts_of_event_1 = [0_u32; 10];
    let mut counts_of_event_4 = [0_u32; 20];
    for iteration in 0..8000 {
        let t_ms = owned.redrawn(10, iteration);
        counts_of_event_1[(t_ms[1] + 5) as usize] += 1;
        counts_of_event_4[(t_ms[4] + 5) as usize] += 1;
    }
    // standard deviation 39
    assert!(
        [2, 4, 6, 8].iter().all(|&at| counts_of_event_1[at].abs_diff(2000) < 200),
        "{counts_of_event_1:?}"
    );
    assert!(
        [10, 12, 14, 16, 18].iter().all(|&at| counts_of_event_4[at].abs_diff(1600) < 200),
        "{counts_of_event_4:?}"
    );
}

#[test]
fn two_events_of_a_window_and_two_equal_graphs_are_drawn_independently() {
    let owned = LinkedEvents::new(&[0, 3, 4, 7, 20]);
    let null = IntervalJitter::new(&[owned.graph(), owned.graph()], 10, None).unwrap();
    assert_eq!(null.movable(), 6);
    let (mut together, mut alike) = (0_u32, 0_u32);
    for iteration in 0..9000 {
        let draw = |index: usize| {
            let drawn =
                null.graphs[index].draw(index, NullRng::test(1).stream(iteration, index as u32)).unwrap();
            drawn.labels.iter().position(|&event| event == 1).map(|at| drawn.t_ms[at])
        };
        let t_ms = owned.redrawn(10, iteration);
        together += u32::from(t_ms[1] == t_ms[2]);
        alike += u32::from(draw(0) == draw(1));
    }
    // one of 9 ticks: 1000, standard deviation 30
    assert!(together.abs_diff(1000) < 150 && alike.abs_diff(1000) < 150, "{together} {alike}");
}

#[test]
fn the_whole_range_of_times_and_of_widths_is_drawn_from() {
    let owned = LinkedEvents::new(&[i64::MIN, -1, 0, i64::MAX]);
    let mut early = 0_u32;
    for iteration in 0..400 {
        early += u32::from(owned.redrawn(u64::MAX, iteration)[1] < i64::MIN / 2);
    }
    // a quarter, standard deviation 9
    assert!(early.abs_diff(100) < 50, "{early}");
    assert_eq!(owned.redrawn(1, 0), owned.t_ms, "a window of one tick");
}

#[test]
fn events_that_cannot_move_are_not_counted() {
    let movable = |t_ms: &[i64], width_ms| {
        IntervalJitter::new(&[LinkedEvents::new(t_ms).graph()], width_ms, None).unwrap().movable()
    };
    assert_eq!(movable(&[], 10), 0);
    assert_eq!(movable(&[4, 4, 4], 10), 0);
    assert_eq!(movable(&[0, 10, 20, 30], 10), 0, "windows of one tick");
    assert_eq!(movable(&[0, 10, 20, 30], 20), 0, "two ticks each, the first and the last of all fixed");
    assert_eq!(movable(&[0, 5, 5, 30], 20), 2);
}

#[derive(Debug)]
struct NoEdges;

impl EdgeRule for NoEdges {
    fn successors(
        &self,
        _: &[u32],
        _: &[i64],
        row_ptr: &mut Vec<u32>,
        _: &mut Vec<u32>,
    ) -> Result<(), DagError> {
        row_ptr.clear();
        Ok(())
    }
}

#[test]
fn a_graph_without_its_rule_is_refused() {
    let owned = LinkedEvents::new(&[0, 5, 10]);
    let refuse = |graph| IntervalJitter::new(&[owned.graph(), graph], 10, None).err().unwrap();
    assert_eq!(refuse(owned.without_rule()), MotifError::NoRule { graph: 1 });
    let other = WindowKnn { k: 1, ..RULE };
    assert_eq!(refuse(owned.without_rule().with_edge_rule(&other)), MotifError::OtherRule { graph: 1 });
    let error = CsrError::NoRowPtr;
    assert_eq!(
        refuse(owned.without_rule().with_edge_rule(&NoEdges)),
        MotifError::RuleParts { graph: 1, error }
    );
    let unsorted = LinkedEvents { t_ms: vec![5, 0, 10], ..LinkedEvents::new(&[0, 5, 10]) };
    let error = IntervalJitter::new(&[unsorted.graph()], 10, None).err().unwrap();
    assert_eq!(error, MotifError::Rule { graph: 0, error: DagError::Unsorted { index: 1 } });
}
