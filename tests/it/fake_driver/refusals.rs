//! What cannot run, or stops running, and what the command says then.

use std::path::Path;

use ironforge::cuda::{self, CudaError};
use serde_json::Value;

use super::{Run, library, refused, said};
use crate::ptx::built;

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
        ("cuMemAllocAsync 2 1 2", "the GPU lacks memory"),
        ("cuMemAllocAsync 2 3 2", "the GPU lacks memory"),
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
