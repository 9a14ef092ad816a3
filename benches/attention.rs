//! Attention: each backend is checked against the reference on the same problems, then timed.
//!
//! On the CPU (`attention/edges/cpu/l512_h4_d16_b32`) the scalar loop over a pattern is the baseline of a backend.
//! On a GPU, feature `cuda`, each kernel that supports the work is timed by the GPU's clock on resident buffers
//! (`attention/edge_attention/cuda/l512_h4_d11_b256_last4_sqrt`); the plan (`attention/plan/host/...`) and the
//! copies (`attention/copy_in/cuda/...`, `attention/copy_out/cuda/...`) are timed apart. Repeated launches find
//! their data in the caches of the GPU.
//!
//! A plan found in the cache saves the difference of `plan/build/...` and `plan/hit/...`.
//!
//! With IRONFORGE_BENCH_OUT=DIR, the tensors of the GPU cases and the results are written to DIR, for benches/peers.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, unreachable_pub)]

#[path = "attention/cases.rs"]
mod cases;
#[path = "attention/check.rs"]
mod check;
#[path = "attention/cpu.rs"]
mod cpu;
#[cfg(feature = "cuda")]
#[path = "attention/cuda.rs"]
mod cuda;
#[path = "attention/export.rs"]
mod export;
#[path = "attention/plans.rs"]
mod plans;

use criterion::{Criterion, criterion_group, criterion_main};

fn attention(criterion: &mut Criterion) {
    cpu::benches(criterion);
    if let Some(folder) = export::folder() {
        cases::main_cases().iter().for_each(|case| export::tensors(&folder, case));
    }
    #[cfg(feature = "cuda")]
    cuda::benches(criterion);
}

criterion_group!(benches, attention, plans::benches);
criterion_main!(benches);
