//! The files that a request names for its results.
//!
//! What stands at these paths after a run is of this run or is not there: files of an earlier run are removed before
//! anything is read, so that a run that fails, or is killed, leaves none that could be taken for its result.

use std::path::{Path, PathBuf};

use super::request::{EdgeListRequest, NodeCount};
use crate::pipeline::error::EdgeListError;
use crate::store::{StoreConfig, write_table};
use crate::table::Table;

/// A file with the option that names it.
type NamedFile<'a> = (&'static str, &'a Path);

/// The requested files.
fn requested<'a>(request: &EdgeListRequest<'a>) -> impl Iterator<Item = NamedFile<'a>> {
    let files = [
        ("levels", request.levels),
        ("transitive-reduction", request.transitive_reduction),
        ("node-map", request.node_map),
    ];
    files.into_iter().filter_map(|(option, path)| Some((option, path?)))
}

/// The requested files that only a DAG has.
pub(super) fn of_an_order<'a>(request: &EdgeListRequest<'a>) -> impl Iterator<Item = &'a Path> {
    [request.levels, request.transitive_reduction].into_iter().flatten()
}

/// Refuses a requested file that is also an input or another output.
pub(super) fn check(request: &EdgeListRequest<'_>) -> Result<(), EdgeListError> {
    let nodes = match request.nodes {
        Some(NodeCount::File(path)) => Some(path.as_path()),
        _ => None,
    };
    let mut others = vec![("the edges", real(request.edges))];
    others.extend(nodes.map(|path| ("the nodes", real(path))));
    for (option, path) in requested(request) {
        let own = real(path);
        if let Some(&(other, _)) = others.iter().find(|(_, file)| *file == own) {
            return Err(EdgeListError::SamePath { option, path: path.to_owned(), other });
        }
        let name = match option {
            "levels" => "the levels",
            "transitive-reduction" => "the transitive reduction",
            _ => "the node map",
        };
        others.push((name, own));
    }
    Ok(())
}

/// The path without links and dots, also of a file that does not exist yet.
fn real(path: &Path) -> PathBuf {
    let whole = || path.canonicalize().ok();
    let beside = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    whole().or_else(beside).unwrap_or_else(|| path.to_owned())
}

/// Removes the requested files that an earlier run has left.
pub(super) fn remove_earlier(request: &EdgeListRequest<'_>) -> Result<(), EdgeListError> {
    for (_, path) in requested(request) {
        // Anything else, such as a folder, is refused when the file is written.
        let is_file = path.symlink_metadata().is_ok_and(|meta| meta.is_file() || meta.is_symlink());
        if is_file {
            std::fs::remove_file(path)
                .map_err(|source| EdgeListError::Earlier { path: path.to_owned(), source })?;
        }
    }
    Ok(())
}

/// Writes tables, each completely or not at all.
pub(super) fn write(tables: &[(&Path, Table)], config: &StoreConfig) -> Result<(), EdgeListError> {
    tables.iter().try_for_each(|(path, table)| Ok(write_table(path, table, config).map(|_| ())?))
}
