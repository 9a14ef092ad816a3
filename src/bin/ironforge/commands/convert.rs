//! `ironforge convert`.

use ironforge::config::{ConfigError, Effective, SettingEntry, SettingOrigin};
use ironforge::pipeline::Error;
use ironforge::store::{FileFormat, convert};

use crate::args::ConvertArgs;
use crate::output::{self, Failure};
use crate::settings::effective;

/// The settings of `store.*` that a conversion uses.
const USED: [&str; 2] = ["store.compression_level", "store.row_group_rows"];

/// Refuses an option that sets a `store.*` setting which a conversion does not use. In files, the environment and
/// presets such settings are ignored, because those apply to all commands.
fn refuse_unused(effective: &Effective) -> Result<(), Failure> {
    let unused = |entry: &&SettingEntry| {
        matches!(entry.origin, SettingOrigin::Option(_))
            && entry.key.starts_with("store.")
            && !USED.contains(&entry.key.as_str())
    };
    let Some(entry) = effective.entries().iter().find(unused) else { return Ok(()) };
    let reason = format!(
        "a conversion has no {}: it keeps types and columns as they are, and ends row groups by their number of rows; \
         leave it out",
        entry.key
    );
    Err(Error::from(ConfigError::Check { origin: Some(entry.origin.clone()), reason }).into())
}

/// Converts a file, and prints what it wrote.
pub fn run(args: &ConvertArgs) -> Result<(), Failure> {
    let effective = effective(&args.configuration, Vec::new())?;
    refuse_unused(&effective)?;
    let (config, limit) = (&effective.config.store, effective.config.limits.memory_bytes());
    let converted = convert(&args.input, &args.output, config, limit).map_err(Error::from)?;
    let (kind, name) = match converted.format {
        FileFormat::Parquet => ("parquet", "Parquet"),
        FileFormat::ArrowIpc => ("arrow_ipc", "Arrow IPC"),
    };
    let path = args.output.display().to_string();
    if args.json {
        return output::json(&serde_json::json!({
            "schema_version": 1, "path": path, "kind": kind, "rows": converted.rows, "bytes": converted.bytes,
        }));
    }
    output::result(&format!("wrote     {path}, {name}, {} rows, {} bytes\n", converted.rows, converted.bytes))
}
