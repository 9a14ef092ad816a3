//! Attention whose plan and tensors stay on the GPU: uploaded once, launched many times, read back.
//!
//! Unsafe code is here, in `driver.rs`, `memory.rs` and `launch.rs` only.
#![allow(unsafe_code, reason = "launches kernels on buffers that it has filled itself")]

use std::sync::Arc;

use super::buffer::{Buffer, offsets};
use super::device::Device;
use super::error::CudaError;
use super::launch::Raw;
use crate::attention::plan::{
    Addresses, Job, Launch, OutputType, Outputs, TABLES, TIME_BIAS, Table, TimeBiasParams, time_bias_shape,
};
use crate::attention::{AttentionError, Output, Plan};

/// A plan with its tables on a GPU. Cloning it is cheap; the tables go with the last clone.
#[derive(Debug, Clone)]
pub struct DevicePlan {
    plan: Arc<Plan>,
    /// What `addresses` point into.
    _tables: Arc<Buffer>,
    addresses: [u64; TABLES],
    device: Device,
}

impl DevicePlan {
    /// Copies the tables of a plan to a GPU.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`], or what the driver says.
    pub fn new(device: &Device, plan: impl Into<Arc<Plan>>) -> Result<Self, CudaError> {
        let plan = plan.into();
        let parts = plan.tables().map(|(_, bytes)| bytes);
        let (starts, bytes) = offsets(parts.map(<[u8]>::len));
        let mut tables = Buffer::new(device, bytes)?;
        tables.write_parts(&std::array::from_fn::<_, TABLES, _>(|i| (starts[i], parts[i])))?;
        let address = tables.address();
        // 0 is how the kernels know a table that is not used.
        let addresses =
            std::array::from_fn(|i| if parts[i].is_empty() { 0 } else { address + starts[i] as u64 });
        Ok(Self { plan, _tables: Arc::new(tables), addresses, device: device.clone() })
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether it is this very plan.
    pub(super) fn is_of(&self, plan: &Arc<Plan>) -> bool {
        Arc::ptr_eq(&self.plan, plan)
    }

    /// Where each of [`Plan::tables`] lies, 0 for an empty one.
    pub fn addresses(&self) -> &[u64; TABLES] {
        &self.addresses
    }

    /// The bias of the nodes of graph `g` against one another, `[len, len]`, computed on the GPU. For inspection:
    /// attention never builds it.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`], [`CudaError::Attention`] if one launch cannot cover it, or what the driver says.
    ///
    /// # Panics
    /// If `g` is not a graph.
    #[track_caller]
    pub fn time_bias(&self, g: usize) -> Result<Vec<f32>, CudaError> {
        let nodes = self.plan.offsets()[g]..self.plan.offsets()[g + 1];
        let len = nodes.len() as u64;
        let (grid, block) = time_bias_shape(len)?;
        // Before the host's memory is taken: what the GPU has no room for may be too much for the host as well.
        self.device.check_memory(len.saturating_mul(len).saturating_mul(size_of::<f32>() as u64))?;
        let mut bias = vec![0.0_f32; nodes.len() * nodes.len()];
        let t_ms = self.addresses[Table::TimesMs as usize];
        if t_ms == 0 || bias.is_empty() {
            return Ok(bias);
        }
        let out = Buffer::new(&self.device, size_of_val(bias.as_slice()))?;
        let params = TimeBiasParams {
            t_ms,
            out: out.address(),
            bias: self.plan.bias_params(1.0, &self.addresses),
            first: nodes.start as u64,
            len,
        };
        let params = bytemuck::bytes_of(&params);
        // SAFETY: 1. `out` holds len x len values, the tables are this plan's and live in `self`.
        //         2. `first + len` is at most the plan's nodes, for which the table of times was built.
        //         3. one stream orders the launch before the read below, which waits for it.
        //         4. the grid is the one of the plan's module; pairs past the end are left out in time_bias.cu.
        unsafe { self.device.launch(&Raw { entry: TIME_BIAS, params, grid, block, shared_bytes: 0 })? };
        out.read(0, &mut bias).map_err(|e| e.after(TIME_BIAS))?;
        Ok(bias)
    }
}

/// One attention problem on a GPU.
#[derive(Debug)]
pub struct DeviceAttention {
    plan: DevicePlan,
    /// Queries, keys and values.
    inputs: Buffer,
    /// Output and log-sum-exp.
    outputs: Buffer,
    starts: Starts,
    written: Outputs,
    launch: Launch,
}

/// Where in their buffers the tensors start, and how large the buffers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Starts {
    inputs: [usize; 3],
    input_bytes: usize,
    outputs: [usize; 2],
    output_bytes: usize,
}

