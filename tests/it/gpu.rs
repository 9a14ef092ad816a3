//! The properties of a backend on a GPU. Without a GPU, each test prints SKIP with the reason, and fails if
//! IRONFORGE_REQUIRE_GPU is 1.

mod backend;

use std::collections::BTreeSet;

use half::f16;
use ironforge::attention::lowering::{Half, Kernel, KernelArgs, OutputType, PlanInputs, TIME_BIAS, entries};
use ironforge::attention::{
    Accuracy, Attention, AttentionBackend, Cpu, Inputs, Keys, Output, Plan, Tensor, TimeBias, minutes_between,
};
use ironforge::cuda::{Cuda, CudaDevice, CudaError, DeviceAttention, DevicePlan};

use crate::attention::strategies::{Batch, Bias, Dtype, Mask, Shape, Values};
use crate::attention::suite::{self, Property};
use crate::close::Tolerance;
use crate::emulator::{dense, for_many};
use backend::OnGpu;

/// Number of problems per property and kernel.
const CASES: u32 = 16;

/// The GPU; `None` if there is none, after a line with the reason why `tests` are skipped.
///
/// # Panics
/// If there is none, and IRONFORGE_REQUIRE_GPU is 1.
pub fn device(tests: &str) -> Option<CudaDevice> {
    match CudaDevice::first() {
        Ok(device) => Some(device),
        Err(error) => {
            crate::skip::skip(format_args!("{tests}: {error}"));
            let required = std::env::var_os("IRONFORGE_REQUIRE_GPU").is_some_and(|v| v == "1");
            assert!(!required, "IRONFORGE_REQUIRE_GPU=1, but {tests} cannot run: {error}");
            None
        }
    }
}

fn check_properties(
    device: &CudaDevice,
    name: &str,
    backend: &dyn AttentionBackend,
    properties: impl IntoIterator<Item = Property>,
) {
    for property in properties {
        for_many(device.arch().0, CASES, |batch| {
            property.check(backend, batch).map_err(|e| format!("{name}: {property}: {e}"))
        });
    }
}

fn kernel_has_every_property(kernel: Kernel) {
    let Some(device) = device("gpu") else { return };
    check_properties(&device, kernel.name(), &OnGpu::new(&device, Some(kernel)), Property::ALL);
}

#[test]
fn edge_attention_has_every_property_of_a_backend() {
    kernel_has_every_property(Kernel::EdgeAttention);
}

#[test]
fn flash_attention_has_every_property_of_a_backend() {
    kernel_has_every_property(Kernel::FlashAttention);
}

#[test]
fn block_sparse_attention_has_every_property_of_a_backend() {
    kernel_has_every_property(Kernel::BlockSparseAttention);
}

#[test]
fn cuda_has_every_property_of_a_backend() {
    let Some(device) = device("gpu") else { return };
    let backend = Cuda::new(device.clone());
    let of_any_kernel = Property::ALL.into_iter().filter(|&p| p != Property::AloneAsInABatch);
    check_properties(&device, "auto", &backend, of_any_kernel);
    for_many(device.arch().0, CASES, |batch| suite::a_batch_is_close_to_its_graphs(&backend, batch));
}

#[test]
fn fast_accuracy_is_within_its_documented_bound() {
    let Some(device) = device("gpu") else { return };
    for kernel in Kernel::ALL {
        let backend = OnGpu::new(&device, Some(kernel));
        for_many(device.arch().0, CASES, |batch| suite::fast_keeps_its_bound(&backend, batch));
    }
}

#[test]
fn every_entry_is_reached_and_agrees_with_the_reference() {
    let Some(device) = device("gpu") else { return };
    let arch = device.arch().0;
    let mut reached = BTreeSet::from([TIME_BIAS.to_owned()]);
    let dims = [16, 32, 64, 128].into_iter();
    for (dim, dtype) in dims.flat_map(|dim| [(dim, Dtype::F16), (dim, Dtype::Bf16)]) {
        let batch = Batch::new(&Shape { dtype, ..dense(dim) });
        let half = if dtype == Dtype::Bf16 { Half::Bf16 } else { Half::F16 };
        for kernel in Kernel::ALL.into_iter().filter(|k| k.is_built(arch, half, dim)) {
            let backend = OnGpu::new(&device, Some(kernel));
            Property::FormsAgree
                .check(&backend, &batch)
                .and_then(|()| Property::MatchesReference.check(&backend, &batch))
                .and_then(|()| suite::fast_keeps_its_bound(&backend, &batch))
                .unwrap_or_else(|e| panic!("{kernel} {dtype:?} {dim}: {e}"));
            reached.append(&mut backend.launched.lock().unwrap());
        }
    }
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), entries(arch));
}

