//! Files for other readers: `tests/interop/run` reads them with pyarrow, DuckDB and Polars.

use std::path::{Path, PathBuf};
use std::process::Command;

use ironforge::store::{EncodingPolicy, StoreConfig, read_table, write_table};
use ironforge::table::{Table, Values};
use serde_json::{Value, json};

use super::{LIMIT, every_type};

/// The folder to write to; `None`, with a printed SKIP, if there is none.
fn out() -> Option<PathBuf> {
    let out = std::env::var_os("IRONFORGE_INTEROP_OUT").map(PathBuf::from);
    if out.is_none() {
        crate::skip::skip(format_args!("without IRONFORGE_INTEROP_OUT: tests/interop/run sets it"));
    }
    out
}

/// The values that a reader must find, bit by bit: floats as the integer of their bits, times as integers, null where
/// missing.
fn expected(table: &Table) -> Value {
    let columns = table.columns().iter().map(|column| {
        let (kind, values): (&str, Vec<Value>) = match &column.values {
            Values::U32(v) => ("uint", v.iter().map(Value::from).collect()),
            Values::U64(v) => ("uint", v.iter().map(Value::from).collect()),
            Values::I64(v) => ("int", v.iter().map(Value::from).collect()),
            Values::F32(v) => ("float", v.iter().map(|v| v.map(f32::to_bits).into()).collect()),
            Values::F64(v) => ("double", v.iter().map(|v| v.map(f64::to_bits).into()).collect()),
            Values::Bool(v) => ("bool", v.iter().map(Value::from).collect()),
            Values::Text(v) => ("text", v.iter().map(Value::from).collect()),
            Values::Time { values, .. } => ("time", values.iter().map(Value::from).collect()),
        };
        let time = match &column.values {
            Values::Time { unit, utc, .. } => json!({ "unit": format!("{unit:?}"), "utc": utc }),
            _ => Value::Null,
        };
        json!({
            "name": column.name, "unit": column.unit, "type": kind, "time": time,
            "nullable": column.values.is_nullable(), "values": values,
        })
    });
    json!({ "rows": table.rows(), "columns": columns.collect::<Vec<_>>() })
}

/// Writes the expected values to a file next to `path`.
fn write_expected(path: &Path, table: &Table, narrowed: bool) {
    let mut expected = expected(table);
    expected["narrowed"] = narrowed.into();
    std::fs::write(path.with_extension("parquet.json"), expected.to_string()).unwrap();
}

#[test]
fn files_of_every_type_are_written_for_other_readers() {
    let Some(out) = out() else { return };
    let settings = [
        ("default", StoreConfig::default()),
        (
            "basic",
            StoreConfig { encodings: EncodingPolicy::Basic, row_group_rows: 3_000, ..StoreConfig::default() },
        ),
        (
            "content",
            StoreConfig {
                content_defined: true,
                min_page_bytes: 1 << 12,
                max_page_bytes: 1 << 14,
                ..StoreConfig::default()
            },
        ),
        ("narrow", StoreConfig { narrow: true, ..StoreConfig::default() }),
    ];
    for (name, config) in settings {
        for rows in [0, 1, 999, 23_456] {
            let path = out.join(format!("{name}_{rows}.parquet"));
            write_table(&path, &every_type(rows), &config).unwrap();
            write_expected(&path, &every_type(rows), config.narrow);
        }
        let path = out.join(format!("{name}_extremes.parquet"));
        write_table(&path, &extremes(), &config).unwrap();
        write_expected(&path, &extremes(), config.narrow);
    }
}

/// Values on which readers differ.
fn extremes() -> Table {
    use super::column;
    use ironforge::table::{Labels, TimeUnit};
    let words = ["", "ä", "\u{1f480}", "a\0b", "\u{10ffff}", "x".repeat(3_000).as_str()].map(str::to_owned);
    let word = |i: usize| (!i.is_multiple_of(7)).then(|| words[i % 6].as_str());
    let f32s = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 0.0, f32::MIN_POSITIVE / 2.0, f32::MAX];
    let f64s = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 5e-324, f64::MAX];
    let i64s = [i64::MIN, -1, 0, 1, i64::MAX];
    let times = [i64::MIN / 2_000_000, -1, 0, 1, i64::MAX / 2_000_000];
    let n = 2_000usize;
    Table::new(vec![
        column("words", "", Values::Text(Labels::encode((0..n).map(word)))),
        column("nothing", "", Values::Text(Labels::encode((0..n).map(|_| None)))),
        column("f32", "", Values::F32((0..n).map(|i| f32s[i % 7]).collect())),
        column("f64", "", Values::F64((0..n).map(|i| (i % 3 > 0).then(|| f64s[i % 7])).collect())),
        column("nan", "", Values::F64(vec![f64::NAN; n].into())),
        column("i64", "", Values::I64((0..n).map(|i| (i % 3 > 0).then(|| i64s[i % 5])).collect())),
        column("none", "", Values::I64(vec![None; n].into())),
        column("u64", "", Values::U64((0..n as u64).map(|i| u64::MAX - i % 2 * (u64::MAX - 3)).collect())),
        column(
            "t",
            "",
            Values::Time {
                unit: TimeUnit::Microsecond,
                utc: true,
                values: (0..n).map(|i| Some(times[i % 5])).collect(),
            },
        ),
        column("späť = %", "a \"unit\"", Values::U32((0..n as u32).map(|i| u32::MAX - i).collect())),
    ])
}

#[test]
fn files_of_every_command_are_written_for_other_readers() {
    let Some(out) = out() else { return };
    let out = out.join("commands");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ironforge"));
        command.args(arguments).env_remove("IRONFORGE_INTEROP_OUT").current_dir(&out);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    std::fs::create_dir_all(&out).unwrap();
    run(&["discover", "--out", "discover", "--set", "motif.iterations=20"]);
    run(&["build-graph", "--out", "graphs", "--set", "store.content_defined=true"]);
    run(&["motifs", "--out", "motifs.parquet", "--iterations", "20", "--set", "store.dictionary=[\"k\"]"]);
    let edges = out.join("graphs/dag_edges");
    let session = std::fs::read_dir(&edges).unwrap().next().unwrap().unwrap().path().join("part-0.parquet");
    run(&[
        "dag",
        session.to_str().unwrap(),
        "--transitive-reduction",
        "kept.parquet",
        "--levels",
        "levels.parquet",
    ]);
    let (mut folders, mut files) = (vec![out], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "parquet") {
                let read = read_table(&path, None, LIMIT).unwrap();
                assert!(read.ignored.is_empty());
                write_expected(&path, &read.table, false);
                files += 1;
            }
        }
    }
    assert!(files > 40, "{files} files");
}
