//! The kernels on a GPU. Without a GPU, prints the reason why they are not timed.

use std::cell::RefCell;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use ironforge::attention::lowering::{DeviceTable, Kernel, KernelArgs, PlanInputs, TileEntry};
use ironforge::attention::{Accuracy, AttentionError, Keys, Plan};
use ironforge::cuda::{CudaDevice, CudaError, DeviceAttention, DevicePlan};
use serde_json::{Value, json};

use super::cases::{Case, Data, Pattern, density_cases, main_cases};
use super::check::Wanted;
use super::export;

/// Samples of each bench.
const SAMPLES: usize = 20;

/// Short, so that a hundred benches take two minutes.
const WARM_UP: Duration = Duration::from_millis(100);
const MEASUREMENT: Duration = Duration::from_millis(500);

/// Bytes of the bits of a tile.
const TILE_BYTES: usize = 64 * 64 / 8;

pub fn benches(criterion: &mut Criterion) {
    let device = match CudaDevice::first() {
        Ok(device) => device,
        Err(error) => {
            println!("SKIP attention on cuda: {error}");
            let required = std::env::var_os("IRONFORGE_REQUIRE_GPU").is_some_and(|v| v == "1");
            assert!(!required, "IRONFORGE_REQUIRE_GPU=1, but CUDA cannot run: {error}");
            return;
        }
    };
    let mut bench = Bench { criterion, device, runs: vec![], failures: vec![] };
    for case in main_cases() {
        let data = case.data();
        bench.kernels(&case, &data, &[Accuracy::Exact, Accuracy::Fast]);
        bench.around(&case, &data);
        bench.write();
    }
    for case in density_cases() {
        bench.kernels(&case, &case.data(), &[Accuracy::Exact]);
        bench.write();
    }
    assert!(bench.failures.is_empty(), "{}", bench.failures.join("\n"));
}

struct Bench<'c> {
    criterion: &'c mut Criterion,
    device: CudaDevice,
    /// Results for benches/peers.
    runs: Vec<Value>,
    /// Cases with wrong results. The others are still timed.
    failures: Vec<String>,
}

