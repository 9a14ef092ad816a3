//! Plans kept between calls: those used longest ago go first.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::fit::Source;
use super::{Attention, Plan, TimeBias};
use crate::attention::Direction;

/// Which graphs, and who reads whom in them, in the caller's words. One id stands for one batch of graphs with their
/// times, for as long as the cache lives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GraphView {
    /// The caller's id of the graphs.
    pub graph: Arc<str>,
    /// Who reads whom along an edge.
    pub direction: Direction,
    /// Whether each node sees itself.
    pub self_loops: bool,
}

/// The name of a plan: a view of graphs, and what else of a problem shapes its plan. The keys and times themselves are
/// not looked at, which would cost as much as building the plan: the id stands for them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlanKey {
    view: GraphView,
    bias: (&'static str, Vec<u32>),
    source: Source,
    /// Graphs, nodes, heads and head dimension.
    shape: [usize; 4],
    dtype: &'static str,
}

impl PlanKey {
    /// The name of the plan of a problem on these graphs. O(buckets of the bias).
    pub fn new(view: &GraphView, problem: &Attention<'_>) -> Self {
        let inputs = problem.inputs();
        let parameters = match &inputs.bias {
            TimeBias::None => vec![],
            TimeBias::Sqrt { scale_minutes } => vec![scale_minutes.to_bits()],
            TimeBias::Buckets(buckets) => {
                buckets.iter().flat_map(|&(lo, hi, weight)| [lo, hi, weight].map(f32::to_bits)).collect()
            }
        };
        Self {
            view: view.clone(),
            bias: (inputs.bias.name(), parameters),
            source: Source::of(&inputs.keys),
            shape: [problem.graphs(), problem.nodes(), inputs.heads, inputs.head_dim],
            dtype: inputs.q.dtype(),
        }
    }
}

/// What a cache did and holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlanCounts {
    /// Plans found.
    pub hits: u64,
    /// Plans built.
    pub misses: u64,
    /// Plans given up to make room.
    pub evictions: u64,
    /// Plans held.
    pub plans: usize,
    /// Their bytes, by [`Plan::bytes`].
    pub bytes: usize,
    /// Time spent building.
    pub building: Duration,
    /// Time that the plans found had taken to build.
    pub saved: Duration,
}

/// Plans kept between calls, up to a number of bytes; the least recently used go first.
///
/// Any number of threads may use it. Nobody waits while a plan is built, so two threads that miss one plan together
/// both build it (two misses); the first to be done is kept, and both get it.
#[derive(Debug)]
pub struct PlanCache {
    capacity_bytes: usize,
    held: Mutex<Held>,
}

impl PlanCache {
    /// A cache that holds plans of at most so many bytes together. With 0 it keeps nothing.
    pub fn new(capacity_bytes: usize) -> Self {
        Self { capacity_bytes, held: Mutex::default() }
    }

    /// Most bytes it holds.
    pub fn capacity_bytes(&self) -> usize {
        self.capacity_bytes
    }

    /// What it did so far, and what it holds.
    pub fn counts(&self) -> PlanCounts {
        self.lock().counts
    }

    /// The plan of this name, built if it is not held. One that is larger than the whole cache is not kept.
    /// O(log plans) for a plan that is held.
    ///
    /// # Errors
    /// What `build` says; then nothing is counted.
    pub fn get_or_build<E>(
        &self,
        key: &PlanKey,
        build: impl FnOnce() -> Result<Plan, E>,
    ) -> Result<Arc<Plan>, E> {
        if let Some(plan) = self.get(key) {
            return Ok(plan);
        }
        let since = Instant::now();
        let plan = build()?;
        Ok(self.keep(key, plan, since.elapsed()))
    }

    /// The plan of this name if it is held, counted as a hit.
    pub(crate) fn get(&self, key: &PlanKey) -> Option<Arc<Plan>> {
        let mut held = self.lock();
        let kept = held.plans.get(key)?;
        let (plan, took) = (Arc::clone(&kept.plan), kept.took);
        held.counts.hits += 1;
        held.counts.saved += took;
        held.touch(key);
        Some(plan)
    }

    /// Counts a miss and keeps the plan that took so long to build. Gives the one held, which another thread may have
    /// brought first.
    pub(crate) fn keep(&self, key: &PlanKey, plan: Plan, took: Duration) -> Arc<Plan> {
        let plan = Arc::new(plan);
        let mut held = self.lock();
        held.counts.misses += 1;
        held.counts.building += took;
        if let Some(first) = held.plans.get(key).map(|kept| Arc::clone(&kept.plan)) {
            held.touch(key);
            return first;
        }
        let bytes = plan.bytes();
        if bytes <= self.capacity_bytes {
            held.make_room(self.capacity_bytes - bytes);
            held.insert(key, Kept { plan: Arc::clone(&plan), bytes, took, used: 0 });
        }
        plan
    }

    /// A panic elsewhere cannot leave it half changed: nothing that may panic runs under the lock.
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The plans, and the order of their last use.
#[derive(Debug, Default)]
struct Held {
    plans: HashMap<PlanKey, Kept>,
    /// One entry a plan, under [`Kept::used`].
    order: BTreeMap<u64, PlanKey>,
    uses: u64,
    counts: PlanCounts,
}

#[derive(Debug)]
struct Kept {
    plan: Arc<Plan>,
    bytes: usize,
    /// Time it took to build.
    took: Duration,
    /// Number of its last use.
    used: u64,
}

impl Held {
    /// Makes the plan of this name the one used last.
    fn touch(&mut self, key: &PlanKey) {
        let Some(kept) = self.plans.get_mut(key) else { return };
        self.uses += 1;
        self.order.remove(&kept.used);
        self.order.insert(self.uses, key.clone());
        kept.used = self.uses;
    }

    fn insert(&mut self, key: &PlanKey, kept: Kept) {
        self.counts.plans += 1;
        self.counts.bytes += kept.bytes;
        self.plans.insert(key.clone(), kept);
        self.touch(key);
    }

    /// Gives up plans until the rest take no more than so many bytes.
    fn make_room(&mut self, bytes: usize) {
        while self.counts.bytes > bytes {
            let Some((_, key)) = self.order.pop_first() else { return };
            if let Some(kept) = self.plans.remove(&key) {
                self.counts.bytes -= kept.bytes;
                self.counts.plans -= 1;
                self.counts.evictions += 1;
            }
        }
    }
}
