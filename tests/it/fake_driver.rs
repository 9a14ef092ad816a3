//! The host half of CUDA against a driver that records what it is asked for and fails where it is told to
//! (tests/cuda_fake/driver.c). libcuda is loaded once in a process, so each case is a process of its own.
#![allow(unsafe_code, reason = "a launch on a caller's stream")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use half::f16;
use ironforge::attention::plan::{Job, Layout};
use ironforge::attention::{Attention, AttentionBackend, Inputs, Keys, Plan, Tensor, TimeBias};
use ironforge::cuda::{self, Buffer, Cuda, CudaError, Device, DeviceAttention, DevicePlan, RawStream};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;
use tempfile::TempDir;

use crate::ptx::built;
use crate::tensors::Tensors;

/// Set in the process that a test starts to play the part of that name.
const PART: &str = "FAKE_PART";

/// The folder of a libcuda.so compiled from this source.
fn library(name: &str, source: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (source, library) = (Path::new(env!("CARGO_MANIFEST_DIR")).join(source), folder.join("libcuda.so"));
    let cc = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .output()
        .unwrap();
    assert!(cc.status.success(), "{}", String::from_utf8_lossy(&cc.stderr));
    folder
}

fn fake() -> &'static Path {
    static FAKE: OnceLock<PathBuf> = OnceLock::new();
    FAKE.get_or_init(|| library("cuda_fake", "tests/cuda_fake/driver.c"))
}

