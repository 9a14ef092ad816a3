//! The arguments of a kernel for one problem: the tensors as the kernels read them, and the launch.

use std::borrow::Cow;

use bytemuck::cast_slice;

use super::device_table::{DeviceTable, TABLES};
use super::output_layout::{OutputLayout, OutputType};
use super::params::AttentionParams;
use super::plan::Plan;
use crate::attention::kernel::{Half, THREADS};
use crate::attention::{
    Accuracy, Attention, AttentionError, EmptyRow, NonFinite, Output, Tensor, host_fixups,
};
use crate::geometry::padded_head_dim;

/// Largest magnitude of a logit in units of q·k: the kernels use -1e30 for masked pairs, and -1e15 as the maximum
/// of a row before its first key.
const MAX_LOGIT: f64 = 1e14;

/// Logits below this are indistinguishable from 0 in a softmax in f32.
const NEGLIGIBLE_LOGIT: f64 = 1e-10;

/// The tensors of a problem as the kernels read them: 16 bits per value, head dimension padded with zeros.
#[derive(Debug, Clone)]
pub struct KernelArgs<'a> {
    /// Queries, `[nodes, heads, padded]`: negated for a scale below 0, and all zeros if every scaled product is
    /// negligible.
    pub q: Cow<'a, [u16]>,
    /// Keys, `[nodes, heads, padded]`.
    pub k: Cow<'a, [u16]>,
    /// Values, `[nodes, heads, padded]`.
    pub v: Cow<'a, [u16]>,
    heads: usize,
    head_dim: usize,
    padded: usize,
    nodes: usize,
    half: Half,
    accuracy: Accuracy,
    output: OutputType,
    scale: f32,
    /// Upper bound of |q·k|.
    largest_product: f64,
    /// True if NaN or infinity was replaced by 0.
    cleaned: bool,
}

/// Addresses of tensors, results and tables on the device.
#[derive(Debug, Clone, Copy, Default)]
pub struct Addresses {
    /// Address of [`KernelArgs::q`].
    pub q: u64,
    /// Address of [`KernelArgs::k`].
    pub k: u64,
    /// Address of [`KernelArgs::v`].
    pub v: u64,
    /// Address of the output, `[nodes, heads, head_dim]` of the [`OutputType`].
    pub out: u64,
    /// Address of the log-sum-exp, `[nodes, heads]` f32; 0 if it is not wanted.
    pub lse: u64,
    /// Addresses of [`Plan::tables`].
    pub tables: [u64; TABLES],
}

/// One launch of a kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct Launch {
    /// Name of the entry.
    pub entry: String,
    /// Number of blocks; if 0, nothing must be launched.
    pub grid: u32,
    /// Threads per block.
    pub block: u32,
    /// Dynamic shared memory per block, bytes.
    pub shared_bytes: u32,
    /// Parameter of the kernel.
    pub params: AttentionParams,
}

impl<'a> KernelArgs<'a> {
    /// Converts the tensors of a problem. O(values); a tensor is copied only if its head dimension needs padding or
    /// its values have to change: a scale below 0, negligible logits, or NaN that is replaced by 0.
    ///
    /// # Errors
    /// [`AttentionError::NeedsHalf`] for f32 tensors.
    pub fn new(problem: &Attention<'a>) -> Result<Self, AttentionError> {
        let inputs = problem.inputs();
        let (heads, head_dim, scale) = (inputs.heads, inputs.head_dim, problem.scale());
        let padded = padded_head_dim(head_dim).unwrap_or(head_dim);
        let half = Half::of(&inputs.q)?;
        let mut cleaned = false;
        if inputs.non_finite == NonFinite::Propagate {
            cleaned = [inputs.q, inputs.k, inputs.v].iter().any(|t| t.first_non_finite().is_some());
        }
        let pack = |tensor: Tensor<'a>, change: fn(u16) -> u16| pack(bits(tensor), head_dim, padded, change);
        let keep: fn(u16) -> u16 = match (cleaned, half) {
            (false, _) => |x| x,
            (true, Half::F16) => |x| if x & 0x7c00 == 0x7c00 { 0 } else { x },
            (true, Half::Bf16) => |x| if x & 0x7f80 == 0x7f80 { 0 } else { x },
        };
        let (mut q, k, v) = (pack(inputs.q, keep), pack(inputs.k, keep), pack(inputs.v, keep));
        let largest_product = largest(&q, half) * largest(&k, half) * head_dim as f64;
        // Such logits change no f32 softmax, and with so small a scale the kernels' mask value would not mask a pair.
        let negligible = f64::from(scale.abs()) * largest_product < NEGLIGIBLE_LOGIT;
        if negligible {
            q.to_mut().fill(0);
        } else if scale < 0.0 {
            q.to_mut().iter_mut().for_each(|x| *x ^= 0x8000);
        }
        Ok(Self {
            q,
            k,
            v,
            heads,
            head_dim,
            padded,
            nodes: problem.nodes(),
            half,
            accuracy: inputs.accuracy,
            output: OutputType::default(),
            scale: if negligible { 1.0 } else { scale.abs() },
            largest_product: if negligible { 0.0 } else { largest_product },
            cleaned,
        })
    }

