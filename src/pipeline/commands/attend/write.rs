//! Writes the result, completely or not at all. The same result gives the same bytes.

use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use super::AttendReport;
use crate::attention::{Accuracy, Output};
use crate::backend::Device;
use crate::pipeline::error::AttendError;

/// The length of the header is padded to a multiple of this, so that the values are aligned.
const ALIGN: usize = 8;

/// Values converted to bytes at a time.
const CHUNK_VALUES: usize = 1 << 14;

pub(super) fn write(
    path: &Path,
    report: &AttendReport,
    device: Device,
    accuracy: Accuracy,
    output: &Output,
) -> Result<(), AttendError> {
    let header = header(report, device, accuracy, output);
    replace(path, &header, output).map_err(|source| AttendError::Write { path: path.to_owned(), source })
}

/// The header: its length, then names, shapes and offsets of the tensors as JSON. Not written by the `safetensors`
/// crate, which writes metadata in the order of a hash table, so that two runs would differ.
fn header(report: &AttendReport, device: Device, accuracy: Accuracy, output: &Output) -> Vec<u8> {
    let (nodes, heads) = (report.nodes, report.heads);
    let out_bytes = size_of_val(output.out.as_slice());
    let end = out_bytes + size_of_val(output.lse.as_slice());
    let header = json!({
        "__metadata__": {
            "backend": report.backend,
            "device": device,
            "accuracy": accuracy,
            "version": env!("CARGO_PKG_VERSION"),
        },
        "out": { "dtype": "F32", "shape": [nodes, heads, report.head_dim], "data_offsets": [0, out_bytes] },
        "lse": { "dtype": "F32", "shape": [nodes, heads], "data_offsets": [out_bytes, end] },
    });
    let mut text = header.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(ALIGN), b' ');
    [&(text.len() as u64).to_le_bytes()[..], &text].concat()
}

/// Writes a temporary file beside `path`, flushes it, and renames it.
fn replace(path: &Path, header: &[u8], output: &Output) -> std::io::Result<()> {
    // A symbolic link is followed. A device, pipe or folder is not replaced by a file.
    let target = if path.symlink_metadata().is_ok_and(|m| m.is_symlink()) {
        path.canonicalize()?
    } else {
        path.to_owned()
    };
    if target.metadata().is_ok_and(|m| !m.is_file()) {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it exists and is not a file"));
    }
    let path = target.as_path();
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ironforge-").suffix(".tmp");
    // The permissions of any other new file; the default of `tempfile` is read and write for the owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(header)?;
    for values in output.out.chunks(CHUNK_VALUES).chain(output.lse.chunks(CHUNK_VALUES)) {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        file.write_all(&bytes)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}
