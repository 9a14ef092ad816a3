//! Runs the network over all sessions: computes embeddings and scores from features.

use std::io::Read as _;
use std::path::Path;

use rayon::prelude::*;

use super::features::FeatureSelection;
use super::graphs::SessionGraph;
use super::session_batch::{SessionBatch, SessionScores, chunks};
use crate::attention::CachedPlans;
use crate::attention::lowering::{GraphView, PlanCache, PlanCounts};
use crate::backend::SelectedBackend;
use crate::config::Config;
use crate::events::{self, FeatureInfo, Features, Standardised};
use crate::pipeline::error::Error;
use crate::pipeline::progress::Progress;
use crate::table::Session;
use crate::tgat::{MAX_FILE_BYTES, Model};

/// Results of the network stage.
pub(crate) struct NetworkOutput {
    /// Features of the nodes of each session.
    pub(crate) features: Vec<Features>,
    /// Descriptions of these features.
    pub(crate) info: Vec<FeatureInfo>,
    /// The feature set.
    pub(crate) selection: FeatureSelection,
    /// Moments that the features of each session were standardised with.
    pub(crate) moments: Vec<FeatureMoments>,
    /// Results of the nodes of each session.
    pub(crate) scores: Vec<SessionScores>,
    /// True for trained weights.
    pub(crate) trained: bool,
    /// True if the moments come from the weights file.
    pub(crate) moments_of_weights: bool,
    /// Tensors of the weights file that no layer uses.
    pub(crate) ignored_weights: Vec<String>,
    /// Name of the backend that ran attention.
    pub(crate) backend: String,
    /// Reason for the choice.
    pub(crate) backend_reason: String,
    /// Counters of the plan cache.
    pub(crate) plans: PlanCounts,
}

/// Mean and standard deviation that the features of a session were standardised with.
pub(crate) struct FeatureMoments {
    pub(crate) mean: Vec<f64>,
    pub(crate) std: Vec<f64>,
}

/// Runs the network over all sessions, with the weights of a file or seeded ones.
pub(crate) fn run_network(
    sessions: &[Session],
    graphs: &[SessionGraph],
    config: &Config,
    weights: Option<&Path>,
    chosen: SelectedBackend,
    progress: &dyn Progress,
) -> Result<NetworkOutput, Error> {
    let selection = FeatureSelection::new(sessions, config.session.features)?;
    let features = selection.nodes(sessions)?;
    let info = features.first().map(|f| f.info.clone()).unwrap_or_default();
    let model = match weights {
        Some(path) => {
            let bytes = weights_bytes(path).map_err(|e| Error::input(path, e))?;
            let located = |error| Error::Weights { path: path_text(weights), error: Box::new(error) };
            Model::from_bytes(&bytes, &config.tgat, info.len()).map_err(located)?
        }
        None => Model::seeded(&config.tgat, info.len(), config.seed)?,
    };
    let widened = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    let of_weights = model.feature_stats().map(|stats| (widened(&stats.mean), widened(&stats.std)));
    let mut scores = Vec::with_capacity(sessions.len());
    let mut moments = Vec::with_capacity(sessions.len());
    let plans = PlanCache::new(config.attention.plan_cache_bytes());
    for chunk in chunks(sessions, &config.limits) {
        let standardised: Vec<Standardised> = features[chunk.clone()]
            .par_iter()
            .map(|f| match &of_weights {
                Some((mean, std)) => events::standardise_with(f, mean, std),
                None => Ok(events::standardise(f)),
            })
            .collect::<Result<_, _>>()
            .map_err(|error| Error::Statistics { path: path_text(weights), error })?;
        let done = chunk.end;
        let view = GraphView {
            // Session ids are unique in a run, so the first id of a chunk identifies the chunk.
            graph: sessions[chunk.start].id.as_str().into(),
            direction: config.attention.direction,
            self_loops: config.attention.self_loops,
        };
        let backend = CachedPlans::new(chosen.backend.as_ref(), &plans, view);
        let x = standardised.iter().map(|s| s.x.as_slice());
        let batch = SessionBatch::new(&sessions[chunk.clone()], &graphs[chunk], x, &config.attention)?;
        scores.extend(batch.forward(&model, &backend, &config.attention)?);
        moments.extend(standardised.into_iter().map(|s| FeatureMoments { mean: s.mean, std: s.std }));
        progress.step(done as u64, sessions.len() as u64);
    }
    Ok(NetworkOutput {
        info,
        features,
        selection,
        moments,
        scores,
        trained: model.trained(),
        moments_of_weights: of_weights.is_some(),
        ignored_weights: model.ignored().to_vec(),
        backend: chosen.used,
        backend_reason: chosen.reason,
        plans: plans.counts(),
    })
}

/// The bytes of a weights file, at most one more than the size limit, which the network then refuses.
fn weights_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn path_text(weights: Option<&Path>) -> String {
    weights.map(|path| path.display().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::{Attention, AttentionBackend, AttentionError, Cpu, Output, Plan};
    use crate::backend::Device;
    use crate::pipeline::progress::Silent;
    use crate::pipeline::stages::build_graphs;
    use crate::scale::TimeScale;

    /// The CPU backend, with plans that are built and not used.
    struct PlanningCpu;

    impl AttentionBackend for PlanningCpu {
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
    fn layers_reuse_the_plan_of_the_first_layer_if_the_cache_can_hold_it() {
        let sessions = events::sample(events::TieOrder::Source);
        let embedded = |backend: Box<dyn AttentionBackend>, mb: u32| {
            let mut config = Config::default();
            config.tgat.num_layers = 3;
            config.attention.plan_cache_mb = mb;
            let links = config.dag.resolved(TimeScale::NoGap).unwrap();
            let graphs = build_graphs(&sessions, &config.dag, &links, &config.limits).unwrap();
            let (used, reason) = (backend.name().to_owned(), String::new());
            let chosen = SelectedBackend { backend, used, device: Device::Cpu, reason };
            run_network(&sessions, &graphs, &config, None, chosen, &Silent).unwrap()
        };
        let [plain, kept, none] = [
            embedded(Box::new(Cpu), 64),
            embedded(Box::new(PlanningCpu), 64),
            embedded(Box::new(PlanningCpu), 0),
        ];
        assert_eq!(plain.plans, PlanCounts::default());
        assert_eq!((kept.plans.misses, kept.plans.hits, kept.plans.evictions), (1, 2, 0));
        assert!(kept.plans.bytes > 0 && kept.plans.saved == kept.plans.building * 2, "{:?}", kept.plans);
        assert_eq!((none.plans.misses, none.plans.hits, none.plans.bytes), (3, 0, 0));
        for other in [&kept, &none] {
            assert!(plain.scores.iter().zip(&other.scores).all(|(a, b)| a.embeddings == b.embeddings));
        }
    }
}
