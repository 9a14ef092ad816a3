//! Each wrapper of kernels/include/ptx.cuh: the emulator is compared with plain arithmetic, and a GPU with the
//! emulator.

#[cfg(feature = "cuda")]
mod gpu;
mod products;
mod trials;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use bytemuck::{Pod, Zeroable, bytes_of};
use ironforge_emulator::{Kernels, Launch, Memory, Order, require};

use trials::{Trial, trials};

/// `PrimitiveParams` of kernels/tests/primitives.cu.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct PrimitiveParams {
    pub input: u64,
    pub output: u64,
    pub mask: u32,
    pub unused: u32,
}

const ARCHS: [u32; 2] = [75, 80];

/// The entries in the emulator; `None` if it cannot run, after a line with the reason.
fn emulated(arch: u32) -> Option<&'static Kernels> {
    static COMPILED: [OnceLock<Kernels>; ARCHS.len()] = [OnceLock::new(), OnceLock::new()];
    require(arch)?;
    let index = ARCHS.iter().position(|&a| a == arch)?;
    Some(COMPILED[index].get_or_init(|| {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/tests");
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("primitives_{arch}"));
        Kernels::compile(&sources, &out, &[&format!("EMULATED_ARCH={arch}")]).unwrap()
    }))
}

fn run_emulated(kernels: &Kernels, trial: &Trial, order: Order) -> Vec<u8> {
    let mut memory = Memory::new();
    let (input, output) = (memory.input("in", &trial.input), memory.output("out", trial.wanted.len()));
    let params =
        PrimitiveParams { input: input.address(), output: output.address(), mask: trial.mask, unused: 0 };
    let launch = Launch {
        entry: &trial.entry(),
        grid: trial.grid,
        block: trial.threads,
        shared_bytes: trials::SHARED_BYTES,
        params: bytes_of(&params),
        order,
    };
    kernels.launch(&launch, &mut memory).clean();
    memory.bytes(output).to_vec()
}

#[test]
fn the_emulator_agrees_with_plain_arithmetic() {
    for arch in ARCHS {
        let Some(kernels) = emulated(arch) else { return };
        for (trial, order) in
            trials(arch).iter().flat_map(|t| [(t, Order::Forward), (t, Order::Random(u64::from(arch)))])
        {
            let got = run_emulated(kernels, trial, order);
            trial.compare(&got, &trial.wanted).unwrap_or_else(|e| panic!("sm_{arch} {}: {e}", trial.entry()));
        }
    }
}

/// A trial for every entry, and an entry for every wrapper that the kernels may call.
#[test]
fn every_wrapper_has_a_trial() {
    let text = include_str!("../../kernels/include/ptx.cuh");
    let wrapped = text.lines().filter_map(|line| line.split_once("DEV ")?.1.split_once('('));
    let wrapped: BTreeSet<&str> = wrapped.filter_map(|(head, _)| head.rsplit(' ').next()).collect();
    assert!(
        wrapped.contains("mma_f16_k8") && wrapped.contains("copy_wait") && wrapped.len() > 20,
        "{wrapped:?}"
    );
    let mut tried = BTreeSet::new();
    for arch in ARCHS {
        let entries: BTreeSet<String> = trials(arch).iter().map(Trial::entry).collect();
        if let Some(kernels) = emulated(arch) {
            assert_eq!(kernels.entries().map(str::to_owned).collect::<BTreeSet<_>>(), entries, "sm_{arch}");
        }
        tried.extend(entries);
    }
    for name in wrapped {
        // `shared_address` is not an instruction; `copy_commit` is covered by the trials of `copy_wait`.
        let covered = ["shared_address", "copy_commit"].contains(&name);
        let entry = format!("primitive_{name}");
        assert!(covered || tried.iter().any(|t| t.starts_with(&entry)), "no trial of {name}");
    }
}
