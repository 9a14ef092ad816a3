//! Attention with plan and tensors kept on the GPU: copied once, launched many times, read back.
//!
//! Unsafe code is here, in `driver.rs`, `memory.rs` and `launch.rs` only.
#![allow(unsafe_code, reason = "launches kernels on buffers that this module fills")]

use std::sync::Arc;

use super::device::CudaDevice;
use super::device_buffer::{DeviceBuffer, aligned_offsets};
use super::error::CudaError;
use super::launch::RawLaunch;
use crate::attention::lowering::{
    Addresses, DeviceTable, KernelArgs, Launch, OutputLayout, OutputType, TABLES, TIME_BIAS, TimeBiasParams,
    time_bias_shape,
};
use crate::attention::{AttentionError, Output, Plan};

/// A plan with its tables on a GPU. Cloning is cheap; the tables are freed with the last clone.
#[derive(Debug, Clone)]
pub struct DevicePlan {
    plan: Arc<Plan>,
    /// The buffer that `addresses` point into.
    _tables: Arc<DeviceBuffer>,
    addresses: [u64; TABLES],
    device: CudaDevice,
}

impl DevicePlan {
    /// Copies the tables of a plan to a GPU.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`], or another error of the driver.
    pub fn new(device: &CudaDevice, plan: impl Into<Arc<Plan>>) -> Result<Self, CudaError> {
        let plan = plan.into();
        let parts = plan.tables().map(|(_, bytes)| bytes);
        let (starts, bytes) = aligned_offsets(parts.map(<[u8]>::len));
        let mut tables = DeviceBuffer::new(device, bytes)?;
        tables.write_parts(&std::array::from_fn::<_, TABLES, _>(|i| (starts[i], parts[i])))?;
        let address = tables.address();
        // The kernels take address 0 for a table that is not used.
        let addresses =
            std::array::from_fn(|i| if parts[i].is_empty() { 0 } else { address + starts[i] as u64 });
        Ok(Self { plan, _tables: Arc::new(tables), addresses, device: device.clone() })
    }

    /// Plan whose tables are on the GPU.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// True if the tables are those of this same plan object.
    pub(super) fn is_same_plan(&self, plan: &Arc<Plan>) -> bool {
        Arc::ptr_eq(&self.plan, plan)
    }

    /// Address of each of [`Plan::tables`], 0 for an empty one.
    pub fn addresses(&self) -> &[u64; TABLES] {
        &self.addresses
    }

    /// Bias of every pair of nodes of graph `g`, `[len, len]`, computed on the GPU. For inspection: attention never
    /// builds this matrix.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`], [`CudaError::Attention`] if one launch cannot cover it, or another error of the
    /// driver.
    ///
    /// # Panics
    /// If there is no graph `g`.
    #[track_caller]
    pub fn time_bias(&self, g: usize) -> Result<Vec<f32>, CudaError> {
        let nodes = self.plan.offsets()[g]..self.plan.offsets()[g + 1];
        let len = nodes.len() as u64;
        let (grid, block) = time_bias_shape(len)?;
        // Checked before host memory is allocated: a table too large for the GPU may be too large for the host too.
        self.device.check_memory(len.saturating_mul(len).saturating_mul(size_of::<f32>() as u64))?;
        let mut bias = vec![0.0_f32; nodes.len() * nodes.len()];
        let t_ms = self.addresses[DeviceTable::TimesMs as usize];
        if t_ms == 0 || bias.is_empty() {
            return Ok(bias);
        }
        let out = DeviceBuffer::new(&self.device, size_of_val(bias.as_slice()))?;
        let params = TimeBiasParams {
            t_ms,
            out: out.address(),
            bias: self.plan.bias_params(1.0, &self.addresses),
            first: nodes.start as u64,
            len,
        };
        let params = bytemuck::bytes_of(&params);
        // SAFETY: 1. `out` holds len x len values, the tables are this plan's and are owned by `self`.
        //         2. `first + len` is at most the plan's nodes, for which the table of times was built.
        //         3. one stream orders the launch before the read below, which waits for it.
        //         4. the grid is that of `time_bias_shape`; pairs past the end are skipped in time_bias.cu.
        unsafe { self.device.launch(&RawLaunch { entry: TIME_BIAS, params, grid, block, shared_bytes: 0 })? };
        out.read(0, &mut bias).map_err(|e| e.into_kernel_error(TIME_BIAS))?;
        Ok(bias)
    }
}

/// One attention problem on a GPU.
#[derive(Debug)]
pub struct DeviceAttention {
    plan: DevicePlan,
    /// Queries, keys and values.
    inputs: DeviceBuffer,
    /// Output and log-sum-exp.
    outputs: DeviceBuffer,
    offsets: TensorOffsets,
    layout: OutputLayout,
    launch: Launch,
}

/// Byte offsets of the tensors in their buffers, and the sizes of the buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TensorOffsets {
    inputs: [usize; 3],
    input_bytes: usize,
    outputs: [usize; 2],
    output_bytes: usize,
}