impl Starts {
    fn of(job: &Job<'_>) -> Self {
        let (inputs, input_bytes) = offsets([&job.q, &job.k, &job.v].map(|x| size_of_val(&**x)));
        let (outputs, output_bytes) = offsets(job.outputs().bytes());
        Self { inputs, input_bytes, outputs, output_bytes }
    }
}

impl DeviceAttention {
    /// Bytes that a plan and a job of it take on a GPU.
    pub fn bytes(plan: &Plan, job: &Job<'_>) -> u64 {
        let (_, tables) = offsets(plan.tables().map(|(_, bytes)| bytes.len()));
        let starts = Starts::of(job);
        (tables + starts.input_bytes + starts.output_bytes) as u64
    }

    /// Copies the tensors of a job to the GPU of its plan.
    ///
    /// # Errors
    /// [`CudaError::Attention`] if they do not fit one another or the kernels, [`CudaError::OutOfMemory`], or what the
    /// driver says.
    pub fn new(plan: &DevicePlan, job: &Job<'_>) -> Result<Self, CudaError> {
        let starts = Starts::of(job);
        job.launch(plan.plan(), &Addresses::default())?;
        let want = job.outputs().rows * job.padded();
        for (what, tensor) in [("q", &job.q), ("k", &job.k), ("v", &job.v)] {
            if tensor.len() != want {
                return Err(AttentionError::Len { what, got: tensor.len(), want }.into());
            }
        }
        plan.device.check_memory((starts.input_bytes + starts.output_bytes) as u64)?;
        let inputs = Buffer::new(&plan.device, starts.input_bytes)?;
        let outputs = Buffer::new(&plan.device, starts.output_bytes)?;
        let input = |i: usize| inputs.address() + starts.inputs[i] as u64;
        let output = |i: usize| outputs.address() + starts.outputs[i] as u64;
        let at = Addresses {
            q: input(0),
            k: input(1),
            v: input(2),
            out: output(0),
            lse: output(1),
            tables: plan.addresses,
        };
        let launch = job.launch(plan.plan(), &at)?;
        let written = job.outputs();
        let mut attention = Self { plan: plan.clone(), inputs, outputs, starts, written, launch };
        attention.copy(job)?;
        Ok(attention)
    }

    /// Launches once, after everything asked of the GPU before, and returns at once.
    ///
    /// # Errors
    /// [`CudaError::Unsupported`] if this GPU has no such kernel, [`CudaError::Load`], [`CudaError::Launch`].
    pub fn launch(&self) -> Result<(), CudaError> {
        let Launch { entry, grid, block, shared_bytes, params } = &self.launch;
        let (params, [grid, block, shared_bytes]) =
            (bytemuck::bytes_of(params), [*grid, *block, *shared_bytes]);
        // SAFETY: 1. `new` compared the lengths of q, k and v with the job's shape and laid the buffers out for it; it
        //            put their own addresses into the launch, and `plan` holds the tables.
        //         2. the tables are the plan's own; `Job::launch` compared its nodes with the job's, so an index of
        //            one is an index of the other.
        //         3. all buffers live in `self`; one stream orders launches, copies and the freeing of them.
        //         4. nobody changes `launch`: it is private, and set by `Job::launch` alone.
        unsafe { self.plan.device.launch(&Raw { entry, params, grid, block, shared_bytes }) }
    }

    /// The result of the last launch, when it is done; NaN everywhere before the first. What the host adds to it,
    /// [`Job::finish`] adds.
    ///
    /// # Errors
    /// [`CudaError::Launch`] if the kernel failed, or what else the driver says.
    pub fn read(&self) -> Result<Output, CudaError> {
        let Outputs { rows, half, output, .. } = self.written;
        let (values, [out_at, lse_at]) = (self.written.values(), self.starts.outputs);
        let out = match output {
            OutputType::F32 => self.written_at(out_at, vec![f32::NAN; values])?,
            OutputType::Half => half.widen(&self.written_at(out_at, vec![u16::MAX; values])?),
        };
        Ok(Output { out, lse: self.written_at(lse_at, vec![f32::NAN; rows])? })
    }

    fn written_at<T: bytemuck::Pod>(&self, at: usize, mut to: Vec<T>) -> Result<Vec<T>, CudaError> {
        self.outputs.read(at, &mut to).map_err(|e| e.after(&self.launch.entry))?;
        Ok(to)
    }

    /// What it launches, addresses included.
    pub fn what(&self) -> &Launch {
        &self.launch
    }

    fn copy(&mut self, job: &Job<'_>) -> Result<(), CudaError> {
        let [q, k, v] = [&job.q, &job.k, &job.v].map(|x| bytemuck::cast_slice(x));
        let [q_at, k_at, v_at] = self.starts.inputs;
        self.inputs.write_parts(&[(q_at, q), (k_at, k), (v_at, v)])
    }
}
