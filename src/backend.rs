//! Which backend runs attention, chosen with a reason that is always given.

use std::fmt;

use crate::attention::{AttentionBackend, Cpu, Reference};

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
    #[error("device cuda cannot run: {why}, or use the device cpu")]
    NoCuda {
        /// Why, and how to change it.
        why: &'static str,
    },
    /// There is no backend of that name.
    #[error("there is no backend `{name}`: choose auto, reference, cpu or cuda")]
    Unknown {
        /// The name given.
        name: String,
    },
}

/// Why CUDA cannot run in this build, and what to do.
const NO_CUDA: &str = if cfg!(feature = "cuda") {
    "this version has no CUDA kernels, even with the feature `cuda`; install one that has them"
} else {
    "this build has no feature `cuda`; build it with `cargo build --release --features cuda`"
};

/// Chooses the backend for a device.
///
/// # Errors
/// [`BackendError::NoCuda`] if CUDA was asked for and cannot run.
pub fn choose(device: Device) -> Result<Chosen, BackendError> {
    let reason = match device {
        Device::Cuda => return Err(BackendError::NoCuda { why: NO_CUDA }),
        Device::Cpu => "asked for".to_owned(),
        Device::Auto => format!("no GPU can be used: {NO_CUDA}"),
    };
    Ok(chosen(Cpu, reason))
}

/// Chooses the backend of that name: `auto`, `reference`, `cpu` or `cuda`.
///
/// # Errors
/// [`BackendError::Unknown`] for any other name, and as [`choose`].
pub fn by_name(name: &str) -> Result<Chosen, BackendError> {
    match name {
        "auto" => choose(Device::Auto),
        "cpu" => choose(Device::Cpu),
        "cuda" => choose(Device::Cuda),
        "reference" => Ok(chosen(Reference, "asked for".to_owned())),
        other => Err(BackendError::Unknown { name: other.to_owned() }),
    }
}

/// Both backends of this version run on the CPU.
fn chosen(backend: impl AttentionBackend + 'static, reason: String) -> Chosen {
    Chosen { used: backend.name().to_owned(), device: Device::Cpu, backend: Box::new(backend), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_says_why_it_takes_the_cpu_and_how_to_build_for_a_gpu() {
        let chosen = choose(Device::Auto).unwrap();
        assert_eq!((chosen.used.as_str(), chosen.backend.name()), ("cpu", "cpu"));
        assert!(chosen.reason.contains("cuda"), "{}", chosen.reason);
    }

    #[test]
    fn cuda_is_refused_where_it_cannot_run() {
        let error = choose(Device::Cuda).unwrap_err().to_string();
        let hint =
            if cfg!(feature = "cuda") { "no CUDA kernels" } else { "cargo build --release --features cuda" };
        assert!(error.contains(hint), "{error}");
        assert_eq!(by_name("cuda").unwrap_err(), choose(Device::Cuda).unwrap_err());
    }

    #[test]
    fn a_backend_is_found_by_the_name_it_bears() {
        for name in ["reference", "cpu"] {
            assert_eq!(by_name(name).unwrap().backend.name(), name);
        }
        assert!(by_name("gpu").unwrap_err().to_string().contains("auto, reference, cpu or cuda"));
    }
}
