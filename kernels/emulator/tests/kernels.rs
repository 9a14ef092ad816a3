//! The kernels of the product: compiled for both machines, and from a copy that a test may change.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use ironforge_emulator::{Kernels, require};

#[test]
fn both_machines_have_their_kernels() {
    let (Some(sm_75), Some(sm_80)) = (require(75), require(80)) else { return };
    for kernels in [sm_75, sm_80] {
        assert!(kernels.has("time_bias") && kernels.has("flash_attention_f16_d16_exact"), "{kernels:?}");
    }
    assert!(sm_80.has("flash_attention_bf16_d128_fast") && !sm_75.has("flash_attention_bf16_d128_fast"));
    assert!(Kernels::built_for(60).is_err());
}

#[test]
fn a_changed_copy_compiles_elsewhere() {
    if require(80).is_none() {
        return;
    }
    let kernels = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copy");
    let _ = std::fs::remove_dir_all(&copy);
    for (folder, extension) in [("", "cu"), ("include", "cuh")] {
        std::fs::create_dir_all(copy.join(folder)).unwrap();
        for file in std::fs::read_dir(kernels.join(folder)).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|e| e == extension) {
                std::fs::copy(&file, copy.join(folder).join(file.file_name().unwrap())).unwrap();
            }
        }
    }
    let copied = Kernels::compile(&copy, &copy.join("objects"), &["FEW_ENTRIES"]).unwrap();
    assert!(copied.has("flash_attention_f16_d16_exact") && !copied.has("flash_attention_bf16_d128_fast"));

    std::fs::write(copy.join("broken.cu"), "no kernel").unwrap();
    let refused = Kernels::compile(&copy, &copy.join("objects"), &["FEW_ENTRIES"]).unwrap_err();
    std::fs::remove_file(copy.join("broken.cu")).unwrap();
    assert!(refused.to_string().contains("broken.cu:1"), "{refused}");
}
