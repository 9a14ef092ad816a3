//! Plans: the problems that they match, their cache, and the codes that they share with the kernels.

mod cache;
mod codes;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use half::f16;
use ironforge::attention::lowering::{GraphView, Kernel, PlanCache, PlanCounts, PlanInputs};
use ironforge::attention::{
    Attention, AttentionBackend, AttentionError, BlockMask, CachedPlans, Cpu, Direction, FirstPlan, Inputs,
    Keys, Output, Plan, Tensor, TimeBias,
};
use ironforge::csr::CsrPattern;

/// The CPU backend with plans, which it builds, checks and counts but does not use.
#[derive(Default)]
pub struct Planning {
    pub built: AtomicUsize,
    pub planned: AtomicUsize,
}

impl Planning {
    pub fn counts(&self) -> [usize; 2] {
        [&self.built, &self.planned].map(|count| count.load(Ordering::Relaxed))
    }
}

impl AttentionBackend for Planning {
    fn name(&self) -> &'static str {
        "planning"
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        Cpu.forward(problem)
    }

    fn plan(&self, problem: &Attention<'_>) -> Result<Option<Plan>, AttentionError> {
        self.built.fetch_add(1, Ordering::Relaxed);
        Plan::new(&PlanInputs::of(problem)).map(Some)
    }

    fn forward_planned(&self, problem: &Attention<'_>, plan: &Arc<Plan>) -> Result<Output, AttentionError> {
        self.planned.fetch_add(1, Ordering::Relaxed);
        Cpu.forward_planned(problem, plan)
    }
}

const NODES: usize = 6;
const OFFSETS: [usize; 3] = [0, 4, NODES];
const T_MS: [i64; NODES] = [0, 60_000, 90_000, 300_000, 5, 10];
const ROW_PTR: [u32; NODES + 1] = [0, 1, 3, 5, 6, 7, 9];
const COL_IDX: [u32; 9] = [0, 0, 1, 1, 2, 3, 4, 4, 5];

/// A problem on two small graphs.
struct Small {
    values: Vec<f16>,
    heads: usize,
    bias: TimeBias,
    t_ms: [i64; NODES],
}

impl Small {
    fn new() -> Self {
        let values = (0..NODES * 8).map(|i| f16::from_f32(i as f32 / 16.0)).collect();
        Self { values, heads: 2, bias: TimeBias::Sqrt { scale_minutes: 0.5 }, t_ms: T_MS }
    }

    fn problem<'a>(&'a self, keys: Keys<'a>) -> Attention<'a> {
        let shape = [self.heads, self.values.len() / NODES / self.heads];
        let mut inputs = Inputs::new(shape, [Tensor::F16(&self.values); 3], &OFFSETS, keys);
        inputs.bias = self.bias.clone();
        inputs.t_ms = Some(&self.t_ms);
        Attention::new(inputs).unwrap()
    }
}

fn edges<'a>(row_ptr: &'a [u32], col_idx: &'a [u32]) -> Keys<'a> {
    Keys::Edges(CsrPattern::new(row_ptr, col_idx, NODES).unwrap())
}

fn view(graph: &str) -> GraphView {
    GraphView { graph: graph.into(), direction: Direction::Predecessors, self_loops: true }
}

