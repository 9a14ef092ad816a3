//! The kernels in the emulator, as a backend.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytemuck::{bytes_of, cast_slice};
use ironforge::attention::lowering::{Addresses, Half, Kernel, KernelArgs, OutputType, PlanInputs};
use ironforge::attention::{Attention, AttentionBackend, AttentionError, Output, Plan};
use ironforge::geometry::padded_head_dim;
use ironforge_emulator::{Buffer, Kernels, Launch, Memory, Order, Stats};

use crate::attention::strategies::{Batch, Dtype};

/// Runs each problem on one kernel, if it supports its keys, and records the findings.
pub struct Emulated<'k> {
    kernels: &'k Kernels,
    arch: u32,
    kernel: Option<Kernel>,
    order: Order,
    output: OutputType,
    /// Launched entries.
    pub launched: Mutex<BTreeSet<String>>,
    /// Statistics of the last launch.
    pub stats: Mutex<Stats>,
    /// Findings; a launch with any panics unless `tolerant`.
    pub found: Mutex<Vec<String>>,
    tolerant: bool,
}

impl<'k> Emulated<'k> {
    pub fn new(kernels: &'k Kernels, arch: u32, kernel: Option<Kernel>, order: Order) -> Self {
        let (launched, stats, found) = Default::default();
        let output = OutputType::F32;
        Self { kernels, arch, kernel, order, output, launched, stats, found, tolerant: false }
    }

    /// A backend whose kernels write 16 bits, and no log-sum-exp.
    pub fn in_16_bits(kernels: &'k Kernels, arch: u32, kernel: Kernel) -> Self {
        Self { output: OutputType::Half, ..Self::new(kernels, arch, Some(kernel), Order::Forward) }
    }

    /// A backend that continues after a finding.
    pub fn tolerant(kernels: &'k Kernels, arch: u32, kernel: Kernel) -> Self {
        Self { tolerant: true, ..Self::new(kernels, arch, Some(kernel), Order::Forward) }
    }

    /// True if the kernel is built for the type and head dimension of a batch.
    pub fn is_built(&self, batch: &Batch, kernel: Kernel) -> bool {
        let half = if batch.dtype == Dtype::Bf16 { Half::Bf16 } else { Half::F16 };
        kernel.is_built(self.arch, half, padded_head_dim(batch.dim).unwrap())
    }

    fn plan_of(&self, problem: &Attention<'_>) -> Result<Plan, AttentionError> {
        let (plan_inputs, inputs) = (PlanInputs::of(problem), problem.inputs());
        let (half, padded) = (Half::of(&inputs.q)?, padded_head_dim(inputs.head_dim).unwrap());
        let wanted = match self.kernel {
            Some(kernel) if kernel.is_built(self.arch, half, padded) => {
                Plan::for_kernel(&plan_inputs, kernel)
            }
            Some(_) => Plan::for_kernel(&plan_inputs, Kernel::EdgeAttention),
            None => Plan::new(&plan_inputs),
        };
        match wanted {
            Err(AttentionError::NoKernel { .. }) => {
                Plan::for_kernel(&plan_inputs, Kernel::BlockSparseAttention)
            }
            other => other,
        }
    }

    /// Runs a problem with a plan of its graphs.
    pub fn run(&self, problem: &Attention<'_>, plan: &Plan) -> Result<Output, AttentionError> {
        let args = KernelArgs::new(problem)?.with_output(self.output);
        let mut memory = Memory::new();
        let [out_bytes, lse_bytes] = args.output_layout().bytes();
        let out = memory.output("out", out_bytes);
        let lse = (self.output == OutputType::F32).then(|| memory.output("lse", lse_bytes));
        let at = Addresses {
            q: memory.input("q", cast_slice(&args.q)).address(),
            k: memory.input("k", cast_slice(&args.k)).address(),
            v: memory.input("v", cast_slice(&args.v)).address(),
            out: out.address(),
            lse: lse.map_or(0, Buffer::address),
            tables: plan.tables().map(|(table, bytes)| memory.input(table.name(), bytes).address()),
        };
        let launch = args.launch(plan, &at)?;
        if launch.grid > 0 {
            let report = self.kernels.launch(
                &Launch {
                    entry: &launch.entry,
                    grid: launch.grid,
                    block: launch.block,
                    shared_bytes: launch.shared_bytes,
                    params: bytes_of(&launch.params),
                    order: self.order,
                },
                &mut memory,
            );
            assert!(
                self.tolerant || (report.findings.is_empty() && report.finished),
                "{}: {report}",
                launch.entry
            );
            self.found.lock().unwrap().extend(report.findings.iter().map(ToString::to_string));
            *self.stats.lock().unwrap() = report.stats;
            self.launched.lock().unwrap().insert(launch.entry);
        }
        let out = match self.output {
            OutputType::F32 => cast_slice(memory.bytes(out)).to_vec(),
            OutputType::Half => args.half().widen(cast_slice(memory.bytes(out))),
        };
        let lse = lse.map_or_else(Vec::new, |lse| cast_slice(memory.bytes(lse)).to_vec());
        let mut output = Output { out, lse };
        args.apply_host_fixups(problem, &mut output);
        Ok(output)
    }
}

impl AttentionBackend for Emulated<'_> {
    fn name(&self) -> &'static str {
        "emulator"
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        self.run(problem, &self.plan_of(problem)?)
    }

    fn plan(&self, problem: &Attention<'_>) -> Result<Option<Plan>, AttentionError> {
        self.plan_of(problem).map(Some)
    }

    fn forward_planned(&self, problem: &Attention<'_>, plan: &Arc<Plan>) -> Result<Output, AttentionError> {
        plan.check(problem)?;
        self.run(problem, plan)
    }
}