impl TensorOffsets {
    fn of(args: &KernelArgs<'_>) -> Self {
        let (inputs, input_bytes) = aligned_offsets([&args.q, &args.k, &args.v].map(|x| size_of_val(&**x)));
        let (outputs, output_bytes) = aligned_offsets(args.output_layout().bytes());
        Self { inputs, input_bytes, outputs, output_bytes }
    }
}

impl DeviceAttention {
    /// Bytes that a plan and arguments for it take on a GPU.
    pub fn bytes(plan: &Plan, args: &KernelArgs<'_>) -> u64 {
        let (_, tables) = aligned_offsets(plan.tables().map(|(_, bytes)| bytes.len()));
        let offsets = TensorOffsets::of(args);
        (tables + offsets.input_bytes + offsets.output_bytes) as u64
    }

    /// Copies the tensors of a problem to the GPU of its plan.
    ///
    /// # Errors
    /// [`CudaError::Attention`] if tensors and plan do not fit one another or the kernels,
    /// [`CudaError::OutOfMemory`], or another error of the driver.
    pub fn new(plan: &DevicePlan, args: &KernelArgs<'_>) -> Result<Self, CudaError> {
        let offsets = TensorOffsets::of(args);
        args.launch(plan.plan(), &Addresses::default())?;
        let want = args.output_layout().rows * args.padded();
        for (what, tensor) in [("q", &args.q), ("k", &args.k), ("v", &args.v)] {
            if tensor.len() != want {
                return Err(AttentionError::Len { what, got: tensor.len(), want }.into());
            }
        }
        plan.device.check_memory((offsets.input_bytes + offsets.output_bytes) as u64)?;
        let inputs = DeviceBuffer::new(&plan.device, offsets.input_bytes)?;
        let outputs = DeviceBuffer::new(&plan.device, offsets.output_bytes)?;
        let input = |i: usize| inputs.address() + offsets.inputs[i] as u64;
        let output = |i: usize| outputs.address() + offsets.outputs[i] as u64;
        let at = Addresses {
            q: input(0),
            k: input(1),
            v: input(2),
            out: output(0),
            lse: output(1),
            tables: plan.addresses,
        };
        let launch = args.launch(plan.plan(), &at)?;
        let layout = args.output_layout();
        let mut attention = Self { plan: plan.clone(), inputs, outputs, offsets, layout, launch };
        attention.copy(args)?;
        Ok(attention)
    }

    /// Launches once, after all earlier work of the GPU. It does not wait.
    ///
    /// # Errors
    /// [`CudaError::Unsupported`] if there is no such kernel for this GPU, [`CudaError::Load`],
    /// [`CudaError::Launch`].
    pub fn launch(&self) -> Result<(), CudaError> {
        let Launch { entry, grid, block, shared_bytes, params } = &self.launch;
        let (params, [grid, block, shared_bytes]) =
            (bytemuck::bytes_of(params), [*grid, *block, *shared_bytes]);
        // SAFETY: 1. `new` compared the lengths of q, k and v with the shape of the arguments and allocated the
        //            buffers for it; it put their addresses into the launch, and `plan` holds the tables.
        //         2. the tables are the plan's own; `KernelArgs::launch` compared its nodes with those of the
        //            arguments, so an index of one is an index of the other.
        //         3. all buffers are owned by `self`; one stream orders launches, copies and the freeing of them.
        //         4. `launch` never changes: it is private, and set by `KernelArgs::launch` alone.
        unsafe { self.plan.device.launch(&RawLaunch { entry, params, grid, block, shared_bytes }) }
    }

    /// Waits for the last launch and returns its result; NaN everywhere before the first. The parts left to the
    /// host are those of [`KernelArgs::apply_host_fixups`].
    ///
    /// # Errors
    /// [`CudaError::Launch`] if the kernel failed, or another error of the driver.
    pub fn read(&self) -> Result<Output, CudaError> {
        let OutputLayout { rows, half, output, .. } = self.layout;
        let (values, [out_at, lse_at]) = (self.layout.values(), self.offsets.outputs);
        let out = match output {
            OutputType::F32 => self.read_at(out_at, vec![f32::NAN; values])?,
            OutputType::Half => half.widen(&self.read_at(out_at, vec![u16::MAX; values])?),
        };
        Ok(Output { out, lse: self.read_at(lse_at, vec![f32::NAN; rows])? })
    }

    fn read_at<T: bytemuck::Pod>(&self, at: usize, mut to: Vec<T>) -> Result<Vec<T>, CudaError> {
        self.outputs.read(at, &mut to).map_err(|e| e.into_kernel_error(&self.launch.entry))?;
        Ok(to)
    }

    /// The launch, with the addresses of this value's buffers.
    pub fn launch_spec(&self) -> &Launch {
        &self.launch
    }

    fn copy(&mut self, args: &KernelArgs<'_>) -> Result<(), CudaError> {
        let [q, k, v] = [&args.q, &args.k, &args.v].map(|x| bytemuck::cast_slice(x));
        let [q_at, k_at, v_at] = self.offsets.inputs;
        self.inputs.write_parts(&[(q_at, q), (k_at, k), (v_at, v)])
    }
}
