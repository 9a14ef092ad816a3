//! Which backend runs attention, chosen with a reason that is always given.

use std::fmt;

mod cost;
#[cfg(feature = "cuda")]
mod gpu;
#[cfg(not(feature = "cuda"))]
#[path = "backend/no_gpu.rs"]
mod gpu;

pub use cost::{Size, Work};

use crate::attention::{AttentionBackend, Cpu, Reference};
use gpu::Gpu;

/// Share of a GPU's memory that may be used: the original's.
pub const GPU_MEMORY_FRACTION: f64 = 0.8;

/// Where attention is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// Where it is fastest.
    #[default]
    Auto,
    /// On the CPU.
    Cpu,
    /// On an NVIDIA GPU, or not at all.
    Cuda,
}

impl Device {
    /// Name, as the command and the configuration take it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }

    /// Every device.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Cpu, Self::Cuda];
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A backend, and why it is this one.
pub struct Chosen {
    /// The backend.
    pub backend: Box<dyn AttentionBackend>,
    /// Its name.
    pub used: String,
    /// Where it runs.
    pub device: Device,
    /// Why it was chosen, as a sentence's end.
    pub reason: String,
}

impl Chosen {
    /// The CPU, for this reason.
    pub(crate) fn cpu(reason: String) -> Self {
        on(Device::Cpu, Box::new(Cpu), reason)
    }
}

impl fmt::Debug for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chosen")
            .field("used", &self.used)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Why no backend was chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// CUDA was asked for and cannot run.
    #[error("device cuda cannot run, device cpu can: {why}")]
    NoCuda {
        /// Why, and how to change it.
        why: String,
    },
    /// There is no backend of that name.
    #[error("there is no backend `{name}`: choose auto, reference, cpu or cuda")]
    Unknown {
        /// The name given.
        name: String,
    },
}

/// What may run attention. A device that cannot run is known here, before the work is; which one runs it is chosen
/// with [`Self::choose`], when the work is known.
#[derive(Debug)]
pub struct Candidates(Kind);

#[derive(Debug)]
enum Kind {
    One(Chosen),
    /// The CPU, or else a GPU and the share of its memory that may be used, or why there is none.
    Auto(Result<(Gpu, f64), String>),
}

impl Candidates {
    /// What a device allows. `cuda` is opened here.
    ///
    /// # Errors
    /// [`BackendError::NoCuda`] if CUDA was asked for and cannot run.
    pub fn of(device: Device, gpu_memory_fraction: f64) -> Result<Self, BackendError> {
        let asked = || "asked for".to_owned();
        Ok(Self(match device {
            Device::Auto => Kind::Auto(gpu::find(gpu_memory_fraction).map(|gpu| (gpu, gpu_memory_fraction))),
            Device::Cpu => Kind::One(Chosen::cpu(asked())),
            Device::Cuda => {
                let backend = gpu::open(gpu_memory_fraction).map_err(|why| BackendError::NoCuda { why })?;
                Kind::One(on(Device::Cuda, backend, asked()))
            }
        }))
    }

    /// What a name allows: `auto`, `reference`, `cpu` or `cuda`.
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
                return Ok(Self(Kind::One(on(Device::Cpu, Box::new(Reference), reason))));
            }
            other => return Err(BackendError::Unknown { name: other.to_owned() }),
        };
        Self::of(device, GPU_MEMORY_FRACTION)
    }

    /// The backend for this work: the only candidate, or the one expected to be done first. A GPU that is expected to
    /// be is opened, and each kernel that may be used is tried on one node, before it is taken.
    pub fn choose(self, work: &Work) -> Chosen {
        let found = match self.0 {
            Kind::One(chosen) => return chosen,
            Kind::Auto(found) => found,
        };
        let gpu = found.map_err(|why| format!("no GPU can be used: {why}"));
        let chosen = gpu.and_then(|(gpu, share)| {
            let why = why_gpu(&gpu, work)?;
            let backend =
                gpu::open_for(share, work).map_err(|e| format!("{why}, but the GPU cannot be used: {e}"))?;
            Ok(on(Device::Cuda, backend, why))
        });
        chosen.unwrap_or_else(Chosen::cpu)
    }
}

