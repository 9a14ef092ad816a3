//! What a kernel needs of graphs, keys and bias besides the tensors, built once and kept by the caller.
//!
//! A [`Plan`] holds mask tiles in the order of the tensor cores' fragments, the bias as steps of whole
//! milliseconds, and the order in which the block rows start. It knows no device: whoever runs kernels copies
//! [`Plan::tables`] to the machine, puts a [`Job`] beside them and launches what [`Job::launch`] says.

mod cache;
mod choose;
mod entry;
mod fit;
mod job;
mod outputs;
mod params;
mod schedule;
mod steps;
mod tables;

pub use cache::{GraphView, PlanCache, PlanCounts, PlanKey};
pub use choose::KernelCost;
pub use entry::{Half, Kernel, THREADS, TIME_BIAS, entries, time_bias_shape};
pub use job::{Addresses, Job, Launch};
pub use outputs::{OutputType, Outputs};
pub use params::{AttentionParams, BiasParams, FULL_TILE, TileEntry, TimeBiasParams, TimeRange, WorkItem};
pub use tables::{TABLES, Table};

use super::{Attention, AttentionError, Keys, TimeBias};
use crate::attention::keys::check_offsets;
use fit::Source;
use steps::BiasForm;
use tables::Tables;

/// Graphs, keys and bias of a batch: what a plan is built from.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Heads.
    pub heads: usize,
    /// True head dimension.
    pub head_dim: usize,
    /// First node of each graph, and the number of nodes: `[graphs + 1]`.
    pub offsets: &'a [usize],
    /// Who may see whom.
    pub keys: Keys<'a>,
    /// Bias of the logits.
    pub bias: &'a TimeBias,
    /// Times of the nodes, milliseconds; needed by every bias but `None`.
    pub t_ms: Option<&'a [i64]>,
}

impl<'a> Layout<'a> {
    /// The layout of a problem.
    pub fn of(problem: &'a Attention<'_>) -> Self {
        let inputs = problem.inputs();
        Self {
            heads: inputs.heads,
            head_dim: inputs.head_dim,
            offsets: inputs.offsets,
            keys: inputs.keys,
            bias: &inputs.bias,
            t_ms: inputs.t_ms,
        }
    }

    /// Checks the parts as [`Attention::new`] does, and gives the number of nodes. O(nodes).
    fn check(&self) -> Result<usize, AttentionError> {
        let nodes = check_offsets(self.offsets)?;
        self.keys.check(self.offsets, nodes)?;
        self.bias.check()?;
        match self.t_ms {
            None if *self.bias != TimeBias::None => Err(AttentionError::NoTimes { bias: self.bias.name() }),
            Some(t) if t.len() != nodes => {
                Err(AttentionError::Len { what: "t_ms", got: t.len(), want: nodes })
            }
            _ => Ok(nodes),
        }
    }
}

/// What a kernel needs besides the tensors. Valid for every problem of the same graphs, keys, bias and times,
/// whatever its queries, keys and values, its scale and its precision.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    kernel: Kernel,
    offsets: Vec<usize>,
    nodes: usize,
    source: Source,
    tables: Tables,
    /// The form of keys, as the kernels number them.
    keys: u32,
    bias: BiasForm,
    /// Milliseconds between the first and the last node of the longest graph.
    longest_ms: u64,
}

impl Plan {
    /// The plan of a layout, for the kernel that [`KernelCost`] expects to be fastest. O(nodes + keys).
    ///
    /// # Errors
    /// As [`Attention::new`] for offsets, keys, bias and times; [`AttentionError::TooLarge`] beyond `u32::MAX`
    /// tiles or keys.
    pub fn new(layout: &Layout<'_>) -> Result<Self, AttentionError> {
        layout.check()?;
        Self::build(layout, None)
    }

    /// The plan of a layout, for one kernel.
    ///
    /// # Errors
    /// As [`Plan::new`], and [`AttentionError::NoKernel`] for edges or a mask on
    /// [`Kernel::FlashAttention`], which takes contiguous ranges.
    pub fn for_kernel(layout: &Layout<'_>, kernel: Kernel) -> Result<Self, AttentionError> {
        layout.check()?;
        Self::build(layout, Some(kernel))
    }