/// As the emulator's test of this name.
#[test]
fn an_output_of_16_bits_is_that_of_32_rounded() {
    let Some(device) = device("gpu") else { return };
    for (kernel, dim) in Kernel::ALL.into_iter().flat_map(|k| [1, 11, 64].map(|dim| (k, dim))) {
        let batch = Batch::new(&Shape { mask: Mask::Percent(40), ..dense(dim) });
        let run = |output: OutputType| {
            batch.with_edges(|problem| {
                let plan = OnGpu::new(&device, Some(kernel)).plan(problem).unwrap();
                let args = KernelArgs::new(problem).unwrap().with_output(output);
                let attention =
                    DeviceAttention::new(&DevicePlan::new(&device, plan).unwrap(), &args).unwrap();
                attention.launch().unwrap();
                attention.read().unwrap()
            })
        };
        let (wide, narrow) = (run(OutputType::F32), run(OutputType::Half));
        assert_eq!(Values::store(Dtype::F16, &wide.out).widened(), narrow.out, "{kernel} {dim}");
        assert_eq!(wide.lse, narrow.lse, "{kernel} {dim}");
    }
}

/// A batch that fills the GPU more than once.
fn many_blocks(mask: Mask) -> Batch {
    let lengths = [512, 0, 65, 700, 1, 512, 330, 129].repeat(4);
    Batch::new(&Shape { lengths, heads: 4, mask, bias: Bias::Buckets, logits: 1.0, ..dense(11) })
}

#[test]
fn a_hundred_launches_give_the_same_bits() {
    let Some(device) = device("gpu") else { return };
    let batch = many_blocks(Mask::Percent(10));
    for (kernel, accuracy) in
        Kernel::ALL.into_iter().flat_map(|k| [(k, Accuracy::Exact), (k, Accuracy::Fast)])
    {
        let batch = Batch { accuracy, ..batch.clone() };
        let keys = if kernel == Kernel::FlashAttention { Some(Keys::Causal) } else { None };
        let hundred = |problem: &Attention<'_>| {
            let args = KernelArgs::new(problem).unwrap();
            let plan = Plan::for_kernel(&PlanInputs::of(problem), kernel).unwrap();
            let attention = DeviceAttention::new(&DevicePlan::new(&device, plan).unwrap(), &args).unwrap();
            let once = || {
                attention.launch().unwrap();
                attention.read().unwrap()
            };
            let first = once();
            for n in 1..100 {
                suite::same_bits(&once(), &first).unwrap_or_else(|e| panic!("{kernel}, launch {n}: {e}"));
            }
        };
        match keys {
            Some(keys) => batch.with_keys(keys, hundred),
            None => batch.with_edges(hundred),
        }
    }
}

#[test]
fn the_cpu_and_the_gpu_agree_on_a_batch_that_fills_it() {
    let Some(device) = device("gpu") else { return };
    for mask in [Mask::Band(4), Mask::Percent(40), Mask::Causal] {
        let batch = many_blocks(mask);
        for kernel in Kernel::ALL.map(Some).into_iter().chain([None]) {
            let backend = OnGpu::new(&device, kernel);
            let verdict = batch.with_edges(|p| {
                suite::compare(&batch, &backend.forward(p).unwrap(), &Cpu.forward(p).unwrap())
            });
            verdict.unwrap_or_else(|e| panic!("{kernel:?} {mask:?}: {e}"));
        }
    }
}

/// Bit for bit for `buckets`; for `sqrt`, within two roundings and the error of the approximate square root.
#[test]
fn the_time_bias_of_every_pair_is_that_of_the_host() {
    let Some(device) = device("gpu") else { return };
    let t_ms: Vec<i64> = (0..300).map(|i| 1_785_000_000_000 + i * i * 977 % 15_000_000).collect();
    let buckets = vec![(0.0, 5.0, 0.2), (5.0, 15.0, 0.1), (15.0, 60.0, 0.0), (60.0, 240.0, -0.1)];
    let (offsets, keys) = ([0, 7, 277, 300], Keys::All);
    for (bias, rel) in [
        (TimeBias::Sqrt { scale_minutes: 0.1 }, 4.0 * f64::from(f32::EPSILON)),
        (TimeBias::Buckets(buckets), 0.0),
    ] {
        let plan_inputs =
            PlanInputs { heads: 1, head_dim: 1, offsets: &offsets, keys, bias: &bias, t_ms: Some(&t_ms) };
        let got = DevicePlan::new(&device, Plan::new(&plan_inputs).unwrap()).unwrap().time_bias(1).unwrap();
        let pairs = (7..277).flat_map(|i| (7..277).map(move |j| (i, j)));
        let want: Vec<f64> =
            pairs.map(|(i, j)| f64::from(bias.at(minutes_between(t_ms[i], t_ms[j])))).collect();
        let got: Vec<f64> = got.into_iter().map(f64::from).collect();
        Tolerance { abs: 0.0, rel }.compare(got.into_iter(), want.into_iter()).unwrap();
    }
}

