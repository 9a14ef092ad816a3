//! Features in, embeddings and scores out.

use std::io::Read as _;
use std::path::Path;

use rayon::prelude::*;

use super::graphs::SessionGraph;
use super::seen::{self, Seen};
use super::{Progress, features};
use crate::attention::lowering::{GraphView, Half, PlanCache, PlanCounts};
use crate::attention::{AttentionBackend, CachedPlans};
use crate::backend::{ProblemSize, SelectedBackend, Workload};
use crate::config::Config;
use crate::error::Error;
use crate::events::{self, FeatureInfo, Features, Standardised};
use crate::table::Session;
use crate::tgat::{Batch, MAX_FILE_BYTES, Model, Precision};

/// Sessions are run together until a chunk holds this many nodes: enough to fill the cores, little enough to bound
/// memory. The results of a session do not depend on its chunk.
pub(super) const CHUNK_NODES: usize = 32_768;

/// Everything the network gives, per session.
pub(super) struct Embedded {
    pub features: Vec<Features>,
    pub info: Vec<FeatureInfo>,
    /// Which features these are.
    pub set: features::Chosen,
    pub stats: Vec<Statistics>,
    pub scores: Vec<SessionScores>,
    pub trained: bool,
    pub weights_bring_statistics: bool,
    pub ignored_weights: Vec<String>,
    pub device: (String, String),
    pub plans: PlanCounts,
}

/// Mean and standard deviation a session's features were standardised with.
pub(super) struct Statistics {
    pub mean: Vec<f64>,
    pub std: Vec<f64>,
}

/// What the network says of one session's nodes.
pub(super) struct SessionScores {
    /// `[nodes, hidden]`.
    pub embeddings: Vec<f32>,
    /// `[nodes, patterns]`.
    pub pattern: Vec<f32>,
    /// `[nodes]`.
    pub significance: Vec<f32>,
}

/// What attention of all layers and sessions takes.
pub(super) fn work(sessions: &[Session], graphs: &[SessionGraph], config: &Config) -> Workload {
    let (tgat, attention) = (&config.tgat, &config.attention);
    let chunks: Vec<ProblemSize> = chunks(sessions, config)
        .into_iter()
        .map(|chunk| {
            let lens = sessions[chunk.clone()].iter().map(|s| s.events.len());
            let edges = graphs[chunk].iter().map(|g| g.dag.pattern().nnz()).sum();
            seen::size(lens, edges, attention)
        })
        .collect();
    let total = chunks.iter().copied().fold(ProblemSize::default(), ProblemSize::plus);
    Workload {
        calls: chunks.len() * tgat.num_layers,
        total: total.times(tgat.num_layers),
        largest: chunks.iter().copied().fold(ProblemSize::default(), ProblemSize::or),
        heads: tgat.num_heads,
        head_dim: tgat.hidden_dim / tgat.num_heads,
        half: match tgat.precision {
            Precision::F16 => Some(Half::F16),
            Precision::Bf16 => Some(Half::Bf16),
            Precision::F32 => None,
        },
        accuracy: attention.accuracy,
        buckets: attention.buckets.len(),
    }
}

/// Runs the network over all sessions.
pub(super) fn run(
    sessions: &[Session],
    graphs: &[SessionGraph],
    config: &Config,
    weights: Option<&Path>,
    chosen: SelectedBackend,
    progress: &dyn Progress,
) -> Result<Embedded, Error> {
    let set = features::Chosen::of(sessions, config)?;
    let features = set.nodes(sessions)?;
    let info = features.first().map(|f| f.info.clone()).unwrap_or_default();
    let model = match weights {
        Some(path) => {
            let bytes = bounded(path).map_err(|e| Error::input(path, e))?;
            let located = |error| Error::Weights { path: name(weights), error };
            Model::from_bytes(&bytes, &config.tgat, info.len()).map_err(located)?
        }
        None => Model::seeded(&config.tgat, info.len(), config.seed)?,
    };
    let widened = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    let brought = model.feature_stats().map(|stats| (widened(&stats.mean), widened(&stats.std)));
    let mut scores = Vec::with_capacity(sessions.len());
    let mut stats = Vec::with_capacity(sessions.len());
    let plans = PlanCache::new(config.attention.plan_cache_bytes());
    for chunk in chunks(sessions, config) {
        let standardised: Vec<Standardised> = features[chunk.clone()]
            .par_iter()
            .map(|f| match &brought {
                Some((mean, std)) => events::standardise_with(f, mean, std),
                None => Ok(events::standardise(f)),
            })
            .collect::<Result<_, _>>()
            .map_err(|error| Error::Statistics { path: name(weights), error })?;
        let done = chunk.end;
        let view = GraphView {
            // Ids are unique in a run, and so is the chunk that starts with one.
            graph: sessions[chunk.start].id.as_str().into(),
            direction: config.attention.direction,
            self_loops: config.attention.self_loops,
        };
        let backend = CachedPlans::new(chosen.backend.as_ref(), &plans, view);
        let x = standardised.iter().map(|s| s.x.as_slice());
        let joined = Joined::new(&sessions[chunk.clone()], &graphs[chunk], x, config)?;
        scores.extend(joined.forward(&model, &backend, config)?);
        stats.extend(standardised.into_iter().map(|s| Statistics { mean: s.mean, std: s.std }));
        progress.step(done as u64, sessions.len() as u64);
    }
    Ok(Embedded {
        info,
        features,
        set,
        stats,
        scores,
        trained: model.trained(),
        weights_bring_statistics: brought.is_some(),
        ignored_weights: model.ignored().to_vec(),
        device: (chosen.used, chosen.reason),
        plans: plans.counts(),
    })
}

