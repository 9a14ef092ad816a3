//! The plan cache, compared with a list in order of use, and under concurrent use.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use ironforge::attention::lowering::{PlanCache, PlanCounts, PlanInputs, PlanKey};
use ironforge::attention::{Attention, AttentionError, Inputs, Keys, Plan, Tensor, TimeBias};
use ironforge::csr::CsrPattern;
use proptest::prelude::*;

use super::view;

/// A plan whose size is determined by its number of nodes.
fn of_nodes(nodes: usize) -> Result<Plan, AttentionError> {
    let row_ptr = vec![0; nodes + 1];
    let keys = Keys::Edges(CsrPattern::new(&row_ptr, &[], nodes).unwrap());
    let offsets = [0, nodes];
    Plan::new(&PlanInputs {
        heads: 1,
        head_dim: 1,
        offsets: &offsets,
        keys,
        bias: &TimeBias::None,
        t_ms: None,
    })
}

fn key(graph: usize) -> PlanKey {
    let inputs = Inputs::new([1, 1], [Tensor::F16(&[]); 3], &[0], Keys::All);
    PlanKey::new(&view(&graph.to_string()), &Attention::new(inputs).unwrap())
}

/// A reference model of the cache: a list in order of use, the most recent last.
#[derive(Default)]
struct Naive {
    held: Vec<(usize, Arc<Plan>)>,
    counts: PlanCounts,
}

impl Naive {
    fn bytes(&self) -> usize {
        self.held.iter().map(|(_, plan)| plan.bytes()).sum()
    }

    /// Records that the cache returned this plan for the graph; fails if the model would have returned another.
    fn record(&mut self, graph: usize, plan: &Arc<Plan>, capacity: usize) -> Result<(), TestCaseError> {
        if let Some(at) = self.held.iter().position(|(held, _)| *held == graph) {
            let kept = self.held.remove(at);
            prop_assert!(Arc::ptr_eq(&kept.1, plan), "graph {graph} was held");
            self.held.push(kept);
            self.counts.hits += 1;
            return Ok(());
        }
        self.counts.misses += 1;
        if plan.bytes() <= capacity {
            while self.bytes() + plan.bytes() > capacity {
                self.held.remove(0);
                self.counts.evictions += 1;
            }
            self.held.push((graph, plan.clone()));
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cache_behaves_as_a_list_in_order_of_use(
        capacity in prop_oneof![1 => Just(0), 9 => 0..8_000_usize],
        calls in prop::collection::vec((0..6_usize, 0..500_usize, prop::bool::weighted(0.1)), 0..60),
    ) {
        let (cache, mut naive) = (PlanCache::new(capacity), Naive::default());
        for (graph, nodes, fails) in calls {
            let build = || if fails { Err(AttentionError::NoOffsets) } else { of_nodes(nodes) };
            match cache.get_or_build(&key(graph), build) {
                Ok(plan) => naive.record(graph, &plan, capacity)?,
                Err(_) => prop_assert!(fails && naive.held.iter().all(|(held, _)| *held != graph)),
            }
            let counts = cache.counts();
            let want = PlanCounts {
                plans: naive.held.len(),
                bytes: naive.bytes(),
                building: counts.building,
                saved: counts.saved,
                ..naive.counts
            };
            prop_assert_eq!(counts, want);
            prop_assert!(counts.bytes <= capacity);
        }
    }
}

#[test]
fn a_hit_saves_the_build_time_of_its_plan() {
    let cache = PlanCache::new(1 << 20);
    let slow = || {
        std::thread::sleep(Duration::from_millis(3));
        of_nodes(7)
    };
    let plans: Vec<_> = (0..4).map(|_| cache.get_or_build(&key(1), slow).unwrap()).collect();
    let counts = cache.counts();
    assert!(plans.iter().all(|plan| Arc::ptr_eq(plan, &plans[0])));
    assert_eq!((counts.misses, counts.hits, counts.saved), (1, 3, counts.building * 3));
    assert!(counts.building >= Duration::from_millis(3));
}

#[test]
fn two_threads_that_miss_together_both_build_and_get_the_plan_of_one() {
    let (cache, barrier) = (PlanCache::new(1 << 20), Barrier::new(2));
    // Each build waits for the other: if the lock were held while building, this would deadlock.
    let build = || {
        barrier.wait();
        of_nodes(5)
    };
    let [a, b] = std::thread::scope(|scope| {
        [(); 2]
            .map(|()| scope.spawn(|| cache.get_or_build(&key(1), build).unwrap()))
            .map(|thread| thread.join().unwrap())
    });
    assert!(Arc::ptr_eq(&a, &b));
    let counts = cache.counts();
    assert_eq!((counts.misses, counts.hits, counts.plans, counts.bytes), (2, 0, 1, a.bytes()));
}

#[test]
fn the_statistics_are_correct_under_many_threads() {
    let (threads, calls, capacity) = (8, 300, 3_000);
    let cache = PlanCache::new(capacity);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let cache = &cache;
            scope.spawn(move || {
                for call in 0..calls {
                    let graph = (thread * 31 + call * 17) % 11;
                    let plan = cache.get_or_build(&key(graph), || of_nodes(graph * 20)).unwrap();
                    assert_eq!(plan.nodes(), graph * 20);
                    assert!(cache.counts().bytes <= capacity);
                }
            });
        }
    });
    let counts = cache.counts();
    assert_eq!(counts.hits + counts.misses, (threads * calls) as u64);
    let held: Vec<_> = (0..11).map(|graph| of_nodes(graph * 20).unwrap().bytes()).collect();
    assert!(counts.plans > 0 && counts.bytes <= held.iter().sum());
}
