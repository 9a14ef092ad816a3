//! Plans kept between calls, least recently used evicted first.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::plan::Plan;
use super::plan_match::KeySource;
use crate::attention::{Attention, Direction};

/// Graphs and their attention pattern, identified by the caller. An id denotes the same batch of graphs and times for
/// the lifetime of the cache.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GraphView {
    /// The caller's id of the graphs.
    pub graph: Arc<str>,
    /// Direction of attention along an edge.
    pub direction: Direction,
    /// True if each node attends to itself.
    pub self_loops: bool,
}

/// Key of a plan: a view of graphs, and everything else of a problem that its plan depends on. Attention pattern
/// and times are represented by the id of the graphs; comparing them would cost as much as building the plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlanKey {
    view: GraphView,
    bias: (&'static str, Vec<u32>),
    key_source: KeySource,
    /// Numbers of graphs, nodes, heads and head dimension.
    shape: [usize; 4],
    dtype: &'static str,
}

impl PlanKey {
    /// The key of the plan of a problem on these graphs. O(buckets of the bias).
    pub fn new(view: &GraphView, problem: &Attention<'_>) -> Self {
        let inputs = problem.inputs();
        Self {
            view: view.clone(),
            bias: (inputs.bias.name(), inputs.bias.parameter_bits()),
            key_source: KeySource::of(&inputs.keys),
            shape: [problem.graphs(), problem.nodes(), inputs.heads, inputs.head_dim],
            dtype: inputs.q.dtype(),
        }
    }
}

/// Statistics of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlanCounts {
    /// Number of lookups that found a plan.
    pub hits: u64,
    /// Number of plans built.
    pub misses: u64,
    /// Number of plans evicted.
    pub evictions: u64,
    /// Number of plans in the cache.
    pub plans: usize,
    /// Bytes of the plans in the cache, by [`Plan::bytes`].
    pub bytes: usize,
    /// Time spent building plans.
    pub building: Duration,
    /// Time that the hits saved: the build times of the plans found.
    pub saved: Duration,
}

/// Plans kept between calls, up to a number of bytes; the least recently used are evicted first.
///
/// Any number of threads may use it. The lock is not held while a plan is built, so two threads that miss one plan
/// at the same time both build it (two misses); the first to finish is kept, and both get it.
///
/// ```
/// use ironforge::attention::lowering::{GraphView, PlanCache, PlanInputs, PlanKey};
/// use ironforge::attention::{Attention, Direction, Inputs, Keys, Plan, Tensor};
///
/// let x = [half::f16::ONE; 2 * 4];
/// let problem = Attention::new(Inputs::new([1, 4], [Tensor::F16(&x); 3], &[0, 2], Keys::Causal)).unwrap();
/// let view = GraphView { graph: "a".into(), direction: Direction::Predecessors, self_loops: true };
/// let cache = PlanCache::new(1 << 20);
/// for _ in 0..2 {
///     let key = PlanKey::new(&view, &problem);
///     cache.get_or_build(&key, || Plan::new(&PlanInputs::of(&problem))).unwrap();
/// }
/// assert_eq!((cache.counts().misses, cache.counts().hits), (1, 1));
/// ```
#[derive(Debug)]
pub struct PlanCache {
    capacity_bytes: usize,
    held: Mutex<CacheState>,
}

impl PlanCache {
    /// An empty cache for plans of at most `capacity_bytes` bytes in total; with 0 it keeps nothing.
    pub fn new(capacity_bytes: usize) -> Self {
        Self { capacity_bytes, held: Mutex::default() }
    }

    /// Capacity, bytes.
    pub fn capacity_bytes(&self) -> usize {
        self.capacity_bytes
    }

    /// Statistics so far.
    pub fn counts(&self) -> PlanCounts {
        self.lock().counts
    }

    /// The plan of this key, built if it is not cached. A plan larger than the whole cache is not kept.
    /// O(log plans) for a cached plan.
    ///
    /// # Errors
    /// Those of `build`; a failed build is not counted.
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

    /// The plan of this key if it is cached, counted as a hit.
    pub(crate) fn get(&self, key: &PlanKey) -> Option<Arc<Plan>> {
        let mut held = self.lock();
        let kept = held.plans.get(key)?;
        let (plan, took) = (Arc::clone(&kept.plan), kept.took);
        held.counts.hits += 1;
        held.counts.saved += took;
        held.touch(key);
        Some(plan)
    }

    /// Counts a miss, and caches a plan that took `took` to build. Returns the cached plan, which another thread may
    /// have added first.
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
            held.evict_to(self.capacity_bytes - bytes);
            held.insert(key, CacheEntry { plan: Arc::clone(&plan), bytes, took, last_use: 0 });
        }
        plan
    }

    /// The state. A poisoned lock is accepted: nothing that can panic runs while it is held, so the state is
    /// consistent.
    fn lock(&self) -> MutexGuard<'_, CacheState> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The plans and the order of their last use.
#[derive(Debug, Default)]
struct CacheState {
    plans: HashMap<PlanKey, CacheEntry>,
    /// One entry per plan, keyed by [`CacheEntry::last_use`].
    order: BTreeMap<u64, PlanKey>,
    /// Number of uses so far: a clock for [`CacheEntry::last_use`].
    uses: u64,
    counts: PlanCounts,
}

#[derive(Debug)]
struct CacheEntry {
    plan: Arc<Plan>,
    bytes: usize,
    /// Time that the plan took to build.
    took: Duration,
    /// Value of [`CacheState::uses`] at its last use.
    last_use: u64,
}

impl CacheState {
    /// Makes the plan of this key the most recently used.
    fn touch(&mut self, key: &PlanKey) {
        let Some(kept) = self.plans.get_mut(key) else { return };
        self.uses += 1;
        self.order.remove(&kept.last_use);
        self.order.insert(self.uses, key.clone());
        kept.last_use = self.uses;
    }

    fn insert(&mut self, key: &PlanKey, kept: CacheEntry) {
        self.counts.plans += 1;
        self.counts.bytes += kept.bytes;
        self.plans.insert(key.clone(), kept);
        self.touch(key);
    }

    /// Evicts plans until the rest take at most `bytes` bytes.
    fn evict_to(&mut self, bytes: usize) {
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
