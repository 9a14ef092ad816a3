//! Exports the table, its edits and the Parquet files of both, for benches/peers/store_peers.py.

use std::path::{Path, PathBuf};

use criterion::Criterion;
use ironforge::store::write_table;
use ironforge::table::{Table, Values};
use serde_json::json;

use crate::clock::CpuTime;
use crate::{edits, layouts, table};

/// Writes the files if IRONFORGE_BENCH_OUT names a folder: for the table (`base`) and each edit a folder with the values
/// COLUMN.bin (little-endian, strings as u32 codes and their names in COLUMN.json), and ironforge.LAYOUT.parquet.
pub fn files(_: &mut Criterion<CpuTime>) {
    let Some(folder) = std::env::var_os("IRONFORGE_BENCH_OUT").filter(|v| !v.is_empty()).map(PathBuf::from)
    else {
        return;
    };
    let mut names = vec!["base".to_owned()];
    export(&folder.join("base"), &table::rows(0..table::ROWS));
    for edit in edits::all() {
        export(&folder.join(edit.name), &edit.table());
        names.push(edit.name.to_owned());
    }
    std::fs::write(folder.join("names.json"), json!(names).to_string()).unwrap();
}

fn export(folder: &Path, table: &Table) {
    std::fs::create_dir_all(folder).unwrap();
    let mut columns = Vec::new();
    for column in table.columns() {
        let (kind, bytes): (&str, Vec<u8>) = match &column.values {
            Values::I64(v) => ("<i8", v.present().flat_map(|v| v.to_le_bytes()).collect()),
            Values::U32(v) => ("<u4", v.present().flat_map(|v| v.to_le_bytes()).collect()),
            Values::F32(v) => ("<f4", v.present().flat_map(|v| v.to_le_bytes()).collect()),
            Values::Text(v) => {
                std::fs::write(folder.join(format!("{}.json", column.name)), json!(&v.names[..]).to_string())
                    .unwrap();
                ("codes", v.codes.iter().flat_map(|v| v.to_le_bytes()).collect())
            }
            other => unreachable!("the table has no {}", other.type_name()),
        };
        std::fs::write(folder.join(format!("{}.bin", column.name)), bytes).unwrap();
        columns.push(json!([column.name, kind]));
    }
    std::fs::write(folder.join("columns.json"), json!(columns).to_string()).unwrap();
    for (layout, config) in layouts() {
        write_table(&folder.join(format!("ironforge.{layout}.parquet")), table, &config).unwrap();
    }
}
