//! The kernels that build.rs compiled, as they lie in this program.

use super::driver::{Found, NEEDED};
use super::error::{Capability, CudaError, Version};

/// PTX of one kernel file for one compute capability and every later one.
#[derive(Debug)]
pub struct Module {
    /// The file: kernels/KERNEL.cu.
    pub kernel: &'static str,
    /// The compute capability, ten times its number.
    pub arch: u32,
    /// The text.
    pub ptx: &'static str,
    /// What can be launched.
    pub entries: &'static [Entry],
}

/// What one entry takes, as the assembler says.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Size of its parameters.
    pub params_bytes: usize,
    /// Registers a thread.
    pub registers: u32,
    /// Bytes of registers spilled to memory.
    pub spill_bytes: u32,
    /// Bytes of shared memory a block, beside what a launch gives.
    pub shared_bytes: u32,
}

struct Table {
    modules: &'static [Module],
    /// Why there are none.
    why: Option<&'static str>,
}

const TABLE: Table = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// The kernels of this build, by architecture and file.
///
/// # Errors
/// [`CudaError::NoKernels`] if it was built without a CUDA compiler.
pub fn modules() -> Result<&'static [Module], CudaError> {
    match TABLE.why {
        None => Ok(TABLE.modules),
        Some(why) => Err(CudaError::NoKernels { why: why.to_owned() }),
    }
}

/// The compute capability whose kernels a GPU runs: the highest that it has.
///
/// # Errors
/// [`CudaError::OldGpu`] if it has none of them, [`CudaError::NoKernels`] if there are none.
pub fn arch_for(gpu: &Found) -> Result<Capability, CudaError> {
    let archs = modules()?.iter().map(|m| Capability(m.arch));
    let fits = archs.clone().filter(|&arch| arch <= gpu.capability).max();
    let need = archs.min().unwrap_or(gpu.capability);
    fits.ok_or_else(|| CudaError::OldGpu { gpu: gpu.name.clone(), have: gpu.capability, need })
}

/// An entry for this architecture, with its module.
pub(super) fn find(entry: &str, arch: Capability) -> Option<(&'static Module, &'static Entry)> {
    let modules = TABLE.modules.iter().filter(|m| m.arch == arch.0);
    modules.flat_map(|m| m.entries.iter().map(move |e| (m, e))).find(|(_, e)| e.name == entry)
}

impl Module {
    /// The text with this entry alone, so that the driver compiles no other: all of them take it many seconds.
    pub fn only(&self, entry: &str) -> String {
        const HEAD: &str = ".visible .entry ";
        let mut parts = self.ptx.split(HEAD);
        let declarations = parts.next().unwrap_or_default();
        let body = parts.find(|part| part.split('(').next() == Some(entry));
        body.map_or_else(|| self.ptx.to_owned(), |body| [declarations, HEAD, body].concat())
    }

    /// The CUDA version that a driver must have to read the text, by its version of PTX: 8.x came with 12.x, and so on.
    pub(super) fn needs(&self) -> Version {
        let version = self.ptx.split_once(".version ").and_then(|(_, rest)| rest.split_once('\n'));
        let numbers = version.and_then(|(version, _)| version.trim().split_once('.'));
        let numbers = numbers.and_then(|(x, y)| Some((x.parse::<u32>().ok()?, y.parse::<u32>().ok()?)));
        numbers.map_or(NEEDED, |(x, y)| Version((x + 4) * 1000 + y * 10).max(NEEDED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PTX: &str = "//\n.version 8.3\n.target sm_80\n.extern .shared .b8 s[];\n\
                       .visible .entry a(\n)\n{\n}\n\t// .globl b\n.visible .entry b(\n)\n{\n}\n";
    const MODULE: Module = Module { kernel: "k", arch: 80, ptx: PTX, entries: &[] };

    #[test]
    fn one_entry_is_cut_out_with_the_declarations() {
        assert!(MODULE.only("a").starts_with("//\n.version 8.3\n"));
        assert!(MODULE.only("a").contains("s[]") && !MODULE.only("a").contains("entry b"));
        assert!(MODULE.only("b").contains("entry b(\n)\n{\n}\n") && !MODULE.only("b").contains("entry a"));
    }

    #[test]
    fn a_version_of_ptx_names_the_driver_it_needs() {
        assert_eq!(MODULE.needs(), Version(12_030));
        assert_eq!(Module { ptx: ".version 9.0\n", ..MODULE }.needs().to_string(), "13.0");
        assert_eq!(Module { ptx: ".version 6.5\n", ..MODULE }.needs(), NEEDED);
    }

    #[test]
    fn a_gpu_older_than_every_kernel_is_refused_by_name() {
        let gpu = |capability| Found { driver: NEEDED, gpus: 1, name: "G".to_owned(), capability, memory: 0 };
        match arch_for(&gpu(Capability(61))) {
            Err(CudaError::OldGpu { need, .. }) => assert_eq!(need, Capability(75)),
            Err(error) => assert!(matches!(error, CudaError::NoKernels { .. }), "{error}"),
            Ok(arch) => panic!("{arch} for 6.1"),
        }
        assert!(arch_for(&gpu(Capability(90))).is_ok_and(|a| a == Capability(80)) || modules().is_err());
    }
}
