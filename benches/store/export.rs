//! The table, its edits and our files as files that benches/peers/store_peers.py reads.

use std::path::{Path, PathBuf};

use criterion::Criterion;
use ironforge::store::write_table;
use ironforge::table::{Table, Values};
use serde_json::json;

use crate::clock::CpuTime;
use crate::{edits, layouts, table};

/// Writes them if IRONFORGE_BENCH_OUT names a folder: NAME/COLUMN.bin (little-endian, sessions as u32 codes), their
/// names, and ours.LAYOUT.parquet beside them, for the table (`base`) and each edit.
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
        write_table(&folder.join(format!("ours.{layout}.parquet")), table, &config).unwrap();
    }
}