/// Nodes and heads of 128 dimensions before the last graph: queries, keys and values reach past 2^31 bytes there, and
/// the output past 2^32.
const BEFORE: usize = (1 << 21) + 70;
const HEADS: usize = 4;
const DIM: usize = 128;

/// Bytes of host memory for the batch: one tensor used for all three, the output twice, and a margin.
const HOST_BYTES: u64 = 20 << 30;

#[test]
fn offsets_past_two_gigabytes_do_not_overflow() {
    let Some(device) = device("gpu") else { return };
    let available = available_bytes().unwrap_or(0);
    if available < HOST_BYTES {
        crate::skip::skip(format_args!(
            "{available} bytes of memory are free, {HOST_BYTES} needed for offsets past 2^31"
        ));
        return;
    }
    let small = Batch::new(&Shape {
        lengths: vec![130],
        heads: HEADS,
        mask: Mask::Causal,
        bias: Bias::None,
        logits: 1.0,
        ..dense(DIM)
    });
    let Tensor::F16(values) = small.q.tensor() else { panic!("{:?}", small.dtype) };
    let mut large = vec![0_u16; BEFORE * HEADS * DIM];
    large.extend(values.iter().map(|x| x.to_bits()));
    let large: &[f16] = bytemuck::cast_slice(&large);
    let ends = |start: usize| (start as u32 + 1..=start as u32 + 130).collect::<Vec<u32>>();
    let offsets = [0, BEFORE, BEFORE + 130];
    let lo = [vec![0; BEFORE], vec![BEFORE as u32; 130]].concat();
    let hi = [vec![0; BEFORE], ends(BEFORE)].concat();
    for kernel in Kernel::ALL {
        let (alone, from, to) = ([0, 130], vec![0; 130], ends(0));
        let want = far(&device, values, &alone, [&from, &to], small.scale, kernel).unwrap();
        let got = match far(&device, large, &offsets, [&lo, &hi], small.scale, kernel) {
            Err(CudaError::OutOfMemory { requested, free }) => {
                crate::skip::skip(format_args!(
                    "{requested} bytes of its memory needed for offsets past 2^31, {free} free"
                ));
                return;
            }
            other => other.unwrap(),
        };
        let (empty, rows) = (BEFORE * HEADS * DIM, BEFORE * HEADS);
        assert!(got.out[..empty].iter().all(|&x| x == 0.0), "{kernel}: a row without keys");
        assert!(got.lse[..rows].iter().all(|&x| x == f32::NEG_INFINITY), "{kernel}: a row without keys");
        let last = Output { out: got.out[empty..].to_vec(), lse: got.lse[rows..].to_vec() };
        suite::same_bits(&last, &want).unwrap_or_else(|e| panic!("{kernel}: {e}"));
    }
}

/// Attention of `x` to itself by one kernel, row `i` attending to `lo[i]..hi[i]`.
fn far(
    device: &CudaDevice,
    x: &[f16],
    offsets: &[usize],
    [lo, hi]: [&[u32]; 2],
    scale: f32,
    kernel: Kernel,
) -> Result<Output, CudaError> {
    let mut inputs = Inputs::new([HEADS, DIM], [Tensor::F16(x); 3], offsets, Keys::Intervals { lo, hi });
    inputs.scale = Some(scale);
    let problem = Attention::new(inputs)?;
    let plan = Plan::for_kernel(&PlanInputs::of(&problem), kernel)?;
    let attention = DeviceAttention::new(&DevicePlan::new(device, plan)?, &KernelArgs::new(&problem)?)?;
    attention.launch()?;
    attention.read()
}

/// Bytes of memory that the system can still allocate, if it reports them.
fn available_bytes() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}
