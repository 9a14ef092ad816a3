//! The selection of the backend, always with a reason.

use std::fmt;

use super::error::BackendError;
use super::gpu;
use super::{Device, GPU_MEMORY_FRACTION};
use crate::attention::cost::Workload;
use crate::attention::{AttentionBackend, Cpu, Reference};

/// The selected backend, and the reason.
pub struct SelectedBackend {
    /// Backend to run.
    pub backend: Box<dyn AttentionBackend>,
    /// Name of the backend.
    pub used: String,
    /// Device that it runs on.
    pub device: Device,
    /// Reason for the selection, as the end of a sentence.
    pub reason: String,
}

impl SelectedBackend {
    /// The CPU, with a reason.
    pub(crate) fn cpu(reason: String) -> Self {
        Self::new(Device::Cpu, Box::new(Cpu), reason)
    }

    fn new(device: Device, backend: Box<dyn AttentionBackend>, reason: String) -> Self {
        Self { used: backend.name().to_owned(), device, backend, reason }
    }
}

impl fmt::Debug for SelectedBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectedBackend")
            .field("used", &self.used)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Properties of a GPU, known without opening it.
#[derive(Debug, Clone)]
pub(super) struct GpuCandidate {
    /// Name.
    pub(super) name: String,
    /// Compute capability of the kernels that it runs, times ten.
    pub(super) arch: u32,
    /// Bytes of memory that may be used.
    pub(super) memory: u64,
}

/// The devices that may run attention. A requested device that cannot run is an error here, before the work is
/// known; the backend is selected by [`Self::choose`], when it is.
///
/// ```
/// use ironforge::attention::{Attention, AttentionBackend, Inputs, Keys, Tensor};
/// use ironforge::backend::{DeviceOptions, Workload};
///
/// let x = vec![half::f16::ONE; 6 * 2 * 4];
/// let problem = Attention::new(Inputs::new([2, 4], [Tensor::F16(&x); 3], &[0, 6], Keys::Causal)).unwrap();
/// let selected = DeviceOptions::by_name("auto").unwrap().choose(&Workload::of(&problem));
/// println!("{}: {}", selected.used, selected.reason);
/// assert_eq!(selected.backend.forward(&problem).unwrap().out.len(), x.len());
/// ```
#[derive(Debug)]
pub struct DeviceOptions(BackendOptions);

#[derive(Debug)]
enum BackendOptions {
    Fixed(SelectedBackend),
    /// The CPU or this GPU, with the fraction of its memory that may be used; or the CPU alone, and why no GPU can be
    /// used.
    Auto(Result<(GpuCandidate, f64), String>),
}

impl DeviceOptions {
    /// The options of a configured device. For [`Device::Cuda`], the GPU is opened here.
    ///
    /// # Errors
    /// [`BackendError::NoCuda`] if CUDA was requested and cannot run.
    pub fn of(device: Device, gpu_memory_fraction: f64) -> Result<Self, BackendError> {
        let asked = || "asked for".to_owned();
        Ok(Self(match device {
            Device::Auto => {
                BackendOptions::Auto(gpu::find(gpu_memory_fraction).map(|gpu| (gpu, gpu_memory_fraction)))
            }
            Device::Cpu => BackendOptions::Fixed(SelectedBackend::cpu(asked())),
            Device::Cuda => {
                let backend = gpu::open(gpu_memory_fraction).map_err(|why| BackendError::NoCuda { why })?;
                BackendOptions::Fixed(SelectedBackend::new(Device::Cuda, backend, asked()))
            }
        }))
    }

    /// The options by name: `auto`, `reference`, `cpu` or `cuda`.
    ///
    /// # Errors
    /// [`BackendError::Unknown`] for any other name, and as [`Self::of`].
    pub fn by_name(name: &str) -> Result<Self, BackendError> {
        let device = match name {
            "auto" => Device::Auto,
            "cpu" => Device::Cpu,
            "cuda" => Device::Cuda,
            "reference" => {
                let reason = "asked for".to_owned();
                return Ok(Self(BackendOptions::Fixed(SelectedBackend::new(
                    Device::Cpu,
                    Box::new(Reference),
                    reason,
                ))));
            }
            other => return Err(BackendError::Unknown { name: other.to_owned() }),
        };
        Self::of(device, GPU_MEMORY_FRACTION)
    }

    /// The backend for `work`: the only option, or the one expected to finish first. A GPU that is expected to finish
    /// first is opened, and each kernel that may be used is tried on one node, before it is selected.
    pub fn choose(self, work: &Workload) -> SelectedBackend {
        let found = match self.0 {
            BackendOptions::Fixed(selected) => return selected,
            BackendOptions::Auto(found) => found,
        };
        let gpu = found.map_err(|why| format!("no GPU can be used: {why}"));
        let selected = gpu.and_then(|(gpu, fraction)| {
            let why = reason_for_gpu(&gpu, work)?;
            let backend = gpu::open_for(fraction, work)
                .map_err(|e| format!("{why}, but the GPU cannot be used: {e}"))?;
            Ok(SelectedBackend::new(Device::Cuda, backend, why))
        });
        selected.unwrap_or_else(SelectedBackend::cpu)
    }
}