/// A program that meets the fake driver, and the folder it works in.
struct Run {
    folder: TempDir,
    env: Vec<(&'static str, String)>,
}

impl Run {
    fn new(env: &[(&'static str, &str)]) -> Self {
        let env = env.iter().map(|&(name, value)| (name, value.to_owned())).collect();
        Self { folder: tempfile::tempdir().unwrap(), env }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn start(&self, program: &Path, args: &[&str], part: &str) -> Output {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("IRONFORGE_")) {
            command.env_remove(name);
        }
        command.env("LD_LIBRARY_PATH", fake()).env("FAKE_LOG", self.path("log")).env(PART, part);
        command.envs(self.env.iter().map(|(name, value)| (name, value))).args(args).output().unwrap()
    }

    fn ironforge(&self, args: &[&str]) -> Output {
        self.start(Path::new(env!("CARGO_BIN_EXE_ironforge")), args, "")
    }

    /// `ironforge attend` on `nodes` nodes of 2 heads of 3, who see themselves and what is before them.
    fn attend(&self, nodes: usize, args: &[&str]) -> Output {
        let input = self.path("in.safetensors");
        std::fs::write(&input, tensors(nodes)).unwrap();
        self.ironforge(&[&["attend", &input, "--out", &self.path("out.safetensors")], args].concat())
    }

    /// Plays a part of [`the_other_process`].
    fn part(&self, name: &str) {
        let args = ["fake_driver::the_other_process", "--exact", "--nocapture"];
        let output = self.start(&std::env::current_exe().unwrap(), &args, name);
        let said = [&output.stdout[..], &output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    }

    /// The lines of the log that begin so, without that.
    fn log(&self, what: &str) -> Vec<String> {
        let log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
        log.lines().filter_map(|l| l.strip_prefix(what)?.strip_prefix(' ')).map(str::to_owned).collect()
    }
}

fn values(nodes: usize) -> Vec<f16> {
    (0..nodes * 2 * 3).map(|i| f16::from_f32((i % 5) as f32)).collect()
}

fn tensors(nodes: usize) -> Vec<u8> {
    let values = values(nodes);
    let bytes: &[u8] = bytemuck::cast_slice(&values);
    let view = |name| (name, TensorView::new(Dtype::F16, vec![nodes, 2, 3], bytes).unwrap());
    let metadata = HashMap::from([("keys".to_owned(), "causal".to_owned())]);
    safetensors::serialize(["q", "k", "v"].map(view), Some(metadata)).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Fails unless the command stopped with code 71 and one line that holds the text.
fn refused(output: &Output, holds: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(71), "{said}");
    assert!(said.contains(holds), "expected {holds:?} in: {said}");
    assert!(!said.contains("panicked") && said.trim_end().lines().count() == 1, "{said}");
}

#[test]
fn without_a_driver_the_refusal_says_so() {
    if cuda::probe() != Err(CudaError::NoDriver) {
        println!("SKIP: this machine has a CUDA driver");
        return;
    }
    let run = Run::new(&[("LD_LIBRARY_PATH", "")]);
    refused(
        &run.attend(4, &["--backend", "cuda"]),
        "device cuda cannot run: no CUDA driver: libcuda was not found",
    );
    let output = run.attend(4, &["--backend", "auto"]);
    assert!(output.status.success());
    assert!(said(&output).contains("backend cpu: no GPU can be used: no CUDA driver"), "{}", said(&output));
}

#[test]
fn a_library_that_is_no_driver_is_refused_without_a_panic() {
    let folder = library("cuda_empty", "tests/cuda_fake/empty.c").display().to_string();
    let run = Run::new(&[("LD_LIBRARY_PATH", &folder)]);
    refused(&run.attend(4, &["--backend", "cuda"]), "failed to load: libcuda has no cuCtxGetCurrent");
    assert!(run.ironforge(&["info"]).status.success());
}

#[test]
fn what_a_driver_cannot_do_is_known_before_any_input_is_read() {
    let cases = [
        (("FAKE_FAIL", "cuInit 100"), "device cuda cannot run: the CUDA driver finds no GPU"),
        (("FAKE_FAIL", "cuInit 34"), "device cuda cannot run: no CUDA driver"),
        (("FAKE_FAIL", "cuInit 999"), "failed to start: CUDA_ERROR_UNKNOWN (999): a chosen error"),
        (
            ("FAKE_VERSION", "11080"),
            "too old: it runs CUDA 11.8, and 12.0 is needed; update the NVIDIA driver",
        ),
    ];
    for (env, holds) in cases {
        let run = Run::new(&[env]);
        refused(&run.ironforge(&["attend", "absent.safetensors", "--out", "x", "--backend", "cuda"]), holds);
        let auto = run.attend(4, &[]);
        assert!(
            auto.status.success() && said(&auto).contains("backend cpu: no GPU can be used"),
            "{}",
            said(&auto)
        );
        let info = run.ironforge(&["info", "--json"]);
        let info: Value = serde_json::from_slice(&info.stdout).unwrap();
        assert!(info["cuda"].as_str().unwrap().starts_with("cannot run: "), "{info}");
    }
    if built().is_none() {
        refused(&Run::new(&[]).attend(4, &["--backend", "cuda"]), "this build has no CUDA kernels");
        return;
    }
    let old = Run::new(&[("FAKE_CC", "61")]).attend(4, &["--backend", "cuda"]);
    refused(&old, "Fake GPU 0 has compute capability 6.1, and the kernels need 7.5");
    let closed = Run::new(&[("FAKE_FAIL", "cuDevicePrimaryCtxRetain 2")]).attend(4, &["--backend", "cuda"]);
    refused(&closed, "failed to open the GPU: CUDA_ERROR_OUT_OF_MEMORY (2)");
}

#[test]
fn each_failure_has_its_error_and_leaves_no_result() {
    if built().is_none() {
        return;
    }
    let cases = [
        (
            "cuModuleLoadData 222",
            "refused the kernel flash_attention: CUDA_ERROR_UNSUPPORTED_PTX_VERSION (222)",
        ),
        ("cuModuleGetFunction 500", "refused the kernel flash_attention"),
        ("cuMemAllocAsync 2", "the GPU lacks memory"),
        ("cuMemAllocAsync 2 3", "the GPU lacks memory"),
        ("cuMemcpyHtoDAsync_v2 1", "failed to copy to the GPU"),
        (
            "cuLaunchKernel 719",
            "the CUDA kernel flash_attention_f16_d16_exact failed: CUDA_ERROR_LAUNCH_FAILED (719)",
        ),
        (
            "cuMemcpyDtoHAsync_v2 700",
            "flash_attention_f16_d16_exact failed: CUDA_ERROR_ILLEGAL_ADDRESS (700): an illegal memory access",
        ),
        (
            "cuStreamSynchronize 700 3",
            "flash_attention_f16_d16_exact failed: CUDA_ERROR_ILLEGAL_ADDRESS (700)",
        ),
    ];
    for (fail, holds) in cases {
        let run = Run::new(&[("FAKE_FAIL", fail)]);
        refused(&run.attend(4, &["--backend", "cuda"]), holds);
        assert!(!Path::new(&run.path("out.safetensors")).exists(), "{fail}");
    }
}

#[test]
fn work_beyond_the_memory_is_refused_before_anything_is_allocated() {
    if built().is_none() {
        return;
    }
    let run = Run::new(&[("FAKE_MEMORY", "1000000")]);
    refused(
        &run.attend(10_000, &["--backend", "cuda"]),
        "the GPU lacks memory: 3 MB asked for, 0 MB may be used",
    );
    assert_eq!(run.log("alloc"), [""; 0]);
    let auto = run.attend(10_000, &[]);
    assert!(said(&auto).contains("the work takes 3 MB of GPU memory, 1 MB may be used"), "{}", said(&auto));
}

#[test]
fn the_driver_is_given_what_the_plan_says_and_the_result_comes_back() {
    if built().is_none() {
        return;
    }
    for (cc, pools, accuracy) in [("80", "1", "exact"), ("75", "0", "exact"), ("90", "1", "fast")] {
        let run = Run::new(&[("FAKE_CC", cc), ("FAKE_POOLS", pools)]);
        let output = run.attend(70, &["--backend", "cuda", "--accuracy", accuracy, "--json"]);
        assert!(output.status.success(), "{}", said(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&report["backend"], &report["reason"]), (&"cuda".into(), &"asked for".into()));

        let entry = format!("flash_attention_f16_d16_{accuracy}");
        assert_eq!(run.log("function"), std::slice::from_ref(&entry));
        assert!(run.log("module")[0].ends_with(if cc == "75" { "sm_75" } else { "sm_80" }));
        // Two block rows, and heads of 16 together in one block.
        let launch = &run.log("launch")[0];
        assert!(launch.starts_with(&format!("{entry} grid 2 block 128 shared ")), "{launch}");
        let shared: u32 = launch.split(' ').nth(6).unwrap().parse().unwrap();
        assert!(shared > 48 * 1024 || run.log("attribute").is_empty());
        if shared > 48 * 1024 {
            assert_eq!(run.log("attribute"), [format!("{entry} 8 {shared}")]);
        }
        assert_eq!(run.log("params"), ["70 nodes 2 heads of 3 keys 1"]);
        let row: String = [0, 1, 2].map(|i| hex(f16::from_f32(i as f32))).concat() + &"0000".repeat(13);
        let next: String = [3, 4, 0].map(|i| hex(f16::from_f32(i as f32))).concat() + &"0000".repeat(13);
        for tensor in ["q", "k", "v"] {
            assert_eq!(run.log(tensor), [row.clone() + &next], "{tensor}");
        }
        assert_eq!(run.log("alloc").len(), run.log("free").len(), "memory is left allocated");

        let written = Tensors::read(Path::new(&run.path("out.safetensors")));
        let want: Vec<f32> = (0..70 * 6).map(|i| (i % 64) as f32 / 64.0).collect();
        assert_eq!((written.f32("out"), written.f32("lse")), (want, vec![-1.0; 140]));
    }
}

fn hex(x: f16) -> String {
    x.to_le_bytes().map(|byte| format!("{byte:02x}")).concat()
}

#[test]
fn auto_takes_the_gpu_for_large_work_alone_and_says_why() {
    if built().is_none() {
        return;
    }
    let run = Run::new(&[]);
    let small = run.attend(70, &[]);
    assert!(said(&small).contains("backend cpu: an estimated 0.50"), "{}", said(&small));
    assert_eq!(run.log("alloc"), [""; 0]);
    // A thousand million pairs: seconds on any CPU.
    let large = run.attend(1 << 15, &["--backend", "auto"]);
    assert!(large.status.success(), "{}", said(&large));
    assert!(said(&large).contains("backend cuda: an estimated"), "{}", said(&large));
    assert!(said(&large).contains("s on Fake GPU 0, start and copies included, against"), "{}", said(&large));
    let broken = Run::new(&[("FAKE_FAIL", "cuDevicePrimaryCtxRetain 2")]).ironforge(&["info"]);
    assert!(String::from_utf8_lossy(&broken.stdout).contains("Fake GPU 0, compute capability 8.0, 8.0 GB"));
}

#[test]
fn discover_runs_every_layer_on_the_gpu_it_was_given() {
    if built().is_none() {
        return;
    }
    let run = Run::new(&[]);
    let discover = |device: &str, room: u32| {
        let (out, room) = (run.path("out"), format!("attention.plan_cache_mb={room}"));
        run.ironforge(&[
            "discover",
            "--out",
            &out,
            "--device",
            device,
            "--set",
            "motif.iterations=2",
            "--set",
            &room,
        ])
    };
    let report =
        || -> Value { serde_json::from_slice(&std::fs::read(run.path("out/run.json")).unwrap()).unwrap() };
    let output = discover("cuda", 1);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("device cuda: asked for"), "{}", said(&output));
    assert_eq!(run.log("launch").len(), 2, "one launch a layer");
    assert_eq!(run.log("alloc").len(), 5, "tensors and results of each layer, the plan's tables once");
    assert_eq!(report()["device"]["used"], "cuda");
    let plans = || report()["plan_cache"].clone();
    assert_eq!((&plans()["misses"], &plans()["hits"]), (&1.into(), &1.into()), "one plan for two layers");
    assert!(plans()["bytes"].as_u64().unwrap() > 20_000, "{}", plans());
    assert!(discover("cuda", 0).status.success());
    assert_eq!(plans(), serde_json::json!({"hits": 0, "misses": 2, "evictions": 0, "bytes": 0}));
    let auto = discover("auto", 1);
    assert!(said(&auto).contains("device cpu: an estimated"), "{}", said(&auto));
    let failing = Run::new(&[("FAKE_FAIL", "cuLaunchKernel 700 2")]);
    let out = failing.path("out");
    let output = failing.ironforge(&["discover", "--out", &out, "--device", "cuda"]);
    assert_eq!(output.status.code(), Some(71), "{}", said(&output));
    assert!(said(&output).contains("layer 1") && said(&output).contains("(700)"), "{}", said(&output));
    assert!(!Path::new(&out).exists());
}

#[test]
fn what_is_on_the_gpu_is_launched_many_times() {
    if built().is_none() {
        return;
    }
    let run = Run::new(&[]);
    run.part("resident");
    let launches = run.log("launch");
    assert_eq!(launches.iter().filter(|l| l.starts_with("flash_attention_f16_d16_exact grid 1 ")).count(), 4);
    assert_eq!(launches.iter().filter(|l| l.ends_with(" stream abc")).count(), 1, "{launches:?}");
    assert_eq!(launches.iter().filter(|l| l.starts_with("time_bias grid 5 block 256 ")).count(), 1);
    assert_eq!(run.log("module").len(), 2, "a kernel is loaded once");
    assert_eq!(run.log("alloc").len(), run.log("free").len());
}

#[test]
fn after_a_fatal_error_every_call_says_so() {
    if built().is_none() {
        return;
    }
    for code in ["700", "719"] {
        Run::new(&[("FAKE_FAIL", &format!("cuMemcpyDtoHAsync_v2 {code}"))]).part("poisoned");
    }
    Run::new(&[("FAKE_FAIL", "cuMemAllocAsync 2 3")]).part("recovering");
}

/// What the tests above have another process do; by itself, nothing.
#[test]
fn the_other_process() {
    match std::env::var(PART).as_deref() {
        Ok("resident") => resident(),
        Ok("poisoned") => poisoned(),
        Ok("recovering") => recovering(),
        _ => {}
    }
}

fn with_problem(f: impl FnOnce(&Attention<'_>)) {
    let (values, t_ms) = (values(5), [0, 1, 2, 3, 4]);
    let mut inputs = Inputs::new([2, 3], [Tensor::F16(&values); 3], &[0, 5], Keys::All);
    inputs.bias = TimeBias::Sqrt { scale_minutes: 0.1 };
    inputs.t_ms = Some(&t_ms);
    f(&Attention::new(inputs).unwrap());
}

fn resident() {
    with_problem(|problem| {
        let device = Device::first().unwrap();
        let plan = DevicePlan::new(&device, Plan::new(&Layout::of(problem)).unwrap()).unwrap();
        let job = Job::new(problem).unwrap();
        let attention = DeviceAttention::new(&plan, &job).unwrap();
        assert!(attention.read().unwrap().out.iter().all(|x| x.is_nan()), "nothing was launched yet");
        for _ in 0..2 {
            attention.launch().unwrap();
        }
        assert_eq!(device.time_ms(|| attention.launch()).unwrap(), 0.5);
        assert_eq!(attention.read().unwrap().lse, [-1.0; 10]);
        // SAFETY: the launch is the plan's own, on its own buffers; the fake driver takes any stream.
        unsafe { device.launch_on(RawStream(0xabc as *mut _), attention.what()) }.unwrap();
        assert_eq!(plan.time_bias(0).unwrap().len(), 25);

        let mut cut = job.clone();
        cut.k = vec![0; 3].into();
        assert!(matches!(DeviceAttention::new(&plan, &cut), Err(CudaError::Attention(_))));
        let limited = device.with_memory_limit(1000);
        let error = Buffer::new(&limited, 1_000_000).unwrap_err();
        assert!(matches!(error, CudaError::OutOfMemory { asked: 1_000_000, free } if free < 1000), "{error}");
    });
}

fn poisoned() {
    with_problem(|problem| {
        let backend = Cuda::new(Device::first().unwrap());
        let first = backend.run(problem).unwrap_err();
        assert!(matches!(first, CudaError::Launch { code: 700 | 719, .. }), "{first}");
        for _ in 0..2 {
            let later = backend.run(problem).unwrap_err();
            assert!(matches!(later, CudaError::Poisoned { .. }), "{later}");
        }
        assert!(backend.forward(problem).unwrap_err().to_string().contains("start it again"));
        assert!(matches!(backend.device().free_bytes(), Err(CudaError::Poisoned { .. })));
    });
}

fn recovering() {
    with_problem(|problem| {
        let backend = Cuda::new(Device::first().unwrap());
        let first = backend.run(problem).unwrap_err();
        assert!(matches!(first, CudaError::OutOfMemory { .. }), "{first}");
        assert_eq!(backend.run(problem).unwrap().lse, [-1.0; 10]);
    });
}
