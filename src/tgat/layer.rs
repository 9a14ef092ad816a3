//! One layer: projections around graph attention.

use super::batch::Batch;
use super::config::{Positions, Precision, TgatConfig};
use super::error::TgatError;
use super::layer_norm::LayerNorm;
use super::linear::Linear;
use super::rounding::{RoundedTensor, TensorLocation, check_finite};
use super::tensor_source::{Dim, FIXED, INPUT, InitialValues, TensorSource, TensorSpec, TensorVisitor};
use super::weights::WeightsFile;
use crate::attention::{Attention, AttentionBackend, Inputs, SparseWeights, attention_weights};

/// Number of learned positions; a graph with more nodes is an error.
pub const MAX_POSITIONS: usize = 1000;

/// Largest number of feature columns: with more, the first projection alone would be hundreds of megabytes.
const MAX_INPUT_DIM: usize = 65_536;

/// The setting that determines the width of the hidden state.
pub(super) const HIDDEN: &str = "tgat.hidden_dim";

/// One layer: `h = x·Wᵢ + bᵢ (+ position)`; queries, keys and values from `h`; attention; output projection.
///
/// With `residual`, `h` is added to the output; with `layer_norm` the sum is then normalised, row by row. The
/// formulas are in [`weights`](super::weights).
#[derive(Debug, Clone)]
pub struct Layer {
    index: usize,
    num_heads: usize,
    head_dim: usize,
    precision: Precision,
    residual: bool,
    input_dim: usize,
    input_projection: Linear,
    position_name: String,
    /// `[MAX_POSITIONS, hidden_dim]`.
    positions: Option<Vec<f32>>,
    query: Linear,
    key: Linear,
    value: Linear,
    output_projection: Linear,
    norm: Option<LayerNorm>,
}

impl Layer {
    /// A single layer from the bytes of a safetensors file: the tensors of a layer in
    /// [`weights`](super::weights), without `attention_layers.i.`, and with or without the prefix `w.`.
    ///
    /// # Errors
    /// Those of [`Model::from_bytes`](super::Model::from_bytes).
    pub fn from_bytes(bytes: &[u8], config: &TgatConfig, input_dim: usize) -> Result<Self, TgatError> {
        config.validate()?;
        let mut file = WeightsFile::parse(bytes)?;
        let layer = Self::build("", 0, (input_dim, INPUT), config, &mut file)?;
        file.finish(config)?;
        Ok(layer)
    }

    /// Layer `index`, whose tensors have names with this prefix; `inputs` is the width of its input.
    pub(super) fn build(
        prefix: &str,
        index: usize,
        inputs: Dim,
        config: &TgatConfig,
        source: &mut dyn TensorSource,
    ) -> Result<Self, TgatError> {
        if !(1..=MAX_INPUT_DIM).contains(&inputs.0) {
            return Err(TgatError::InputDim { got: inputs.0, max: MAX_INPUT_DIM });
        }
        let hidden = (config.hidden_dim, HIDDEN);
        let mut linear = |name: &str, inputs| {
            Linear::build(format!("{prefix}{name}"), inputs, hidden, "tgat.num_layers", source)
        };
        let input_projection = linear("input_projection", inputs)?;
        let (query, key, value) =
            (linear("query", hidden)?, linear("key", hidden)?, linear("value", hidden)?);
        let output_projection = linear("output_projection", hidden)?;
        let position_name = format!("{prefix}dag_positional_encoding");
        let positions = match config.positions {
            Positions::None => None,
            Positions::Learned => Some(source.take(&TensorSpec {
                name: position_name.clone(),
                dims: vec![(1, FIXED), (MAX_POSITIONS, FIXED), hidden],
                initial: InitialValues::Position,
                setting: "tgat.positions",
            })?),
        };
        let norm = config
            .layer_norm
            .then(|| LayerNorm::build(format!("{prefix}layer_norm"), hidden, source))
            .transpose()?;
        Ok(Self {
            index,
            num_heads: config.num_heads,
            head_dim: config.head_dim(),
            precision: config.precision,
            residual: config.residual,
            input_dim: inputs.0,
            input_projection,
            position_name,
            positions,
            query,
            key,
            value,
            output_projection,
            norm,
        })
    }

