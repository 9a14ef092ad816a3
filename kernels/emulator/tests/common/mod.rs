//! Shared code of the tests.

use std::path::Path;

use ironforge_emulator::{Kernels, require};

/// One file of tests/kernels, compiled in a folder of this name; None where the emulator cannot run.
pub(crate) fn compiled(file: &str, folder: &str, defines: &[&str]) -> Option<Kernels> {
    require(80)?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let sources = folder.join("kernels");
    std::fs::create_dir_all(&sources).unwrap();
    // Included by its own path, so that its includes and lines stay as they are.
    let kernels = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kernels").join(file);
    std::fs::write(sources.join(file), format!("#include \"{}\"\n", kernels.display())).unwrap();
    Some(Kernels::compile(&sources, &folder, defines).unwrap())
}

/// Addresses as a parameter struct.
pub(crate) fn params(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