/// Why the GPU is expected to be done first; the error says why not.
fn why_gpu(gpu: &Gpu, work: &Work) -> Result<String, String> {
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

fn on(device: Device, backend: Box<dyn AttentionBackend>, reason: String) -> Chosen {
    Chosen { used: backend.name().to_owned(), device, backend, reason }
}

/// What this build and this machine have for CUDA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether there is a driver, a GPU, and kernels for it.
    pub can_run: bool,
    /// With which kernels it runs, or why it does not.
    pub used: String,
    /// CUDA version of the driver, if there is one.
    pub driver: Option<String>,
    /// The first GPU, if there is one.
    pub gpu: Option<String>,
    /// The kernels in this build, or why there are none.
    pub kernels: String,
}

/// Looks for driver, GPU and kernels. Never panics, and makes no context on the GPU.
pub fn status() -> Status {
    gpu::status()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::Accuracy;
    use crate::attention::plan::Half;

    const FEW: Size = Size { nodes: 10, pairs: 40, tiles: 1 };
    const MANY: Size = Size { nodes: 1 << 15, pairs: 1 << 30, tiles: 0 };
    const SMALL: Work = Work {
        calls: 1,
        total: FEW,
        largest: FEW,
        heads: 4,
        head_dim: 11,
        half: Some(Half::F16),
        accuracy: Accuracy::Exact,
        buckets: 0,
    };
    const LARGE: Work = Work { total: MANY, largest: MANY, head_dim: 64, ..SMALL };

    #[test]
    fn auto_says_why_it_takes_the_cpu_for_small_work() {
        let chosen = Candidates::of(Device::Auto, GPU_MEMORY_FRACTION).unwrap().choose(&SMALL);
        assert_eq!((chosen.used.as_str(), chosen.backend.name()), ("cpu", "cpu"));
        let reason = &chosen.reason;
        assert!(reason.contains("no GPU can be used") || reason.contains("against"), "{reason}");
    }

    #[test]
    fn the_gpu_is_chosen_by_type_memory_and_estimated_time() {
        let gpu = Gpu { name: "GPU".to_owned(), arch: 75, memory: 1 << 30 };
        assert!(why_gpu(&gpu, &LARGE).is_ok_and(|why| why.contains("s on GPU, start and copies included")));
        let refused = |gpu: &Gpu, work: &Work| why_gpu(gpu, work).unwrap_err();
        assert!(refused(&gpu, &SMALL).contains("against 0.000 s on the CPU"));
        assert!(refused(&gpu, &Work { half: None, ..LARGE }).contains("f32"));
        let bf16 = Work { half: Some(Half::Bf16), ..LARGE };
        assert!(refused(&gpu, &bf16).contains("bf16, for which GPU has no kernel"));
        assert!(why_gpu(&Gpu { arch: 80, ..gpu.clone() }, &bf16).is_ok());
        let wide = Size { pairs: 1 << 33, tiles: 1 << 21, ..MANY };
        let wide = Work { total: wide, largest: wide, head_dim: 128, ..LARGE };
        assert!(refused(&gpu, &wide).contains("too many pairs to list"));
        let tiny = Gpu { memory: 1 << 20, ..gpu };
        assert!(refused(&tiny, &LARGE).contains("takes 86 MB of GPU memory, 1 MB may be used"));
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn cuda_is_refused_where_it_cannot_run() {
        let error = Candidates::by_name("cuda").unwrap_err();
        assert!(error.to_string().contains("cargo build --release --features cuda"), "{error}");
        assert_eq!(error, Candidates::of(Device::Cuda, GPU_MEMORY_FRACTION).unwrap_err());
    }

    #[test]
    fn a_backend_is_found_by_the_name_it_bears() {
        for name in ["reference", "cpu"] {
            assert_eq!(Candidates::by_name(name).unwrap().choose(&SMALL).backend.name(), name);
        }
        let error = Candidates::by_name("gpu").unwrap_err().to_string();
        assert!(error.contains("auto, reference, cpu or cuda"));
    }
}
