//! The whole network: layers and heads.

use std::borrow::Cow;

use super::batch::{Batch, Scores};
use super::config::TgatConfig;
use super::error::TgatError;
use super::head::Head;
use super::layer::{HIDDEN, Layer};
use super::tensors::{Dim, FIXED, INPUT, Seeded, TensorSource, Visit};
use super::weights::{self, WeightsFile};
use crate::attention::{AttentionBackend, FirstPlan, SparseWeights};

/// Patterns that are scored, the original's number.
pub const PATTERNS: usize = 16;

/// Width inside the range head, the original's.
const RANGE_HIDDEN: usize = 32;

/// The whole network: attention layers, and the heads for patterns, significance and the session's range.
#[derive(Debug, Clone)]
pub struct Model {
    config: TgatConfig,
    input_dim: usize,
    /// All layers but the last.
    before: Vec<Layer>,
    last: Layer,
    pattern_classifier: Head,
    significance_scorer: Head,
    pub(super) range_head: Head,
    feature_stats: Option<FeatureStats>,
    trained: bool,
    ignored: Vec<String>,
}

/// Statistics of the features that the weights were trained on: features enter as `(x - mean) / (std + 1e-6)`.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureStats {
    /// Mean of each feature column, `[input_dim]`.
    pub mean: Vec<f32>,
    /// Population standard deviation of each feature column, `[input_dim]`, 0 or more.
    pub std: Vec<f32>,
}

impl Model {
    /// A network with random weights (Xavier-uniform, zero biases): untrained, and marked so.
    ///
    /// The same seed gives the same bits on every machine, and a tensor does not depend on which others there are.
    ///
    /// # Errors
    /// [`TgatError::Setting`] or [`TgatError::InputDim`] if there is no such network.
    pub fn seeded(config: &TgatConfig, input_dim: usize, seed: u64) -> Result<Self, TgatError> {
        Self::build(config, input_dim, &mut Seeded::new(seed))
    }

    /// Reads trained weights from the bytes of a safetensors file.
    ///
    /// Names and `[out, in]` shapes are the original's (`attention_layers.0.query.weight`, ...), with or without the
    /// prefix `w.`; F16 and BF16 are widened. Tensors that the original holds and never uses are listed in
    /// [`Model::ignored`]. `feature_mean` and `feature_std` `[input_dim]` may come along. A file that an untrained
    /// network was saved to says so and stays untrained.
    ///
    /// # Errors
    /// [`TgatError`] names the tensor that is unknown, absent, of another shape or not finite; or what is wrong with
    /// the file, which may be hostile.
    pub fn from_bytes(bytes: &[u8], config: &TgatConfig, input_dim: usize) -> Result<Self, TgatError> {
        let mut file = WeightsFile::parse(bytes)?;
        let mut model = Self::build(config, input_dim, &mut file)?;
        model.feature_stats = file.feature_stats(input_dim)?;
        model.trained = file.trained();
        model.ignored = file.finish(config)?;
        Ok(model)
    }

    fn build(
        config: &TgatConfig,
        input_dim: usize,
        source: &mut dyn TensorSource,
    ) -> Result<Self, TgatError> {
        config.validate()?;
        let hidden: Dim = (config.hidden_dim, HIDDEN);
        let mut layer = |i| {
            let inputs = if i == 0 { (input_dim, INPUT) } else { hidden };
            Layer::build(&format!("attention_layers.{i}."), i, inputs, config, source)
        };
        let last = config.num_layers - 1;
        let before = (0..last).map(&mut layer).collect::<Result<_, _>>()?;
        let last = layer(last)?;
        let part = |of: usize| (config.hidden_dim / of, HIDDEN);
        Ok(Self {
            before,
            last,
            pattern_classifier: Head::build(
                "pattern_classifier",
                3,
                [hidden, part(2), (PATTERNS, FIXED)],
                source,
            )?,
            significance_scorer: Head::build(
                "significance_scorer",
                2,
                [hidden, part(4), (1, FIXED)],
                source,
            )?,
            range_head: Head::build("range_head", 2, [hidden, (RANGE_HIDDEN, FIXED), (2, FIXED)], source)?,
            config: config.clone(),
            input_dim,
            feature_stats: None,
            trained: false,
            ignored: Vec::new(),
        })
    }