#[test]
fn a_plan_is_refused_for_another_batch_and_the_error_names_the_part_that_differs() {
    let small = Small::new();
    let ours = edges(&ROW_PTR, &COL_IDX);
    let problem = small.problem(ours);
    let other_edge = [0, 0, 1, 0, 2, 3, 4, 4, 5];
    let other_bias = Small { bias: TimeBias::Sqrt { scale_minutes: 0.25 }, ..Small::new() };
    let later = Small { t_ms: T_MS.map(|t| t + 1), ..Small::new() };
    let wide = Small { heads: 4, ..Small::new() };
    for kernel in [Kernel::EdgeAttention, Kernel::BlockSparseAttention] {
        let plan = Plan::for_kernel(&PlanInputs::of(&problem), kernel).unwrap();
        plan.check(&problem).unwrap();
        plan.check(&wide.problem(ours)).unwrap();
        let refused = |what: &'static str, problem: &Attention<'_>| {
            assert_eq!(plan.check(problem), Err(AttentionError::PlanMismatch { what }), "{kernel}");
        };
        refused("keys", &small.problem(Keys::All));
        refused("keys", &small.problem(edges(&[0, 1, 3, 5, 6, 7, 8], &COL_IDX[..8])));
        refused("bias", &other_bias.problem(ours));
        refused("t_ms", &later.problem(ours));
        let mut one_graph = problem.inputs().clone();
        one_graph.offsets = &[0, NODES];
        refused("offsets", &Attention::new(one_graph).unwrap());
    }
    let listed = Plan::for_kernel(&PlanInputs::of(&problem), Kernel::EdgeAttention).unwrap();
    let swapped = small.problem(edges(&ROW_PTR, &other_edge));
    assert_eq!(listed.check(&swapped), Err(AttentionError::PlanMismatch { what: "keys" }));
    let text = Cpu.forward_planned(&swapped, &Arc::new(listed)).unwrap_err().to_string();
    assert_eq!(text, "the plan was built for other keys: build one for this problem, or run it without");

    let (lo, hi) = ([0, 0, 1, 1, 4, 4], [1, 2, 3, 4, 5, 6]);
    let ranges = Plan::new(&PlanInputs::of(&small.problem(Keys::Intervals { lo: &lo, hi: &hi }))).unwrap();
    let shifted = small.problem(Keys::Intervals { lo: &[0, 0, 1, 2, 4, 4], hi: &hi });
    assert_eq!(ranges.check(&shifted), Err(AttentionError::PlanMismatch { what: "keys" }));
}

#[test]
fn a_first_plan_is_built_once_and_refuses_another_batch() {
    let (small, planning) = (Small::new(), Planning::default());
    let one = FirstPlan::new(&planning);
    let problem = small.problem(edges(&ROW_PTR, &COL_IDX));
    for _ in 0..3 {
        assert_eq!(one.forward(&problem).unwrap(), Cpu.forward(&problem).unwrap());
    }
    assert_eq!((planning.counts(), one.name()), ([1, 3], "planning"));
    let other = one.forward(&small.problem(Keys::Causal));
    assert_eq!(other, Err(AttentionError::PlanMismatch { what: "keys" }));
    assert_eq!(FirstPlan::new(&Cpu).forward(&problem), Cpu.forward(&problem));
}

#[test]
fn every_configuration_has_its_own_plan() {
    let (small, cache, planning) = (Small::new(), PlanCache::new(1 << 20), Planning::default());
    let ours = edges(&ROW_PTR, &COL_IDX);
    let pattern = CsrPattern::new(&ROW_PTR, &COL_IDX, NODES).unwrap();
    let mask = BlockMask::new(&OFFSETS, pattern).unwrap();
    let others = [
        Small { bias: TimeBias::None, ..Small::new() },
        Small { bias: TimeBias::Sqrt { scale_minutes: 0.25 }, ..Small::new() },
        Small { bias: TimeBias::Buckets(vec![(0.0, 1.0, 0.5)]), ..Small::new() },
        Small { heads: 4, ..Small::new() },
    ];
    let both = GraphView { direction: Direction::Both, ..view("a") };
    let alone = GraphView { self_loops: false, ..view("a") };
    let mut problems: Vec<(GraphView, Attention<'_>)> =
        others.iter().map(|small| (view("a"), small.problem(ours))).collect();
    problems.extend([ours, Keys::Mask(&mask), Keys::Causal].map(|keys| (view("a"), small.problem(keys))));
    problems.extend([both, alone, view("b")].map(|view| (view, small.problem(ours))));
    for round in 1..=2 {
        for (view, problem) in &problems {
            let cached = CachedPlans::new(&planning, &cache, view.clone());
            assert_eq!(cached.forward(problem).unwrap(), Cpu.forward(problem).unwrap());
        }
        let (n, counts) = (problems.len(), cache.counts());
        assert_eq!((counts.misses, counts.hits), (n as u64, ((round - 1) * n) as u64));
        assert_eq!((planning.counts(), counts.plans), ([n, round * n], n));
    }
}

#[test]
fn a_backend_without_plans_does_not_use_the_cache() {
    let (small, cache) = (Small::new(), PlanCache::new(1 << 20));
    let problem = small.problem(Keys::Causal);
    let cached = CachedPlans::new(&Cpu, &cache, view("a"));
    assert_eq!(cached.forward(&problem), Cpu.forward(&problem));
    assert_eq!(cache.counts(), PlanCounts::default());
}
