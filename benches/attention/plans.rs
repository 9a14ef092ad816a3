//! Plans: building one, finding it in a cache, and checking it against a problem.

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion};
use ironforge::attention::lowering::{GraphView, PlanCache, PlanInputs, PlanKey};
use ironforge::attention::{Accuracy, Attention, BlockMask, Direction, Keys, Plan};

use super::cases::{Case, Pattern, buckets};

pub fn benches(criterion: &mut Criterion) {
    let edges = Case::new(256, 512, [4, 16], Pattern::Last(4), buckets());
    let data = edges.data();
    time_plan(criterion, "g256_l512_k4", &data.problem(&edges, data.keys(edges.pattern), Accuracy::Exact));

    // Every other pair of nodes: no tile is full.
    let dense = Case::new(32, 512, [4, 16], Pattern::Tiles(100), buckets());
    let data = dense.data();
    let Keys::Edges(pattern) = data.keys(dense.pattern) else { return };
    let mask = BlockMask::new(&data.offsets, pattern).unwrap();
    for (form, keys) in [("edges", Keys::Edges(pattern)), ("mask", Keys::Mask(&mask))] {
        let problem = data.problem(&dense, keys, Accuracy::Exact);
        time_plan(criterion, &format!("g32_l512_dense_{form}"), &problem);
    }
}

fn time_plan(criterion: &mut Criterion, shape: &str, problem: &Attention<'_>) {
    let build = || Plan::new(&PlanInputs::of(problem));
    let view = GraphView { graph: shape.into(), direction: Direction::Predecessors, self_loops: true };
    let cache = PlanCache::new(1 << 30);
    let find = || cache.get_or_build(&PlanKey::new(&view, problem), build).unwrap();
    let plan = find();
    assert!(Arc::ptr_eq(&plan, &find()) && *plan == build().unwrap(), "{shape}");

    let mut group = criterion.benchmark_group("plan");
    group.sample_size(20);
    group.bench_function(BenchmarkId::new("build", shape), |b| b.iter(|| build().unwrap()));
    group.bench_function(BenchmarkId::new("hit", shape), |b| b.iter(find));
    group.bench_function(BenchmarkId::new("check", shape), |b| b.iter(|| plan.check(problem).unwrap()));
    group.finish();
}