    /// The weights as a safetensors file, F32, with the names that [`Model::from_bytes`] reads, and whether they were
    /// trained. The same model gives the same bytes, and reading them gives the same bits back.
    ///
    /// # Errors
    /// [`TgatError::File`] if the format refuses them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, TgatError> {
        let mut tensors = Vec::new();
        self.visit(&mut |name, shape, values| tensors.push((name, shape, values)));
        weights::write(&tensors, self.trained)
    }

    fn visit<'m>(&'m self, visit: &mut Visit<'_, 'm>) {
        self.before.iter().for_each(|layer| layer.visit(visit));
        self.last.visit(visit);
        for head in [&self.pattern_classifier, &self.significance_scorer, &self.range_head] {
            head.visit(visit);
        }
        if let Some(FeatureStats { mean, std }) = &self.feature_stats {
            visit(weights::FEATURE_MEAN.to_owned(), vec![self.input_dim], mean);
            visit(weights::FEATURE_STD.to_owned(), vec![self.input_dim], std);
        }
    }

    /// The settings it was built from.
    pub fn config(&self) -> &TgatConfig {
        &self.config
    }

    /// Feature columns it takes.
    pub fn input_dim(&self) -> usize {
        self.input_dim
    }

    /// Whether its weights were trained. Results of an untrained network mean nothing, and carry this mark.
    pub fn trained(&self) -> bool {
        self.trained
    }

    /// Tensors of the weights file that the original holds and never uses, in the order of their names.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Statistics of the features that the weights bring, if they do.
    pub fn feature_stats(&self) -> Option<&FeatureStats> {
        self.feature_stats.as_ref()
    }

    /// The same network, bringing these statistics of its features.
    ///
    /// # Errors
    /// [`TgatError::Len`] if they are not `[input_dim]`, [`TgatError::Weight`] or [`TgatError::Deviation`] if a value
    /// is not finite or a deviation is negative.
    pub fn with_feature_stats(mut self, stats: FeatureStats) -> Result<Self, TgatError> {
        weights::check_stats(&stats, self.input_dim)?;
        self.feature_stats = Some(stats);
        Ok(self)
    }

    /// Embeddings and scores of every node of the batch. All layers run by one plan, where the backend builds any.
    ///
    /// # Errors
    /// As [`Layer::forward`].
    pub fn forward(&self, backend: &dyn AttentionBackend, batch: &Batch<'_>) -> Result<Scores, TgatError> {
        let backend = &FirstPlan::new(backend);
        let x = self.features_of_last(backend, batch)?;
        let embeddings = self.last.forward(backend, &Batch { x: &x, ..batch.clone() })?;
        self.scores(embeddings)
    }

    /// As [`Model::forward`], with the attention weights of the last layer: values on the pattern of the keys, never
    /// `[nodes, nodes]` unless every node sees every node.
    ///
    /// # Errors
    /// As [`Layer::forward`].
    pub fn forward_with_weights(
        &self,
        backend: &dyn AttentionBackend,
        batch: &Batch<'_>,
    ) -> Result<(Scores, SparseWeights), TgatError> {
        let backend = &FirstPlan::new(backend);
        let x = self.features_of_last(backend, batch)?;
        let (embeddings, weights) =
            self.last.forward_with_weights(backend, &Batch { x: &x, ..batch.clone() })?;
        Ok((self.scores(embeddings)?, weights))
    }

    /// What the last layer takes: the output of the layers before it.
    fn features_of_last<'a>(
        &self,
        backend: &dyn AttentionBackend,
        batch: &Batch<'a>,
    ) -> Result<Cow<'a, [f32]>, TgatError> {
        let mut x = Cow::Borrowed(batch.x);
        for layer in &self.before {
            x = Cow::Owned(layer.forward(backend, &Batch { x: &x, ..batch.clone() })?);
        }
        Ok(x)
    }

    fn scores(&self, embeddings: Vec<f32>) -> Result<Scores, TgatError> {
        Ok(Scores {
            pattern: self.pattern_classifier.scores(&embeddings)?,
            significance: self.significance_scorer.scores(&embeddings)?,
            embeddings,
            trained: self.trained,
        })
    }
}
