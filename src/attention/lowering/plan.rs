//! The plan of a batch, and its construction.

use super::PlanInputs;
use super::device_table::{DeviceTable, DeviceTables, TABLES};
use super::kernel_choice;
use super::params::{KeyForm, TimeBiasParams};
use super::plan_match::KeySource;
use super::schedule;
use crate::attention::bias::{BiasParams, DeviceBias};
use crate::attention::kernel::Kernel;
use crate::attention::{AttentionError, Keys};

/// Everything that a kernel needs besides the tensors. Valid for every problem of the same graphs, attention pattern,
/// bias and times, with any tensors, scale and precision.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub(super) kernel: Kernel,
    pub(super) offsets: Vec<usize>,
    nodes: usize,
    pub(super) key_source: KeySource,
    pub(super) tables: DeviceTables,
    pub(super) key_form: KeyForm,
    pub(super) bias: DeviceBias,
    /// Longest time span of a graph, milliseconds.
    longest_ms: u64,
}

impl Plan {
    /// The plan for the kernel with the least [`KernelCost`](super::KernelCost). O(nodes + keys).
    ///
    /// # Errors
    /// As [`Attention::new`](crate::attention::Attention::new) for offsets, keys, bias and times;
    /// [`AttentionError::TooLarge`] beyond `u32::MAX` tiles or keys.
    pub fn new(inputs: &PlanInputs<'_>) -> Result<Self, AttentionError> {
        inputs.check()?;
        Self::build(inputs, None)
    }

    /// The plan for a given kernel.
    ///
    /// # Errors
    /// As [`Plan::new`], and [`AttentionError::NoKernel`] for edges or a mask on
    /// [`Kernel::FlashAttention`], which takes contiguous ranges.
    pub fn for_kernel(inputs: &PlanInputs<'_>, kernel: Kernel) -> Result<Self, AttentionError> {
        inputs.check()?;
        Self::build(inputs, Some(kernel))
    }

    /// Kernel of the plan.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Number of nodes of the batch.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// First node of each graph, and the number of nodes last.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// Size in memory, bytes: tables, offsets, and the value itself.
    pub fn bytes(&self) -> usize {
        let tables: usize = self.tables.bytes().iter().map(|(_, bytes)| bytes.len()).sum();
        tables + size_of_val(self.offsets.as_slice()) + size_of::<Self>()
    }

    /// The tables, in the order of [`DeviceTable`]; unused ones are empty.
    pub fn tables(&self) -> [(DeviceTable, &[u8]); TABLES] {
        self.tables.bytes()
    }

    /// The bias parameters of a kernel, with the tables at these addresses, in the unit of logits divided by `scale`.
    pub fn bias_params(&self, scale: f32, at: &[u64; TABLES]) -> BiasParams {
        self.bias.params(scale, at[DeviceTable::StepsMs as usize], at[DeviceTable::StepValues as usize])
    }

    /// Parameters of the entry `time_bias` to write the bias of nodes `first..first + len` to `out`, f32 `[len,
    /// len]`.
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
    pub(super) fn largest_bias(&self) -> f32 {
        self.bias.magnitude(self.longest_ms)
    }

    fn build(inputs: &PlanInputs<'_>, wanted: Option<Kernel>) -> Result<Self, AttentionError> {
        let mask;
        let (kernel, keys) = match (inputs.keys, wanted) {
            (keys, None) => {
                let choice = kernel_choice::choose(inputs)?;
                mask = choice.mask;
                (choice.kernel, mask.as_ref().map_or(keys, Keys::Mask))
            }
            (Keys::Edges(_) | Keys::Mask(_), Some(Kernel::FlashAttention)) => {
                return Err(AttentionError::NoKernel { kernel: Kernel::FlashAttention.name() });
            }
            (Keys::Mask(_), Some(Kernel::BlockSparseAttention)) => {
                (Kernel::BlockSparseAttention, inputs.keys)
            }
            (keys, Some(Kernel::BlockSparseAttention)) => {
                mask = Some(schedule::block_mask(inputs.offsets, keys)?);
                (Kernel::BlockSparseAttention, mask.as_ref().map_or(keys, Keys::Mask))
            }
            (keys, Some(kernel)) => (kernel, keys),
        };
        let bias = DeviceBias::new(inputs.bias);
        let (tables, key_form) = schedule::tables(kernel, inputs, keys, &bias)?;
        let longest_ms = inputs.t_ms.map_or(0, |t| longest_span(t, inputs.offsets));
        Ok(Self {
            kernel,
            offsets: inputs.offsets.to_vec(),
            nodes: inputs.offsets[inputs.offsets.len() - 1],
            key_source: KeySource::of(&inputs.keys),
            tables,
            key_form,
            bias,
            longest_ms,
        })
    }
}

