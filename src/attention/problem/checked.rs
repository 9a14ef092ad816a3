//! The checked attention problem.

use std::ops::Range;

use super::{Accuracy, Inputs, NonFinite, Tensor};
use crate::attention::bias::minutes_between;
use crate::attention::mask::check_offsets;
use crate::attention::{AttentionError, Keys};
use crate::geometry::MAX_HEAD_DIM;

/// A valid attention problem: every value of this type has passed the checks of [`Attention::new`].
#[derive(Debug, Clone)]
pub struct Attention<'a> {
    inputs: Inputs<'a>,
    nodes: usize,
}

impl<'a> Attention<'a> {
    /// Checks the inputs. O(values), without allocation.
    ///
    /// # Errors
    /// [`AttentionError`] names the part that does not fit, and the remedy.
    pub fn new(inputs: Inputs<'a>) -> Result<Self, AttentionError> {
        let nodes = check_offsets(inputs.offsets)?;
        check_shape(&inputs, nodes)?;
        inputs.keys.check(inputs.offsets, nodes)?;
        check_bias(&inputs, nodes)?;
        if let Some(scale) = inputs.scale.filter(|s| !s.is_finite()) {
            return Err(AttentionError::Scale { got: scale.to_string() });
        }
        if inputs.accuracy == Accuracy::Fast && matches!(inputs.q, Tensor::F32(_)) {
            return Err(AttentionError::FastNeedsHalf { setting: "accuracy" });
        }
        if inputs.non_finite == NonFinite::Error {
            check_finite(&inputs)?;
        }
        Ok(Self { inputs, nodes })
    }

    /// The checked inputs.
    pub fn inputs(&self) -> &Inputs<'a> {
        &self.inputs
    }

    /// Number of nodes, of all graphs together.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// Number of graphs.
    pub fn graphs(&self) -> usize {
        self.inputs.offsets.len() - 1
    }

    /// Nodes of graph `g`.
    ///
    /// # Panics
    /// If there is no graph `g`.
    #[track_caller]
    pub fn graph(&self, g: usize) -> Range<usize> {
        self.inputs.offsets[g]..self.inputs.offsets[g + 1]
    }

    /// Number of pairs of a node and a key that it may attend to. O(nodes); for a block mask, O(its rows of bits).
    pub fn pairs(&self) -> usize {
        let keys = |g| -> usize {
            let graph: Range<usize> = self.graph(g);
            match self.inputs.keys {
                Keys::All => graph.len() * graph.len(),
                Keys::Causal => graph.len() * (graph.len() + 1) / 2,
                keys => graph.clone().map(|i| keys.count(i, &graph)).sum(),
            }
        };
        (0..self.graphs()).map(keys).sum()
    }

    /// Factor of q·k: the given one, or 1/sqrt(head_dim).
    pub fn scale(&self) -> f32 {
        self.inputs.scale.unwrap_or_else(|| (1.0 / (self.inputs.head_dim as f64).sqrt()) as f32)
    }

    /// Bias of the logit of nodes `i` and `j`.
    ///
    /// # Panics
    /// If there is no node `i` or `j`.
    #[track_caller]
    pub fn bias(&self, i: usize, j: usize) -> f32 {
        self.inputs.t_ms.map_or(0.0, |t| self.inputs.bias.at(minutes_between(t[i], t[j])))
    }
}

fn check_shape(inputs: &Inputs<'_>, nodes: usize) -> Result<(), AttentionError> {
    let (heads, head_dim) = (inputs.heads, inputs.head_dim);
    if heads == 0 {
        return Err(AttentionError::Heads);
    }
    if !(1..=MAX_HEAD_DIM).contains(&head_dim) {
        return Err(AttentionError::HeadDim { got: head_dim, max: MAX_HEAD_DIM });
    }
    // The output is f32, and no allocation may exceed isize::MAX bytes.
    let max = isize::MAX as usize / size_of::<f32>();
    let values = nodes.checked_mul(heads).and_then(|x| x.checked_mul(head_dim)).unwrap_or(usize::MAX);
    if values > max {
        return Err(AttentionError::TooLarge { what: "nodes x heads x head_dim", got: values, max });
    }
    for (what, tensor) in [("q", inputs.q), ("k", inputs.k), ("v", inputs.v)] {
        let (got, want) = (tensor.dtype(), inputs.q.dtype());
        if got != want {
            return Err(AttentionError::DtypesDiffer { what, got, want });
        }
        if tensor.len() != values {
            return Err(AttentionError::Len { what, got: tensor.len(), want: values });
        }
    }
    Ok(())
}

fn check_bias(inputs: &Inputs<'_>, nodes: usize) -> Result<(), AttentionError> {
    inputs.bias.check()?;
    inputs.bias.check_times(inputs.t_ms, nodes)
}

fn check_finite(inputs: &Inputs<'_>) -> Result<(), AttentionError> {
    for (tensor, values) in [("q", inputs.q), ("k", inputs.k), ("v", inputs.v)] {
        if let Some(i) = values.first_non_finite() {
            let row = i / inputs.head_dim;
            return Err(AttentionError::NonFinite {
                setting: "non_finite",
                tensor,
                value: values.at(i).to_string(),
                node: row / inputs.heads,
                head: row % inputs.heads,
                dim: i % inputs.head_dim,
            });
        }
    }
    Ok(())
}