impl Bench<'_> {
    /// Writes all results so far, if a folder is set, so that an interrupted run leaves them.
    fn write(&self) {
        let Some(folder) = export::folder() else { return };
        let gpu = self.device.info();
        let ours = json!({
            "gpu": gpu.name,
            "driver": gpu.driver.to_string(),
            "capability": gpu.capability.to_string(),
            "failures": self.failures,
            "runs": self.runs,
        });
        std::fs::write(folder.join("ours.json"), format!("{ours:#}\n")).unwrap();
    }

    /// Times every kernel that supports the case, in each of its accuracies.
    fn kernels(&mut self, case: &Case, data: &Data, accuracies: &[Accuracy]) {
        let want = Wanted::new(case, data);
        let problem = data.problem(case, data.keys(case.pattern), Accuracy::Exact);
        let chosen = Plan::new(&PlanInputs::of(&problem)).unwrap().kernel();
        for (kernel, &accuracy) in
            Kernel::ALL.into_iter().flat_map(|k| accuracies.iter().map(move |a| (k, a)))
        {
            // The gather kernel computes in f32 throughout: it has one accuracy.
            if (kernel, accuracy) == (Kernel::EdgeAttention, Accuracy::Fast) {
                continue;
            }
            if let Err(why) = self.kernel([kernel, chosen], accuracy, (case, data), &want) {
                println!("FAILED {kernel} {}: {why}", case.label());
                self.failures.push(format!("{kernel} {} {accuracy:?}: {why}", case.label()));
            }
        }
    }

    /// Times one kernel; `chosen` is the one that a plan would choose.
    fn kernel(
        &mut self,
        [kernel, chosen]: [Kernel; 2],
        accuracy: Accuracy,
        (case, data): (&Case, &Data),
        want: &Wanted,
    ) -> Result<(), String> {
        let (lo, hi) = intervals(case, data);
        // The flash kernel takes the N keys before each node as intervals.
        let keys = match case.pattern {
            Pattern::Last(_) if kernel == Kernel::FlashAttention => Keys::Intervals { lo: &lo, hi: &hi },
            pattern => data.keys(pattern),
        };
        let problem = data.problem(case, keys, accuracy);
        let plan = match Plan::for_kernel(&PlanInputs::of(&problem), kernel) {
            Err(AttentionError::NoKernel { .. }) => return Ok(()),
            other => other.map_err(|e| e.to_string())?,
        };
        let tables = [DeviceTable::Entries, DeviceTable::Tiles].map(|t| plan.tables()[t as usize].1.len());
        let once = || {
            let args = KernelArgs::new(&problem)?;
            let attention = DeviceAttention::new(&DevicePlan::new(&self.device, plan)?, &args)?;
            attention.launch()?;
            attention.read().map(|output| (attention, output))
        };
        let (attention, output) = once().map_err(|e: CudaError| e.to_string())?;
        let error = want.check(&output, accuracy)?;
        let exact = accuracy == Accuracy::Exact;
        if kernel == chosen && exact {
            export::output(case, &output);
        }

        let name = format!("{}{}", case.label(), if exact { "" } else { "_fast" });
        let (device, pairs) = (self.device.clone(), data.pairs(case.pattern));
        let us = self.time(&format!("attention/{kernel}/cuda"), &name, Some(pairs * case.heads), |n| {
            let launches = || (0..n).try_for_each(|_| attention.launch());
            Duration::from_secs_f64(f64::from(device.time_ms(launches).unwrap()) / 1e3)
        });
        // The filter of the command line may exclude it.
        if let Some(us) = us {
            self.runs.push(json!({
                "case": case.label(),
                "kernel": kernel.name(),
                "accuracy": if exact { "exact" } else { "fast" },
                "chosen": kernel == chosen,
                "us": us,
                "error": error,
                "pairs": pairs,
                "tiles": tables[0] / size_of::<TileEntry>(),
                "partial_tiles": tables[1] / TILE_BYTES,
            }));
        }
        Ok(())
    }

    /// Times building the plan on the host, and the copies, by the host's clock.
    fn around(&mut self, case: &Case, data: &Data) {
        let problem = data.problem(case, data.keys(case.pattern), Accuracy::Exact);
        let (plan_inputs, args, name) =
            (PlanInputs::of(&problem), KernelArgs::new(&problem).unwrap(), case.label());
        let plan = Plan::new(&plan_inputs).unwrap();
        let kernel = plan.kernel();
        let plan = DevicePlan::new(&self.device, plan).unwrap();
        let attention = DeviceAttention::new(&plan, &args).unwrap();
        let timed = |work: &dyn Fn()| {
            let start = std::time::Instant::now();
            work();
            start.elapsed()
        };
        let each = |n: u64, work: &dyn Fn()| timed(&|| (0..n).for_each(|_| work()));
        let device = self.device.clone();
        let times = [
            (
                "plan/host",
                self.time("attention/plan/host", &name, None, |n| {
                    each(n, &|| drop(Plan::for_kernel(&plan_inputs, kernel).unwrap()))
                }),
            ),
            (
                "tables_in",
                self.time("attention/tables_in/cuda", &name, None, |n| {
                    each(n, &|| drop(DevicePlan::new(&device, plan.plan().clone()).unwrap()))
                }),
            ),
            (
                "copy_in",
                self.time("attention/copy_in/cuda", &name, None, |n| {
                    each(n, &|| drop(DeviceAttention::new(&plan, &args).unwrap()))
                }),
            ),
            (
                "copy_out",
                self.time("attention/copy_out/cuda", &name, None, |n| {
                    each(n, &|| drop(attention.read().unwrap()))
                }),
            ),
        ];
        for (what, us) in times {
            if let Some(us) = us {
                self.runs.push(json!({ "case": name, "kernel": kernel.name(), "step": what, "us": us }));
            }
        }
    }

    /// Times batches of `n` calls of `work`, and returns the median, smallest and largest time of one call,
    /// microseconds.
    fn time(
        &mut self,
        group: &str,
        name: &str,
        scores: Option<usize>,
        work: impl Fn(u64) -> Duration,
    ) -> Option<[f64; 3]> {
        let samples = RefCell::new(Vec::new());
        let mut group = self.criterion.benchmark_group(group);
        group.sample_size(SAMPLES).nresamples(10_000);
        group.warm_up_time(WARM_UP).measurement_time(MEASUREMENT);
        if let Some(scores) = scores {
            group.throughput(Throughput::Elements(scores as u64));
        }
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter_custom(|n| {
                let time = work(n);
                samples.borrow_mut().push(time.as_secs_f64() * 1e6 / n as f64);
                time
            });
        });
        group.finish();
        // The first samples are the warm-up.
        let mut us: Vec<f64> = samples.into_inner().into_iter().rev().take(SAMPLES).collect();
        us.sort_by(f64::total_cmp);
        Some([*us.get(us.len() / 2)?, *us.first()?, *us.last()?])
    }
}

/// First key of each node and one past the last, for a pattern of the last N nodes.
fn intervals(case: &Case, data: &Data) -> (Vec<u32>, Vec<u32>) {
    let row = |i: usize| {
        let row = data.row(case.pattern, i);
        (row.first().copied().unwrap_or(0), row.last().map_or(0, |j| j + 1))
    };
    match case.pattern {
        Pattern::Last(_) => (0..case.nodes()).map(row).unzip(),
        _ => (vec![], vec![]),
    }
}