    /// The same arguments, with this output type.
    #[must_use]
    pub fn with_output(self, output: OutputType) -> Self {
        Self { output, ..self }
    }

    /// 16-bit type of the tensors.
    pub fn half(&self) -> Half {
        self.half
    }

    /// Padded head dimension.
    pub fn padded(&self) -> usize {
        self.padded
    }

    /// Layout of the output and the log-sum-exp.
    pub fn output_layout(&self) -> OutputLayout {
        let (rows, head_dim) = (self.nodes * self.heads, self.head_dim);
        OutputLayout { rows, head_dim, half: self.half, output: self.output }
    }

    /// The launch of these arguments by a plan of the same batch, with everything at the given addresses.
    ///
    /// # Errors
    /// [`AttentionError::Len`] if plan and arguments differ in their number of nodes, [`AttentionError::TooLarge`] if
    /// one launch cannot cover the batch, [`AttentionError::Range`] for logits that the kernels could not distinguish
    /// from masked ones.
    pub fn launch(&self, plan: &Plan, at: &Addresses) -> Result<Launch, AttentionError> {
        if plan.nodes() != self.nodes {
            return Err(AttentionError::Len { what: "plan", got: plan.nodes(), want: self.nodes });
        }
        self.check_range(plan)?;
        let kernel = plan.kernel();
        let grid = kernel.grid([self.heads, self.padded], self.nodes, plan.tables.items.len())?;
        let table = |table: DeviceTable| at.tables[table as usize];
        let params = AttentionParams {
            q: at.q,
            k: at.k,
            v: at.v,
            out: at.out,
            lse: at.lse,
            t_ms: table(DeviceTable::TimesMs),
            block_times: table(DeviceTable::BlockTimes),
            items: table(DeviceTable::Items),
            lo: table(DeviceTable::Lo),
            hi: table(DeviceTable::Hi),
            row_ptr: table(DeviceTable::RowPtr),
            col_idx: table(DeviceTable::ColIdx),
            entries: table(DeviceTable::Entries),
            tiles: table(DeviceTable::Tiles),
            bias: plan.bias_params(self.scale, &at.tables),
            heads: self.heads as u32,
            head_dim: self.head_dim as u32,
            nodes: self.nodes as u32,
            keys: plan.key_form as u32,
            scale: self.scale,
            scale_log2e: self.scale * std::f32::consts::LOG2_E,
            out_kind: self.output as u32,
            unused: 0,
        };
        let entry = kernel.entry(self.half, self.padded, self.accuracy);
        Ok(Launch { entry, grid, block: THREADS, shared_bytes: kernel.shared_bytes(self.padded), params })
    }

    /// Applies the parts that the kernels leave to the host to an output: the mean of empty rows, and the
    /// propagation of NaN.
    ///
    /// # Panics
    /// If the output is not of the problem's shape; its log-sum-exp may be empty.
    #[track_caller]
    pub fn apply_host_fixups(&self, problem: &Attention<'_>, output: &mut Output) {
        let OutputLayout { rows, .. } = self.output_layout();
        assert_eq!(output.out.len(), self.output_layout().values(), "an output of another problem");
        assert!([0, rows].contains(&output.lse.len()), "a log-sum-exp of another problem");
        if problem.inputs().empty_row == EmptyRow::Uniform {
            host_fixups::fill_uniform(problem, output);
        }
        if self.cleaned {
            host_fixups::propagate_non_finite(problem, output);
        }
    }

    fn check_range(&self, plan: &Plan) -> Result<(), AttentionError> {
        let got = self.largest_product + f64::from(plan.largest_bias()) / f64::from(self.scale);
        if got <= MAX_LOGIT && (self.scale * std::f32::consts::LOG2_E).is_finite() {
            return Ok(());
        }
        Err(AttentionError::Range { got: format!("{got:e}"), max: format!("{MAX_LOGIT:e}") })
    }
}

/// Largest magnitude of finite values: in both types, magnitudes are ordered as their bits.
fn largest(x: &[u16], half: Half) -> f64 {
    let bits = x.iter().map(|x| x & 0x7fff).max().unwrap_or(0);
    f64::from(match half {
        Half::F16 => half::f16::from_bits(bits).to_f32(),
        Half::Bf16 => half::bf16::from_bits(bits).to_f32(),
    })
}

fn bits(tensor: Tensor<'_>) -> &[u16] {
    match tensor {
        Tensor::F16(x) => cast_slice(x),
        Tensor::Bf16(x) => cast_slice(x),
        Tensor::F32(_) => &[],
    }
}

/// Rows of `head_dim` values, each changed by `change`, padded with zeros to `padded`.
fn pack(x: &[u16], head_dim: usize, padded: usize, change: fn(u16) -> u16) -> Cow<'_, [u16]> {
    let same = |x: &[u16]| x.iter().all(|&x| change(x) == x);
    if head_dim == padded && same(x) {
        return Cow::Borrowed(x);
    }
    let mut rows = vec![0; x.len() / head_dim * padded];
    for (to, from) in rows.chunks_exact_mut(padded).zip(x.chunks_exact(head_dim)) {
        to.iter_mut().zip(from).for_each(|(to, &from)| *to = change(from));
    }
    Cow::Owned(rows)
}
