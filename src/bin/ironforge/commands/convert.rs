//! `ironforge convert`.

use ironforge::error::Error;
use ironforge::store::{FileKind, convert};

use crate::args::ConvertArgs;
use crate::output::{self, Failure};

/// Converts a file, and says what it wrote.
pub fn run(args: &ConvertArgs) -> Result<(), Failure> {
    let effective = super::effective(&args.configuration, Vec::new())?;
    let (config, limit) = (&effective.config.store, effective.config.memory_bytes());
    let converted = convert(&args.input, &args.output, config, limit).map_err(Error::from)?;
    let (kind, name) = match converted.kind {
        FileKind::Parquet => ("parquet", "Parquet"),
        FileKind::ArrowIpc => ("arrow_ipc", "Arrow IPC"),
    };
    let path = args.output.display().to_string();
    if args.json {
        return output::json(&serde_json::json!({
            "schema_version": 1, "path": path, "kind": kind, "rows": converted.rows, "bytes": converted.bytes,
        }));
    }
    output::result(&format!("wrote     {path}, {name}, {} rows, {} bytes\n", converted.rows, converted.bytes))
}