/// The bytes of a weights file; of one that is too large, enough for the network to refuse it.
fn bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn name(weights: Option<&Path>) -> String {
    weights.map(|path| path.display().to_string()).unwrap_or_default()
}

/// Consecutive sessions of at most [`CHUNK_NODES`] nodes together and no more than may run at once, at least one a
/// chunk.
fn chunks(sessions: &[Session], config: &Config) -> Vec<std::ops::Range<usize>> {
    let mut chunks: Vec<std::ops::Range<usize>> = Vec::new();
    let most = config.at_once(sessions.len());
    let mut nodes = 0;
    for (i, session) in sessions.iter().enumerate() {
        nodes += session.events.len();
        match chunks.last_mut() {
            Some(last) if nodes <= CHUNK_NODES && last.len() < most => last.end = i + 1,
            _ => {
                chunks.push(i..i + 1);
                nodes = session.events.len();
            }
        }
    }
    chunks
}

/// Sessions back to back, as attention takes them.
struct Joined {
    x: Vec<f32>,
    offsets: Vec<usize>,
    t_ms: Vec<i64>,
    seen: Seen,
}

impl Joined {
    fn new<'a>(
        sessions: &[Session],
        graphs: &[SessionGraph],
        x: impl Iterator<Item = &'a [f32]>,
        config: &Config,
    ) -> Result<Self, Error> {
        let (mut offsets, mut t_ms) = (vec![0], Vec::new());
        for session in sessions {
            t_ms.extend(&session.events.t_ms);
            offsets.push(t_ms.len());
        }
        let seen = Seen::new(graphs, &offsets, &config.attention)?;
        Ok(Self { x: x.collect::<Vec<_>>().concat(), offsets, t_ms, seen })
    }

    fn forward(
        &self,
        model: &Model,
        backend: &dyn AttentionBackend,
        config: &Config,
    ) -> Result<Vec<SessionScores>, Error> {
        let nodes = self.t_ms.len();
        let batch = Batch {
            x: &self.x,
            offsets: &self.offsets,
            keys: self.seen.keys(nodes),
            t_ms: Some(&self.t_ms),
            bias: config.attention.time_bias()?,
            empty_row: config.attention.empty_row,
            accuracy: config.attention.accuracy,
            non_finite: config.attention.non_finite,
        };
        let scores = model.forward(backend, &batch)?;
        let split = |values: &[f32], from: usize, to: usize| {
            let width = values.len() / nodes.max(1);
            values[from * width..to * width].to_vec()
        };
        let parts = self.offsets.windows(2).map(|w| SessionScores {
            embeddings: split(&scores.embeddings, w[0], w[1]),
            pattern: split(&scores.pattern, w[0], w[1]),
            significance: split(&scores.significance, w[0], w[1]),
        });
        Ok(parts.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Silent, graphs};
    use super::*;
    use crate::attention::{Attention, AttentionError, Cpu, Output, Plan};
    use crate::backend::Device;

    /// The CPU, with plans that it checks and does not need.
    struct Planning;

    impl AttentionBackend for Planning {
        fn name(&self) -> &'static str {
            "planning"
        }

        fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
            Cpu.forward(problem)
        }

        fn plan(&self, problem: &Attention<'_>) -> Result<Option<Plan>, AttentionError> {
            Plan::new(&crate::attention::lowering::PlanInputs::of(problem)).map(Some)
        }
    }

    #[test]
    fn layers_find_the_plan_of_the_first_where_there_is_room_for_it() {
        let sessions = events::sample();
        let embedded = |backend: Box<dyn AttentionBackend>, mb: u32| {
            let mut config = Config::default();
            config.tgat.num_layers = 3;
            config.attention.plan_cache_mb = mb;
            let graphs = graphs::build(&sessions, &config).unwrap();
            let (used, reason) = (backend.name().to_owned(), String::new());
            let chosen = SelectedBackend { backend, used, device: Device::Cpu, reason };
            run(&sessions, &graphs, &config, None, chosen, &Silent).unwrap()
        };
        let [plain, kept, none] =
            [embedded(Box::new(Cpu), 64), embedded(Box::new(Planning), 64), embedded(Box::new(Planning), 0)];
        assert_eq!(plain.plans, PlanCounts::default());
        assert_eq!((kept.plans.misses, kept.plans.hits, kept.plans.evictions), (1, 2, 0));
        assert!(kept.plans.bytes > 0 && kept.plans.saved == kept.plans.building * 2, "{:?}", kept.plans);
        assert_eq!((none.plans.misses, none.plans.hits, none.plans.bytes), (3, 0, 0));
        for other in [&kept, &none] {
            assert!(plain.scores.iter().zip(&other.scores).all(|(a, b)| a.embeddings == b.embeddings));
        }
    }
}