    pub(super) fn visit<'m>(&'m self, visit: &mut TensorVisitor<'_, 'm>) {
        for linear in [&self.input_projection, &self.query, &self.key, &self.value, &self.output_projection] {
            linear.visit(visit);
        }
        if let Some(positions) = &self.positions {
            visit(self.position_name.clone(), vec![1, MAX_POSITIONS, self.hidden_dim()], positions);
        }
        if let Some(norm) = &self.norm {
            norm.visit(visit);
        }
    }

    fn hidden_dim(&self) -> usize {
        self.num_heads * self.head_dim
    }

    /// The output `[nodes, hidden_dim]` for the features of the batch.
    /// O(nodes · hidden_dim · (input_dim + hidden_dim)) for the projections, and the cost of attention.
    ///
    /// # Errors
    /// [`TgatError`] if the batch does not fit the layer, a graph has more nodes than learned positions, a value
    /// does not fit the precision, or attention fails.
    pub fn forward(&self, backend: &dyn AttentionBackend, batch: &Batch<'_>) -> Result<Vec<f32>, TgatError> {
        Ok(self.run(backend, batch)?.out)
    }

    /// As [`Layer::forward`], with the attention weights, one value per key and head.
    ///
    /// # Errors
    /// Those of [`Layer::forward`].
    pub fn forward_with_weights(
        &self,
        backend: &dyn AttentionBackend,
        batch: &Batch<'_>,
    ) -> Result<(Vec<f32>, SparseWeights), TgatError> {
        let pass = self.run(backend, batch)?;
        let problem = self.problem(&pass.qkv, batch)?;
        let weights = attention_weights(&problem)
            .map_err(|source| TgatError::Attention { layer: self.index, source })?;
        Ok((pass.out, weights))
    }

    fn run(&self, backend: &dyn AttentionBackend, batch: &Batch<'_>) -> Result<LayerPass, TgatError> {
        batch.check(self.input_dim)?;
        let mut h = self.input_projection.forward(batch.x)?;
        self.add_positions(&mut h, batch.offsets)?;
        let qkv = [
            self.rounded(&self.query, "query", &h, batch)?,
            self.rounded(&self.key, "key", &h, batch)?,
            self.rounded(&self.value, "value", &h, batch)?,
        ];
        let attended = backend
            .forward(&self.problem(&qkv, batch)?)
            .map_err(|source| TgatError::Attention { layer: self.index, source })?;
        let mut out = self.output_projection.forward(&attended.out)?;
        if self.residual {
            out.iter_mut().zip(&h).for_each(|(out, h)| *out += h);
        }
        if let Some(norm) = &self.norm {
            norm.forward(&mut out);
        }
        check_finite(&out, batch.non_finite, self.location("output"))?;
        Ok(LayerPass { out, qkv })
    }

    /// Adds the learned positions to `h`, `[nodes, hidden_dim]`, if there are any.
    fn add_positions(&self, h: &mut [f32], offsets: &[usize]) -> Result<(), TgatError> {
        let Some(positions) = &self.positions else { return Ok(()) };
        let width = self.hidden_dim();
        for (graph, bounds) in offsets.windows(2).enumerate() {
            let nodes = bounds[1] - bounds[0];
            if nodes > MAX_POSITIONS {
                return Err(TgatError::Positions { graph, nodes, max: MAX_POSITIONS });
            }
            // Positions restart at 0 in each graph.
            let rows = &mut h[bounds[0] * width..bounds[1] * width];
            rows.iter_mut().zip(positions).for_each(|(h, position)| *h += position);
        }
        Ok(())
    }

    /// A projection of `h`, rounded to the precision of attention.
    fn rounded(
        &self,
        linear: &Linear,
        tensor: &'static str,
        h: &[f32],
        batch: &Batch<'_>,
    ) -> Result<RoundedTensor, TgatError> {
        RoundedTensor::new(linear.forward(h)?, self.precision, batch.non_finite, self.location(tensor))
    }

    fn location(&self, tensor: &'static str) -> TensorLocation {
        TensorLocation { layer: self.index, tensor, width: self.hidden_dim() }
    }

    /// The attention problem of these queries, keys and values.
    fn problem<'b>(
        &self,
        qkv: &'b [RoundedTensor; 3],
        batch: &Batch<'b>,
    ) -> Result<Attention<'b>, TgatError> {
        let [q, k, v] = qkv;
        Attention::new(Inputs {
            heads: self.num_heads,
            head_dim: self.head_dim,
            q: q.tensor(),
            k: k.tensor(),
            v: v.tensor(),
            offsets: batch.offsets,
            keys: batch.keys,
            bias: batch.bias.clone(),
            t_ms: batch.t_ms,
            scale: None,
            empty_row: batch.empty_row,
            accuracy: batch.accuracy,
            non_finite: batch.non_finite,
        })
        .map_err(|source| TgatError::Attention { layer: self.index, source })
    }
}

/// Result of a forward pass.
struct LayerPass {
    /// `[nodes, hidden_dim]`.
    out: Vec<f32>,
    /// Queries, keys and values as attention received them.
    qkv: [RoundedTensor; 3],
}