    /// The kernel it is for.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Number of nodes of the batch.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// First node of each graph, and the number of nodes.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// Bytes it takes: tables, offsets, and the value itself.
    pub fn bytes(&self) -> usize {
        let tables: usize = self.tables.bytes().iter().map(|(_, bytes)| bytes.len()).sum();
        tables + size_of_val(self.offsets.as_slice()) + size_of::<Self>()
    }

    /// The tables, in the order of [`Table`]; those not used are empty.
    pub fn tables(&self) -> [(Table, &[u8]); TABLES] {
        self.tables.bytes()
    }

    /// The bias as a kernel takes it; logits are divided by `scale`.
    pub fn bias_params(&self, scale: f32, at: &[u64; TABLES]) -> BiasParams {
        let params =
            BiasParams { steps_ms: 0, values: 0, kind: 0, steps: 0, factor: 0.0, inv_scale: 1.0 / scale };
        match &self.bias {
            BiasForm::None => BiasParams { inv_scale: 1.0, ..params },
            BiasForm::Sqrt { factor } => BiasParams { kind: 1, factor: *factor, ..params },
            BiasForm::Steps { steps_ms, .. } => BiasParams {
                steps_ms: at[Table::StepsMs as usize],
                values: at[Table::StepValues as usize],
                kind: 2,
                steps: steps_ms.len() as u32,
                ..params
            },
        }
    }

    /// What the entry `time_bias` is given to write the bias of nodes `first..first + len` to `out`, f32 `[len, len]`.
    pub fn time_bias_params(
        &self,
        t_ms: u64,
        out: u64,
        [first, len]: [u64; 2],
        at: &[u64; TABLES],
    ) -> TimeBiasParams {
        TimeBiasParams { t_ms, out, bias: self.bias_params(1.0, at), first, len }
    }

    /// Largest magnitude of the bias of any pair.
    fn largest_bias(&self) -> f32 {
        self.bias.magnitude(self.longest_ms)
    }

    fn build(layout: &Layout<'_>, wanted: Option<Kernel>) -> Result<Self, AttentionError> {
        let mask;
        let (kernel, keys) = match (layout.keys, wanted) {
            (keys, None) => {
                let choice = choose::choose(layout)?;
                mask = choice.mask;
                (choice.kernel, mask.as_ref().map_or(keys, Keys::Mask))
            }
            (Keys::Edges(_) | Keys::Mask(_), Some(Kernel::FlashAttention)) => {
                return Err(AttentionError::NoKernel { kernel: Kernel::FlashAttention.name() });
            }
            (Keys::Mask(_), Some(Kernel::BlockSparseAttention)) => {
                (Kernel::BlockSparseAttention, layout.keys)
            }
            (keys, Some(Kernel::BlockSparseAttention)) => {
                mask = Some(schedule::mask_of(layout.offsets, keys)?);
                (Kernel::BlockSparseAttention, mask.as_ref().map_or(keys, Keys::Mask))
            }
            (keys, Some(kernel)) => (kernel, keys),
        };
        let bias = BiasForm::new(layout.bias);
        let (tables, keys) = schedule::tables(kernel, layout, keys, &bias)?;
        let longest_ms = layout.t_ms.map_or(0, |t| longest_span(t, layout.offsets));
        Ok(Self {
            kernel,
            offsets: layout.offsets.to_vec(),
            nodes: layout.offsets[layout.offsets.len() - 1],
            source: Source::of(&layout.keys),
            tables,
            keys,
            bias,
            longest_ms,
        })
    }
}

/// Milliseconds between the first and the last node of the graph where that is longest.
fn longest_span(t_ms: &[i64], offsets: &[usize]) -> u64 {
    let spans = offsets.windows(2).map(|w| schedule::time_range(&t_ms[w[0]..w[1]]));
    spans.map(|range| range.last.abs_diff(range.first)).max().unwrap_or(0)
}