/// The reason to select the GPU; the error is the reason against it.
fn reason_for_gpu(gpu: &GpuCandidate, work: &Workload) -> Result<String, String> {
    let Some(half) = work.half else {
        return Err("q, k and v are f32, and the GPU reads f16 or bf16".to_owned());
    };
    if work.kernels(gpu.arch).next().is_none() {
        return Err(format!("q, k and v are {}, for which {} has no kernel", half.name(), gpu.name));
    }
    if !work.is_tiled(gpu.arch) && work.largest.pairs > u32::MAX as usize {
        return Err(format!("{} has no kernel of tiles for the work, and too many pairs to list", gpu.name));
    }
    let (need, have) = (work.gpu_bytes(gpu.arch), gpu.memory);
    if need > have {
        let (need, have) = (need.div_ceil(1_000_000), have / 1_000_000);
        return Err(format!("the work takes {need} MB of GPU memory, {have} MB may be used"));
    }
    let (on_gpu, on_cpu) = (work.gpu_seconds(), work.cpu_seconds(rayon::current_num_threads()));
    let estimate = format!(
        "an estimated {on_gpu:.3} s on {}, start and copies included, against {on_cpu:.3} s on the CPU",
        gpu.name
    );
    if on_gpu < on_cpu { Ok(estimate) } else { Err(estimate) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::Accuracy;
    use crate::attention::cost::ProblemSize;
    use crate::attention::lowering::Half;

    const FEW: ProblemSize = ProblemSize { nodes: 10, pairs: 40, tiles: 1 };
    const MANY: ProblemSize = ProblemSize { nodes: 1 << 15, pairs: 1 << 30, tiles: 0 };
    const SMALL: Workload = Workload {
        calls: 1,
        total: FEW,
        largest: FEW,
        heads: 4,
        head_dim: 11,
        half: Some(Half::F16),
        accuracy: Accuracy::Exact,
        buckets: 0,
    };
    const LARGE: Workload = Workload { total: MANY, largest: MANY, head_dim: 64, ..SMALL };

    #[test]
    fn auto_selects_the_cpu_for_small_work_and_gives_a_reason() {
        let selected = DeviceOptions::of(Device::Auto, GPU_MEMORY_FRACTION).unwrap().choose(&SMALL);
        assert_eq!((selected.used.as_str(), selected.backend.name()), ("cpu", "cpu"));
        let reason = &selected.reason;
        assert!(reason.contains("no GPU can be used") || reason.contains("against"), "{reason}");
    }

    #[test]
    fn the_gpu_is_selected_by_type_memory_and_estimated_time() {
        let gpu = GpuCandidate { name: "GPU".to_owned(), arch: 75, memory: 1 << 30 };
        assert!(
            reason_for_gpu(&gpu, &LARGE).is_ok_and(|why| why.contains("s on GPU, start and copies included"))
        );
        let refused = |gpu: &GpuCandidate, work: &Workload| reason_for_gpu(gpu, work).unwrap_err();
        assert!(refused(&gpu, &SMALL).contains("against 0.000 s on the CPU"));
        assert!(refused(&gpu, &Workload { half: None, ..LARGE }).contains("f32"));
        let bf16 = Workload { half: Some(Half::Bf16), ..LARGE };
        assert!(refused(&gpu, &bf16).contains("bf16, for which GPU has no kernel"));
        assert!(reason_for_gpu(&GpuCandidate { arch: 80, ..gpu.clone() }, &bf16).is_ok());
        let wide = ProblemSize { pairs: 1 << 33, tiles: 1 << 21, ..MANY };
        let wide = Workload { total: wide, largest: wide, head_dim: 128, ..LARGE };
        assert!(refused(&gpu, &wide).contains("too many pairs to list"));
        let tiny = GpuCandidate { memory: 1 << 20, ..gpu };
        assert!(refused(&tiny, &LARGE).contains("takes 86 MB of GPU memory, 1 MB may be used"));
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn cuda_is_refused_where_it_cannot_run() {
        let error = DeviceOptions::by_name("cuda").unwrap_err();
        assert!(error.to_string().contains("cargo build --release --features cuda"), "{error}");
        assert_eq!(error, DeviceOptions::of(Device::Cuda, GPU_MEMORY_FRACTION).unwrap_err());
    }

    #[test]
    fn a_backend_is_found_by_its_name() {
        for name in ["reference", "cpu"] {
            assert_eq!(DeviceOptions::by_name(name).unwrap().choose(&SMALL).backend.name(), name);
        }
        let error = DeviceOptions::by_name("gpu").unwrap_err().to_string();
        assert!(error.contains("auto, reference, cpu or cuda"));
    }
}