/// Longest time span of a graph, milliseconds.
fn longest_span(t_ms: &[i64], offsets: &[usize]) -> u64 {
    let spans = offsets.windows(2).map(|w| schedule::time_range(&t_ms[w[0]..w[1]]));
    spans.map(|range| range.last.abs_diff(range.first)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::cost::Workload;
    use crate::attention::kernel::Half;
    use crate::attention::{Attention, BlockMask, Inputs, OwnedPattern, Tensor, TimeBias, intervals};

    /// A band of `width` keys per row and the diagonal in graphs of these sizes, as edges.
    fn band(offsets: &[usize], width: u32) -> OwnedPattern {
        let graphs = || offsets.windows(2).map(|w| w[0] as u32..w[1] as u32);
        let lo: Vec<u32> =
            graphs().flat_map(|g| g.clone().map(move |i| i.saturating_sub(width).max(g.start))).collect();
        let hi: Vec<u32> = graphs().flat_map(|g| g.map(|i| i + 1)).collect();
        intervals(offsets, &lo, &hi).unwrap()
    }

    #[test]
    fn no_plan_exceeds_its_estimated_bytes() {
        let t_ms: Vec<i64> = (0..1024).collect();
        let many: Vec<(f32, f32, f32)> = (0..500).map(|i| (i as f32, i as f32 + 0.5, 1.0)).collect();
        let biases = [TimeBias::None, TimeBias::Sqrt { scale_minutes: 1.0 }, TimeBias::Buckets(many)];
        let lengths = [vec![0, 1024], (0..=16).map(|g| 64 * g).collect::<Vec<usize>>()];
        let shapes = [1, 4, 32].into_iter().flat_map(|heads| [11, 16, 64, 128].map(|dim| [heads, dim]));
        for (([heads, dim], offsets), width) in shapes
            .flat_map(|shape| lengths.iter().map(move |offsets| (shape, offsets)))
            .flat_map(|case| [1, 5, 14, 40, 300, 1023].map(|width| (case, width)))
        {
            let edges = band(offsets, width);
            let mask = BlockMask::new(offsets, edges.as_pattern()).unwrap();
            let x = vec![half::f16::ZERO; 1024 * heads * dim];
            let forms = [Keys::All, Keys::Causal, Keys::Edges(edges.as_pattern()), Keys::Mask(&mask)];
            for (keys, bias) in forms.into_iter().flat_map(|keys| biases.iter().map(move |bias| (keys, bias)))
            {
                let mut inputs = Inputs::new([heads, dim], [Tensor::F16(&x); 3], offsets, keys);
                inputs.bias = bias.clone();
                inputs.t_ms = Some(&t_ms);
                let problem = Attention::new(inputs).unwrap();
                let work = Workload::of(&problem);
                let tensors = 1024 * heads * (6 * work.padded() + 4 * (dim + 1));
                for arch in [75, 80] {
                    let plan_inputs = PlanInputs::of(&problem);
                    let plan = Plan::new(&plan_inputs).unwrap();
                    let plan = if plan.kernel().is_built(arch, Half::F16, work.padded()) {
                        plan
                    } else {
                        Plan::for_kernel(&plan_inputs, Kernel::EdgeAttention).unwrap()
                    };
                    let tables: usize = plan.tables().iter().map(|(_, bytes)| bytes.len()).sum();
                    let bound = work.gpu_bytes(arch) as usize - tensors - 16 * 256;
                    assert!(
                        tables <= bound,
                        "{heads} x {dim}, {width}, sm_{arch}: {tables} of {bound}, {keys:?}"
                    );
                }
            }
        }
    }
}
