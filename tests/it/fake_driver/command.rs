//! Driver calls of the command, and its results.

use std::path::Path;

use half::f16;
use serde_json::Value;

use super::{Run, refused, text_of};
use crate::ptx::built;
use crate::tensors::Tensors;

#[test]
fn work_beyond_the_memory_is_refused_before_anything_is_allocated() {
    if built().is_none() {
        return;
    }
    let run = Run::new(&[("FAKE_MEMORY", "1000000")]);
    refused(
        &run.attend(10_000, &["--backend", "cuda"]),
        "not enough GPU memory: 3 MB requested, 0 MB may be used; split the batch, let more of the GPU's memory be \
         used, or run on the CPU",
    );
    assert_eq!(run.log("alloc"), [""; 0]);
    let auto = run.attend(10_000, &[]);
    assert!(
        text_of(&auto).contains("the work takes 3 MB of GPU memory, 0 MB may be used"),
        "{}",
        text_of(&auto)
    );
}

#[test]
fn the_driver_gets_the_launch_of_the_plan_and_returns_the_result() {
    if built().is_none() {
        return;
    }
    for (cc, pools, accuracy) in [("80", "1", "exact"), ("75", "0", "exact"), ("90", "1", "fast")] {
        let run = Run::new(&[("FAKE_CC", cc), ("FAKE_POOLS", pools)]);
        let output = run.attend(70, &["--backend", "cuda", "--accuracy", accuracy, "--json"]);
        assert!(output.status.success(), "{}", text_of(&output));
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
fn auto_selects_the_gpu_only_for_large_work_and_gives_a_reason() {
    if built().is_none() {
        return;
    }
    let run = Run::new(&[]);
    let small = run.attend(70, &[]);
    assert!(text_of(&small).contains("backend cpu: an estimated 0.40"), "{}", text_of(&small));
    assert_eq!(run.log("alloc"), [""; 0]);
    // Seconds on one thread.
    let large = run.attend(LARGE, &["--backend", "auto"]);
    assert!(large.status.success(), "{}", text_of(&large));
    assert!(text_of(&large).contains("backend cuda: an estimated"), "{}", text_of(&large));
    assert!(
        text_of(&large).contains("s on Fake GPU 0, start and copies included, against"),
        "{}",
        text_of(&large)
    );
    let broken = Run::new(&[("FAKE_FAIL", "cuDevicePrimaryCtxRetain 2")]).ironforge(&["info"]);
    assert!(String::from_utf8_lossy(&broken.stdout).contains("Fake GPU 0, compute capability 8.0, 8.0 GB"));
}

/// Nodes of a graph that is expected to finish sooner on a GPU than on one thread of a CPU.
const LARGE: usize = 1 << 13;

#[test]
fn auto_falls_back_from_a_gpu_that_cannot_do_the_work() {
    if built().is_none() {
        return;
    }
    for (setting, why) in [
        ("cuDevicePrimaryCtxRetain 2", "open the GPU"),
        ("cuMemGetInfo_v2 1", "report its free memory"),
        ("cuModuleLoadData 222", "refused the kernel edge_attention"),
        ("cuLaunchKernel 719", "the CUDA kernel edge_attention_f16_d16 failed"),
        ("cuModuleLoadData 218 2", "refused the kernel flash_attention"),
        ("cuFuncSetAttribute 1", "flash_attention_f16_d16_exact failed: CUDA_ERROR_UNKNOWN (1)"),
        ("cuLaunchKernel 719 2", "the CUDA kernel flash_attention_f16_d16_exact failed"),
    ] {
        let run = Run::new(&[("FAKE_FAIL", setting)]);
        let output = run.attend(LARGE, &[]);
        assert!(output.status.success(), "{setting}: {}", text_of(&output));
        let text = text_of(&output);
        assert!(
            text.contains("backend cpu: an estimated") && text.contains("but the GPU cannot be used"),
            "{text}"
        );
        assert!(text.contains(why), "{text}");
        let written = Tensors::read(Path::new(&run.path("out.safetensors")));
        assert!(written.f32("lse").iter().all(|&lse| lse != -1.0), "{setting}: no result of the driver's");
    }
    // An error of freeing memory is not reported by the next call.
    let run = Run::new(&[("FAKE_FAIL", "cuMemFreeAsync 1 1 99")]);
    let output = run.attend(LARGE, &[]);
    assert!(text_of(&output).contains("backend cuda: an estimated"), "{}", text_of(&output));
    // The GPU's memory suffices for the work, but another process uses half of it.
    let run = Run::new(&[("FAKE_MEMORY", "4000000"), ("FAKE_OTHERS", "2000000")]);
    let output = run.attend(LARGE, &[]);
    assert!(
        text_of(&output).contains("but the GPU cannot be used: not enough GPU memory"),
        "{}",
        text_of(&output)
    );
}

#[test]
fn discover_runs_every_layer_on_the_gpu() {
    if built().is_none() {
        return;
    }
    let run = Run::new(&[]);
    let discover = |device: &str, cache_mb: u32| {
        let (out, cache) = (run.path("out"), format!("attention.plan_cache_mb={cache_mb}"));
        run.ironforge(&[
            "discover",
            "--out",
            &out,
            "--device",
            device,
            "--set",
            "motif.iterations=2",
            "--set",
            &cache,
        ])
    };
    let report =
        || -> Value { serde_json::from_slice(&std::fs::read(run.path("out/run.json")).unwrap()).unwrap() };
    let output = discover("cuda", 1);
    assert!(output.status.success(), "{}", text_of(&output));
    assert!(text_of(&output).contains("device cuda: asked for"), "{}", text_of(&output));
    assert_eq!(run.log("launch").len(), 2, "one launch a layer");
    assert_eq!(run.log("alloc").len(), 5, "tensors and results of each layer, the plan's tables once");
    assert_eq!(report()["device"]["used"], "cuda");
    let plans = || report()["plan_cache"].clone();
    assert_eq!((&plans()["misses"], &plans()["hits"]), (&1.into(), &1.into()), "one plan for two layers");
    assert!(plans()["bytes"].as_u64().unwrap() > 20_000, "{}", plans());
    assert!(discover("cuda", 0).status.success());
    assert_eq!(plans(), serde_json::json!({"hits": 0, "misses": 2, "evictions": 0, "bytes": 0}));
    let auto = discover("auto", 1);
    assert!(text_of(&auto).contains("device cpu: an estimated"), "{}", text_of(&auto));
    let failing = Run::new(&[("FAKE_FAIL", "cuLaunchKernel 700 2")]);
    let out = failing.path("out");
    let output = failing.ironforge(&["discover", "--out", &out, "--device", "cuda"]);
    assert_eq!(output.status.code(), Some(71), "{}", text_of(&output));
    assert!(
        text_of(&output).contains("layer 1") && text_of(&output).contains("(700)"),
        "{}",
        text_of(&output)
    );
    assert!(!Path::new(&out).exists());
}
