//! The kernels, as compiled and assembled by build.rs.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Mutex;

use ironforge::attention::lowering::{AttentionParams, Kernel, TIME_BIAS, TimeBiasParams, entries};
use ironforge::cuda::{PtxModule, modules};

/// The compiler version of the register table in kernels/README.md.
const COMPILER: &str = "V13.0.88";

/// The architectures that every kernel is compiled for.
const ARCHS: [u32; 2] = [75, 80];

/// The kernels; `None` if this build has none, after a line with the reason.
pub fn built() -> Option<&'static [PtxModule]> {
    match modules() {
        Ok(modules) => Some(modules),
        Err(error) => {
            crate::skip::skip(format_args!("{error}"));
            assert!(std::env::var_os("IRONFORGE_REQUIRE_PTX").is_none_or(|v| v != "1"), "{error}");
            None
        }
    }
}

fn names<'a>(modules: impl Iterator<Item = &'a PtxModule>) -> BTreeSet<String> {
    modules.flat_map(|m| m.entries).map(|e| e.name.to_owned()).collect()
}

#[test]
fn entries_are_exactly_those_that_the_host_can_launch() {
    let Some(modules) = built() else { return };
    for arch in ARCHS {
        let held = names(modules.iter().filter(|m| m.arch == arch));
        assert_eq!(held, entries(arch).into_iter().collect(), "sm_{arch}");
    }
    assert!(modules.iter().all(|m| ARCHS.contains(&m.arch)));
}

#[test]
fn every_kernel_is_assembled_for_every_architecture_without_spills() {
    let Some(modules) = built() else { return };
    let files = ["block_sparse_attention", "edge_attention", "flash_attention", "time_bias"];
    let want: Vec<_> = ARCHS.iter().flat_map(|&arch| files.map(|file| (arch, file))).collect();
    assert_eq!(modules.iter().map(|m| (m.arch, m.kernel)).collect::<Vec<_>>(), want);
    for (module, entry) in modules.iter().flat_map(|m| m.entries.iter().map(move |e| (m, e))) {
        let name = format!("{} for sm_{}", entry.name, module.arch);
        assert!(entry.registers > 0, "{name} was not assembled");
        assert_eq!(entry.spill_bytes, 0, "{name}");
        assert_eq!(entry.shared_bytes, 0, "{name}: shared memory is given at launch");
    }
}

#[test]
fn the_embedded_table_agrees_with_the_ptx() {
    let Some(modules) = built() else { return };
    for module in modules {
        let heads = module.ptx.lines().filter_map(|l| l.strip_prefix(".visible .entry "));
        let heads: Vec<_> = heads.map(|l| l.trim_end_matches('(')).collect();
        assert_eq!(heads, module.entries.iter().map(|e| e.name).collect::<Vec<_>>(), "{}", module.kernel);
        assert!(module.ptx.contains(&format!("\n.target sm_{}\n", module.arch)), "{}", module.kernel);
        for entry in module.entries {
            let params = if entry.name == TIME_BIAS {
                size_of::<TimeBiasParams>()
            } else {
                size_of::<AttentionParams>()
            };
            assert_eq!(entry.params_bytes, params, "{}", entry.name);
            assert_eq!(
                module.single_entry(entry.name).matches(".visible .entry ").count(),
                1,
                "{}",
                entry.name
            );
        }
    }
}

/// Assembles the text that is given to a driver: finds declarations that were lost with the other entries.
#[test]
fn every_entry_assembles_alone() {
    let Some(modules) = built() else { return };
    let Some(ptxas) = option_env!("KERNELS_PTXAS") else { panic!("build.rs names the assembler it used") };
    let folder = tempfile::tempdir().unwrap();
    let assembled = |module: &PtxModule, entry: &str| {
        let file = folder.path().join(format!("{entry}.sm_{}.ptx", module.arch));
        std::fs::write(&file, module.single_entry(entry)).unwrap();
        let mut command = Command::new(ptxas);
        command
            .arg(format!("-arch=sm_{}", module.arch))
            .arg("-o")
            .arg(file.with_extension("cubin"))
            .arg(&file);
        let output = command.output().unwrap_or_else(|e| panic!("{ptxas}: {e}"));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            Ok(())
        } else {
            Err(format!("{entry} for sm_{}: {message}", module.arch))
        }
    };
    let left = Mutex::new(modules.iter().flat_map(|m| m.entries.iter().map(move |e| (m, e.name))));
    let next = || left.lock().unwrap().next();
    let assemble =
        || std::iter::from_fn(next).filter_map(|(module, entry)| assembled(module, entry).err()).collect();
    let refused: [Vec<String>; 2] = std::thread::scope(|scope| {
        [(); 2].map(|()| scope.spawn(assemble)).map(|thread| thread.join().unwrap())
    });
    assert_eq!(refused.concat(), [""; 0]);
}

#[test]
fn every_driver_since_cuda_12_reads_the_ptx() {
    let Some(modules) = built() else { return };
    for module in modules {
        let version = module.ptx.lines().find_map(|l| l.strip_prefix(".version ")).unwrap();
        assert!(["6.5", "7.0", "7.4", "8.0"].contains(&version), "{}: PTX {version}", module.kernel);
    }
}

/// The budget table: registers for each architecture, shared memory and spills.
fn budgets(modules: &[PtxModule]) -> String {
    let mut rows: BTreeMap<&str, [Option<(u32, u32)>; 2]> = BTreeMap::new();
    for module in modules {
        let column = ARCHS.iter().position(|&arch| arch == module.arch).unwrap();
        for entry in module.entries {
            rows.entry(entry.name).or_default()[column] = Some((entry.registers, entry.spill_bytes));
        }
    }
    let shared = |name: &str| {
        let kernel = Kernel::ALL.into_iter().find(|k| name.starts_with(k.name()));
        let padded = name.split("_d").nth(1).and_then(|rest| rest.split('_').next()?.parse().ok());
        kernel.zip(padded).map_or(0, |(kernel, padded)| kernel.shared_bytes(padded))
    };
    let mut table = String::from(
        "| entry | registers sm_75 | registers sm_80 | shared bytes | spilled bytes |\n|---|---|---|---|---|\n",
    );
    for (name, columns) in rows {
        let registers = columns.map(|c| c.map_or("-".to_owned(), |(registers, _)| registers.to_string()));
        let spills: u32 = columns.iter().flatten().map(|(_, spills)| spills).sum();
        table +=
            &format!("| `{name}` | {} | {} | {} | {spills} |\n", registers[0], registers[1], shared(name));
    }
    table
}

#[test]
fn the_readme_lists_the_resources_reported_by_the_assembler() {
    let Some(modules) = built() else { return };
    if !modules.iter().all(|m| m.ptx.contains(COMPILER)) {
        crate::skip::skip(format_args!(
            "the table is that of nvcc {COMPILER}, these kernels were compiled by another"
        ));
        return;
    }
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/kernels/README.md")).unwrap();
    let table = budgets(modules);
    assert!(readme.contains(&table), "kernels/README.md must hold this table:\n{table}");
}
