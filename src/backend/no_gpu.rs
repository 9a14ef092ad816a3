//! The GPU without the feature `cuda`: there is none.

use super::selection::GpuCandidate;
use super::{CudaStatus, Workload};
use crate::attention::AttentionBackend;

const WHY: &str = "this build has no feature `cuda`; build it with `cargo build --release --features cuda`";

pub(super) fn find(_fraction: f64) -> Result<GpuCandidate, String> {
    Err(WHY.to_owned())
}

pub(super) fn open(_fraction: f64) -> Result<Box<dyn AttentionBackend>, String> {
    Err(WHY.to_owned())
}

pub(super) fn open_for(_fraction: f64, _work: &Workload) -> Result<Box<dyn AttentionBackend>, String> {
    Err(WHY.to_owned())
}

pub(super) fn status() -> CudaStatus {
    CudaStatus {
        can_run: false,
        used: format!("cannot run: {WHY}"),
        driver: None,
        gpu: None,
        kernels: "none".to_owned(),
    }
}
