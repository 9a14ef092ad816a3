//! One call on a plan: the tensors as the kernels take them, and the launch.

use std::borrow::Cow;

use bytemuck::cast_slice;

use super::super::finish;
use super::super::{Accuracy, Attention, AttentionError, EmptyRow, NonFinite, Output, Tensor};
use super::outputs::{OutputType, Outputs};
use super::params::AttentionParams;
use super::{Half, Plan, TABLES, THREADS, Table};
use crate::geometry::padded_head_dim;

/// Largest magnitude of a logit in units of q·k: the kernels mark hidden pairs by -1e30, and a row that has seen
/// no key by -1e15.
const MAX_LOGIT: f64 = 1e14;

/// A logit so small that no softmax in f32 tells it from 0.
const NOTHING: f64 = 1e-10;

/// A problem's tensors as the kernels take them: 16 bits a value, head dimension padded with zeros.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// `[nodes, heads, padded]`. For a scale below 0 its sign is turned; where no scaled product matters it is all
    /// zeros.
    pub q: Cow<'a, [u16]>,
    /// `[nodes, heads, padded]`.
    pub k: Cow<'a, [u16]>,
    /// `[nodes, heads, padded]`.
    pub v: Cow<'a, [u16]>,
    heads: usize,
    head_dim: usize,
    padded: usize,
    nodes: usize,
    half: Half,
    accuracy: Accuracy,
    output: OutputType,
    scale: f32,
    /// Bound of |q·k|.
    largest_product: f64,
    /// Whether NaN or infinity was replaced by 0.
    cleaned: bool,
}

/// Where everything lies on the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Addresses {
    /// [`Job::q`].
    pub q: u64,
    /// [`Job::k`].
    pub k: u64,
    /// [`Job::v`].
    pub v: u64,
    /// `[nodes, heads, head_dim]` of the job's [`OutputType`], to be written.
    pub out: u64,
    /// `[nodes, heads]` f32, to be written; 0 if it is not wanted.
    pub lse: u64,
    /// [`Plan::tables`].
    pub tables: [u64; TABLES],
}

/// One launch.
#[derive(Debug, Clone, PartialEq)]
pub struct Launch {
    /// Name of the entry.
    pub entry: String,
    /// Blocks; 0 if there is nothing to do, and then nothing must be launched.
    pub grid: u32,
    /// Threads of a block.
    pub block: u32,
    /// Dynamic shared memory of a block.
    pub shared_bytes: u32,
    /// The kernel's parameter.
    pub params: AttentionParams,
}

impl<'a> Job<'a> {
    /// Brings the tensors of a problem into the kernels' form. O(values); nothing is copied where the head dimension
    /// needs no padding and the scale is above 0.
    ///
    /// # Errors
    /// [`AttentionError::NeedsHalf`] for f32 tensors, [`AttentionError::Range`] for logits that the kernels could
    /// take for hidden ones.
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
        // Below the last place of any softmax, and the kernels would not tell hidden pairs by such a scale.
        let nothing = f64::from(scale.abs()) * largest_product < NOTHING;
        if nothing {
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
            scale: if nothing { 1.0 } else { scale.abs() },
            largest_product: if nothing { 0.0 } else { largest_product },
            cleaned,
        })
    }

    /// The same with its output in this type.
    #[must_use]
    pub fn with_output(self, output: OutputType) -> Self {
        Self { output, ..self }
    }

    /// The 16-bit type of the tensors.
    pub fn half(&self) -> Half {
        self.half
    }

    /// Padded head dimension.
    pub fn padded(&self) -> usize {
        self.padded
    }

    /// What a launch writes.
    pub fn outputs(&self) -> Outputs {
        let (rows, head_dim) = (self.nodes * self.heads, self.head_dim);
        Outputs { rows, head_dim, half: self.half, output: self.output }
    }

    /// The launch of this job by a plan of the same batch, with everything at the addresses given.
    ///
    /// # Errors
    /// [`AttentionError::Len`] if plan and job differ in their nodes, [`AttentionError::TooLarge`] if one launch
    /// cannot cover the batch, [`AttentionError::Range`] as [`Job::new`].
    pub fn launch(&self, plan: &Plan, at: &Addresses) -> Result<Launch, AttentionError> {
        if plan.nodes() != self.nodes {
            return Err(AttentionError::Len { what: "plan", got: plan.nodes(), want: self.nodes });
        }
        self.check_range(plan)?;
        let kernel = plan.kernel();
        let grid = kernel.grid([self.heads, self.padded], self.nodes, plan.tables.items.len())?;
        let table = |table: Table| at.tables[table as usize];
        let params = AttentionParams {
            q: at.q,
            k: at.k,
            v: at.v,
            out: at.out,
            lse: at.lse,
            t_ms: table(Table::TimesMs),
            block_times: table(Table::BlockTimes),
            items: table(Table::Items),
            lo: table(Table::Lo),
            hi: table(Table::Hi),
            row_ptr: table(Table::RowPtr),
            col_idx: table(Table::ColIdx),
            entries: table(Table::Entries),
            tiles: table(Table::Tiles),
            bias: plan.bias_params(self.scale, &at.tables),
            heads: self.heads as u32,
            head_dim: self.head_dim as u32,
            nodes: self.nodes as u32,
            keys: plan.keys,
            scale: self.scale,
            scale_log2e: self.scale * std::f32::consts::LOG2_E,
            out_kind: match self.output {
                OutputType::F32 => 0,
                OutputType::Half => 1,
            },
            unused: 0,
        };
        let entry = kernel.entry(self.half, self.padded, self.accuracy);
        Ok(Launch { entry, grid, block: THREADS, shared_bytes: kernel.shared_bytes(self.padded), params })
    }

    /// What the kernels leave to the host: rows without a key that are to hold a mean, and NaN that spreads.
    ///
    /// # Panics
    /// If the output is not of the problem's shape; its log-sum-exp may be empty.
    #[track_caller]
    pub fn finish(&self, problem: &Attention<'_>, output: &mut Output) {
        let Outputs { rows, .. } = self.outputs();
        assert_eq!(output.out.len(), self.outputs().values(), "an output of another problem");
        assert!([0, rows].contains(&output.lse.len()), "a log-sum-exp of another problem");
        if problem.inputs().empty_row == EmptyRow::Uniform {
            finish::fill_uniform(problem, output);
        }
        if self.cleaned {
            finish::spread(problem, output);
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

/// Largest magnitude of some finite values: in both types it grows with the bits.
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

/// Rows of `padded` values, the last of them 0.
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
