//! Failures before and during a run, and the messages of the command.

use std::fs;
use std::path::Path;
use std::process::Command;

use ironforge::cuda::{self, CudaError};
use serde_json::Value;

use super::{Run, library, refused, text_of};
use crate::ptx::built;

/// True if the system has a CUDA driver, which would be loaded in place of the fake one.
fn has_driver() -> bool {
    let has = cuda::probe() != Err(CudaError::NoDriver);
    if has {
        crate::skip::skip(format_args!("the system has a CUDA driver"));
    }
    has
}

#[test]
fn without_a_driver_cuda_is_refused() {
    if has_driver() {
        return;
    }
    let run = Run::new(&[("LD_LIBRARY_PATH", "")]);
    refused(
        &run.attend(4, &["--backend", "cuda"]),
        "device cuda cannot run, device cpu can: no CUDA driver: libcuda was not found; install the NVIDIA driver",
    );
    let output = run.attend(4, &["--backend", "auto"]);
    assert!(output.status.success());
    assert!(
        text_of(&output).contains("backend cpu: no GPU can be used: no CUDA driver"),
        "{}",
        text_of(&output)
    );
}

#[test]
fn a_library_that_is_not_a_driver_is_refused_without_a_panic() {
    let folder = library("cuda_empty", "tests/cuda_fake/empty.c").display().to_string();
    let run = Run::new(&[("LD_LIBRARY_PATH", &folder)]);
    let holds =
        "no CUDA driver: libcuda has no cuDriverGetVersion; install the NVIDIA driver, or keep every other";
    refused(&run.attend(4, &["--backend", "cuda"]), holds);
    assert!(run.ironforge(&["info"]).status.success());
}

#[test]
fn a_library_that_cannot_be_loaded_is_refused_with_the_message_of_the_loader() {
    if has_driver() {
        return;
    }
    let junk = tempfile::tempdir().unwrap();
    fs::write(junk.path().join("libcuda.so"), [b'x'; 4096]).unwrap();
    let needy = library("cuda_needy", "tests/cuda_fake/empty.c");
    let other = needy.join("libneeded.so");
    fs::rename(needy.join("libcuda.so"), &other).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-Wl,--no-as-needed", "-o"]).arg(needy.join("libcuda.so"));
    let cc = cc.arg("-L").arg(&needy).arg("-lneeded").status().unwrap();
    assert!(cc.success());
    fs::remove_file(&other).unwrap();
    for (folder, words) in
        [(junk.path(), "/libcuda.so: "), (&needy, "libneeded.so: cannot open shared object file")]
    {
        let run = Run::new(&[("LD_LIBRARY_PATH", folder.to_str().unwrap())]);
        let output = run.attend(4, &["--backend", "cuda"]);
        refused(
            &output,
            "device cuda cannot run, device cpu can: no CUDA driver: libcuda cannot be loaded (",
        );
        refused(&output, words);
        refused(&output, "; install the NVIDIA driver, or keep every other libcuda out of LD_LIBRARY_PATH");
    }
}

#[test]
fn a_driver_that_cannot_run_is_refused_before_any_input_is_read() {
    let cases = [
        (("FAKE_FAIL", "cuInit 100"), "device cuda cannot run, device cpu can: the CUDA driver finds no GPU"),
        (("FAKE_FAIL", "cuDeviceGetCount 100"), "the CUDA driver finds no GPU"),
        (("FAKE_GPUS", "0"), "the CUDA driver finds no GPU"),
        (("FAKE_GPUS", "-1"), "the CUDA driver finds no GPU"),
        (
            ("FAKE_FAIL", "cuInit 34"),
            "no CUDA driver: libcuda is the stub of a CUDA toolkit; install the NVIDIA",
        ),
        (("FAKE_FAIL", "cuInit 999"), "failed to start: CUDA_ERROR_UNKNOWN (999): a chosen error"),
        (
            ("FAKE_VERSION", "11080"),
            "too old: it supports CUDA 11.8, and 12.0 is needed; update the NVIDIA driver",
        ),
        (("FAKE_VERSION", "-12040"), "too old: it supports CUDA 0.0"),
    ];
    for (env, holds) in cases {
        let run = Run::new(&[env]);
        refused(&run.ironforge(&["attend", "absent.safetensors", "--out", "x", "--backend", "cuda"]), holds);
        let auto = run.attend(4, &[]);
        assert!(
            auto.status.success() && text_of(&auto).contains("backend cpu: no GPU can be used"),
            "{}",
            text_of(&auto)
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
    let negative = Run::new(&[("FAKE_CC", "-80")]).attend(4, &["--backend", "cuda"]);
    refused(&negative, "Fake GPU 0 has compute capability 0.0, and the kernels need 7.5; use a newer GPU");
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
            "refused the kernel flash_attention: CUDA_ERROR_UNSUPPORTED_PTX_VERSION (222): a chosen error; update the \
             NVIDIA driver, or run on the CPU",
        ),
        ("cuModuleGetFunction 500", "refused the kernel flash_attention"),
        (
            "cuModuleLoadData 700",
            "the GPU failed earlier (load a kernel: CUDA_ERROR_ILLEGAL_ADDRESS (700): an illegal memory access was \
             encountered) and gives no more results in this process; start the program again",
        ),
        ("cuModuleLoadData 2", "failed to load a kernel: CUDA_ERROR_OUT_OF_MEMORY (2)"),
        ("cuMemAllocAsync 2 1 2", "not enough GPU memory"),
        ("cuMemAllocAsync 2 3 2", "not enough GPU memory"),
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
