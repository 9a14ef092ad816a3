//! The GPU as far as the choice of a device sees it: without the feature `cuda`.

use super::{Status, Work};
use crate::attention::AttentionBackend;

const WHY: &str = "this build has no feature `cuda`; build it with `cargo build --release --features cuda`";

#[derive(Debug, Clone)]
pub(super) struct Gpu {
    pub(super) name: String,
    pub(super) arch: u32,
    pub(super) memory: u64,
}

pub(super) fn find(_share: f64) -> Result<Gpu, String> {
    Err(WHY.to_owned())
}

pub(super) fn open(_share: f64) -> Result<Box<dyn AttentionBackend>, String> {
    Err(WHY.to_owned())
}

pub(super) fn open_for(_share: f64, _work: &Work) -> Result<Box<dyn AttentionBackend>, String> {
    Err(WHY.to_owned())
}

pub(super) fn status() -> Status {
    Status {
        can_run: false,
        used: format!("cannot run: {WHY}"),
        driver: None,
        gpu: None,
        kernels: "none".to_owned(),
    }
}
