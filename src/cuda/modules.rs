//! The kernels that build.rs compiled, embedded in this program.

use super::driver::{GpuInfo, OLDEST_DRIVER};
use super::error::{Capability, CudaError, Version};

/// PTX of one kernel file, for one compute capability and all later ones.
#[derive(Debug)]
pub struct PtxModule {
    /// Name of the file: kernels/KERNEL.cu.
    pub kernel: &'static str,
    /// Compute capability, times ten.
    pub arch: u32,
    /// Text of the PTX.
    pub ptx: &'static str,
    /// Entries that can be launched.
    pub entries: &'static [KernelEntry],
}

/// An entry and its resources, as reported by the assembler.
#[derive(Debug)]
pub struct KernelEntry {
    /// Name.
    pub name: &'static str,
    /// Size of its parameters, bytes.
    pub params_bytes: usize,
    /// Registers per thread.
    pub registers: u32,
    /// Bytes of registers spilled to memory.
    pub spill_bytes: u32,
    /// Static shared memory per block, bytes; the dynamic part is given at launch.
    pub shared_bytes: u32,
}

/// All embedded kernels; the value is written by build.rs.
struct EmbeddedModules {
    modules: &'static [PtxModule],
    /// Reason why there are none.
    why: Option<&'static str>,
}

const EMBEDDED: EmbeddedModules = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// PTX modules of this build, sorted by architecture and file name.
///
/// # Errors
/// [`CudaError::NoKernels`] if it was built without a CUDA compiler.
pub fn modules() -> Result<&'static [PtxModule], CudaError> {
    match EMBEDDED.why {
        None => Ok(EMBEDDED.modules),
        Some(why) => Err(CudaError::NoKernels { why: why.to_owned() }),
    }
}

/// Compute capability of the kernels that a GPU runs: the highest that it supports.
///
/// # Errors
/// [`CudaError::OldGpu`] if it supports none of them, [`CudaError::NoKernels`] if there are none.
pub fn arch_for(gpu: &GpuInfo) -> Result<Capability, CudaError> {
    let archs = modules()?.iter().map(|m| Capability(m.arch));
    let fits = archs.clone().filter(|&arch| arch <= gpu.capability).max();
    let need = archs.min().unwrap_or(gpu.capability);
    fits.ok_or_else(|| CudaError::OldGpu { gpu: gpu.name.clone(), have: gpu.capability, need })
}

/// An entry for this architecture, with its module.
pub(super) fn find(entry: &str, arch: Capability) -> Option<(&'static PtxModule, &'static KernelEntry)> {
    let modules = EMBEDDED.modules.iter().filter(|m| m.arch == arch.0);
    modules.flat_map(|m| m.entries.iter().map(move |e| (m, e))).find(|(_, e)| e.name == entry)
}

impl PtxModule {
    /// The PTX of one entry alone, so that the driver compiles no other: compiling all entries takes many seconds.
    pub fn single_entry(&self, entry: &str) -> String {
        const HEAD: &str = ".visible .entry ";
        let mut parts = self.ptx.split(HEAD);
        let declarations = parts.next().unwrap_or_default();
        let body = parts.find(|part| part.split('(').next() == Some(entry));
        body.map_or_else(|| self.ptx.to_owned(), |body| [declarations, HEAD, body].concat())
    }

    /// CUDA version of the oldest driver that reads the PTX, from the PTX version: 8.x came with CUDA 12.x, 9.x with
    /// 13.x.
    pub(super) fn oldest_driver(&self) -> Version {
        let version = self.ptx.split_once(".version ").and_then(|(_, rest)| rest.split_once('\n'));
        let numbers = version.and_then(|(version, _)| version.trim().split_once('.'));
        let numbers = numbers.and_then(|(x, y)| Some((x.parse::<u32>().ok()?, y.parse::<u32>().ok()?)));
        numbers.map_or(OLDEST_DRIVER, |(x, y)| Version((x + 4) * 1000 + y * 10).max(OLDEST_DRIVER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PTX: &str = "//\n.version 8.3\n.target sm_80\n.extern .shared .b8 s[];\n\
                       .visible .entry a(\n)\n{\n}\n\t// .globl b\n.visible .entry b(\n)\n{\n}\n";
    const MODULE: PtxModule = PtxModule { kernel: "k", arch: 80, ptx: PTX, entries: &[] };

    #[test]
    fn one_entry_is_extracted_with_the_declarations() {
        assert!(MODULE.single_entry("a").starts_with("//\n.version 8.3\n"));
        assert!(MODULE.single_entry("a").contains("s[]") && !MODULE.single_entry("a").contains("entry b"));
        assert!(
            MODULE.single_entry("b").contains("entry b(\n)\n{\n}\n")
                && !MODULE.single_entry("b").contains("entry a")
        );
    }

    #[test]
    fn a_version_of_ptx_determines_the_driver_it_needs() {
        assert_eq!(MODULE.oldest_driver(), Version(12_030));
        assert_eq!(PtxModule { ptx: ".version 9.0\n", ..MODULE }.oldest_driver().to_string(), "13.0");
        assert_eq!(PtxModule { ptx: ".version 6.5\n", ..MODULE }.oldest_driver(), OLDEST_DRIVER);
    }

    #[test]
    fn a_gpu_older_than_every_kernel_is_refused_by_name() {
        let gpu = |capability| GpuInfo {
            driver: OLDEST_DRIVER,
            gpus: 1,
            name: "G".to_owned(),
            capability,
            memory: 0,
        };
        match arch_for(&gpu(Capability(61))) {
            Err(CudaError::OldGpu { need, .. }) => assert_eq!(need, Capability(75)),
            Err(error) => assert!(matches!(error, CudaError::NoKernels { .. }), "{error}"),
            Ok(arch) => panic!("{arch} for 6.1"),
        }
        assert!(arch_for(&gpu(Capability(90))).is_ok_and(|a| a == Capability(80)) || modules().is_err());
    }
}
