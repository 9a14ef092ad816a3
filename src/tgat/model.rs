//! The whole network: layers and output heads.

use std::borrow::Cow;

use super::batch::{Batch, Scores};
use super::config::TgatConfig;
use super::error::TgatError;
use super::feature_stats::{FEATURE_MEAN, FEATURE_STD, FeatureStats};
use super::head::OutputHead;
use super::layer::{HIDDEN, Layer};
use super::tensor_source::{Dim, FIXED, INPUT, SeededTensors, TensorSource, TensorVisitor};
use super::weights::{WeightsFile, write};
use crate::attention::{AttentionBackend, FirstPlan, SparseWeights};

/// Number of pattern scores per node.
pub const PATTERNS: usize = 16;

/// Hidden width of the range head.
const RANGE_HIDDEN: usize = 32;

/// The whole network: attention layers, and the output heads for patterns, significance and the session's range.
///
/// ```
/// use ironforge::attention::{Keys, Reference};
/// use ironforge::tgat::{Batch, Model, TgatConfig};
///
/// // One graph of 3 nodes with 2 features each; every node attends to every node.
/// let model = Model::seeded(&TgatConfig::default(), 2, 42)?;
/// let batch = Batch::new(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], &[0, 3], Keys::All);
/// let scores = model.forward(&Reference, &batch)?;
/// assert_eq!((scores.embeddings.len(), scores.trained), (3 * 44, false));
///
/// // Saved weights read back bit for bit.
/// let again = Model::from_bytes(&model.to_bytes()?, &TgatConfig::default(), 2)?;
/// assert_eq!(again.forward(&Reference, &batch)?, scores);
/// # Ok::<(), ironforge::tgat::TgatError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Model {
    config: TgatConfig,
    input_dim: usize,
    /// All layers but the last.
    inner_layers: Vec<Layer>,
    last_layer: Layer,
    pattern_classifier: OutputHead,
    significance_scorer: OutputHead,
    pub(super) range_head: OutputHead,
    feature_stats: Option<FeatureStats>,
    trained: bool,
    ignored: Vec<String>,
}

impl Model {
    /// A network with random weights (Xavier-uniform, zero biases), marked untrained.
    ///
    /// The same seed gives the same bits on every platform, and each tensor depends only on the seed, its name and
    /// its shape.
    ///
    /// # Errors
    /// [`TgatError::Setting`] or [`TgatError::InputDim`] if a size is out of range.
    pub fn seeded(config: &TgatConfig, input_dim: usize, seed: u64) -> Result<Self, TgatError> {
        Self::build(config, input_dim, &mut SeededTensors::new(seed))
    }

    /// A network with the weights of a safetensors file ([`weights`](super::weights) documents the format). They
    /// count as trained unless the metadata of the file says otherwise.
    ///
    /// # Errors
    /// [`TgatError`] with the tensor that is unknown, missing, of the wrong shape or dtype, or not finite; or with
    /// the fault of the file, which is untrusted.
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
        let inner_layers = (0..last).map(&mut layer).collect::<Result<_, _>>()?;
        let last_layer = layer(last)?;
        let hidden_over = |divisor: usize| (config.hidden_dim / divisor, HIDDEN);
        Ok(Self {
            inner_layers,
            last_layer,
            pattern_classifier: OutputHead::build(
                "pattern_classifier",
                3,
                [hidden, hidden_over(2), (PATTERNS, FIXED)],
                source,
            )?,
            significance_scorer: OutputHead::build(
                "significance_scorer",
                2,
                [hidden, hidden_over(4), (1, FIXED)],
                source,
            )?,
            range_head: OutputHead::build(
                "range_head",
                2,
                [hidden, (RANGE_HIDDEN, FIXED), (2, FIXED)],
                source,
            )?,
            config: config.clone(),
            input_dim,
            feature_stats: None,
            trained: false,
            ignored: Vec::new(),
        })
    }

    /// The weights as a safetensors file in F32 ([`weights`](super::weights) documents the format), with the metadata
    /// `trained`. The same model gives the same bytes, and [`Model::from_bytes`] restores the same bits.
    ///
    /// # Errors
    /// [`TgatError::File`] if the format refuses them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, TgatError> {
        let mut tensors = Vec::new();
        self.visit(&mut |name, shape, values| tensors.push((name, shape, values)));
        write(&tensors, self.trained)
    }

    fn visit<'m>(&'m self, visit: &mut TensorVisitor<'_, 'm>) {
        self.inner_layers.iter().for_each(|layer| layer.visit(visit));
        self.last_layer.visit(visit);
        for head in [&self.pattern_classifier, &self.significance_scorer, &self.range_head] {
            head.visit(visit);
        }
        if let Some(FeatureStats { mean, std }) = &self.feature_stats {
            visit(FEATURE_MEAN.to_owned(), vec![self.input_dim], mean);
            visit(FEATURE_STD.to_owned(), vec![self.input_dim], std);
        }
    }

    /// The settings of the network.
    pub fn config(&self) -> &TgatConfig {
        &self.config
    }

    /// Number of feature columns.
    pub fn input_dim(&self) -> usize {
        self.input_dim
    }

    /// True if the weights are trained. Results of an untrained network are meaningless; they carry this flag.
    pub fn trained(&self) -> bool {
        self.trained
    }

    /// Names of the tensors of the weights file that are known and not used, sorted.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Statistics of the features that the weights were trained on, if the file has them.
    pub fn feature_stats(&self) -> Option<&FeatureStats> {
        self.feature_stats.as_ref()
    }

    /// The same network with these statistics of the training features.
    ///
    /// # Errors
    /// [`TgatError::Len`] if they are not `[input_dim]`, [`TgatError::Weight`] or [`TgatError::Deviation`] if a value
    /// is not finite or a deviation is negative.
    pub fn with_feature_stats(mut self, stats: FeatureStats) -> Result<Self, TgatError> {
        stats.check(self.input_dim)?;
        self.feature_stats = Some(stats);
        Ok(self)
    }

    /// Embeddings and scores of every node of the batch. All layers share one attention plan, if the backend builds
    /// plans.
    ///
    /// # Errors
    /// Those of [`Layer::forward`].
    pub fn forward(&self, backend: &dyn AttentionBackend, batch: &Batch<'_>) -> Result<Scores, TgatError> {
        let backend = &FirstPlan::new(backend);
        let x = self.input_of_last(backend, batch)?;
        let embeddings = self.last_layer.forward(backend, &Batch { x: &x, ..batch.clone() })?;
        self.scores(embeddings)
    }

    /// As [`Model::forward`], with the attention weights of the last layer, in sparse form: one value per key and
    /// head.
    ///
    /// # Errors
    /// Those of [`Layer::forward`].
    pub fn forward_with_weights(
        &self,
        backend: &dyn AttentionBackend,
        batch: &Batch<'_>,
    ) -> Result<(Scores, SparseWeights), TgatError> {
        let backend = &FirstPlan::new(backend);
        let x = self.input_of_last(backend, batch)?;
        let (embeddings, weights) =
            self.last_layer.forward_with_weights(backend, &Batch { x: &x, ..batch.clone() })?;
        Ok((self.scores(embeddings)?, weights))
    }

    /// Input of the last layer, `[nodes, its input width]`: the output of the layers before it.
    fn input_of_last<'a>(
        &self,
        backend: &dyn AttentionBackend,
        batch: &Batch<'a>,
    ) -> Result<Cow<'a, [f32]>, TgatError> {
        let mut x = Cow::Borrowed(batch.x);
        for layer in &self.inner_layers {
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
