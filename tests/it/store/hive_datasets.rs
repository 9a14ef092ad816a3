//! Hive datasets: reading them as one table, also if columns were added later.

use std::path::Path;

use ironforge::store::{
    Comparison, HiveDataset, Predicate, Scalar, ScanOptions, StoreError, partition_dir, read_table,
    write_table,
};
use ironforge::table::{Column, Labels, Table, Values};

use super::{LIMIT, small};
use crate::data::data;

/// Writes a file of a session.
fn write_part(root: &Path, session: &str, name: &str, columns: Vec<(&str, Values)>) {
    let path = root.join(partition_dir("session_id", session).unwrap()).join(name);
    let columns = columns.into_iter().map(|(name, values)| Column::new(name, "", values)).collect();
    write_table(&path, &Table::new(columns), &small(10)).unwrap();
}

fn strings(table: &Table, column: &str) -> Vec<Option<String>> {
    let Values::Text(labels) = &table.column(column).unwrap().values else { panic!("not a text column") };
    labels.iter().map(|text| text.map(str::to_owned)).collect()
}

#[test]
fn the_sessions_of_a_dataset_are_listed_and_read_with_their_names() {
    let dir = tempfile::tempdir().unwrap();
    write_part(dir.path(), "b/../x", "part-0.parquet", vec![("n", Values::I64(vec![3].into()))]);
    write_part(dir.path(), "a", "part-1.parquet", vec![("n", Values::I64(vec![2].into()))]);
    write_part(dir.path(), "a", "part-0.parquet", vec![("n", Values::I64(vec![1].into()))]);
    // Not data: summary files, unfinished files, folders of another key.
    std::fs::write(dir.path().join("_metadata"), "no parquet").unwrap();
    std::fs::write(dir.path().join("session_id=a/.ironforge-x.tmp"), "half").unwrap();
    std::fs::write(dir.path().join("session_id=a/_common_metadata.parquet"), "no parquet").unwrap();
    std::fs::create_dir(dir.path().join("month=3")).unwrap();
    let dataset = HiveDataset::find(dir.path(), "session_id").unwrap();
    assert_eq!(dataset.values(), ["a", "b/../x"]);
    assert_eq!(dataset.files("a").count(), 2);
    let table = dataset.read(&ScanOptions::default()).unwrap();
    assert_eq!(table.column("n").unwrap().values, Values::I64(vec![1, 2, 3].into()));
    assert_eq!(strings(&table, "session_id")[2].as_deref(), Some("b/../x"));
    let one = dataset.only(&["b/../x"]).read(&ScanOptions::default()).unwrap();
    assert_eq!(one.rows(), 1);
}

#[test]
fn a_column_that_was_added_later_is_null_in_earlier_files() {
    let dir = tempfile::tempdir().unwrap();
    write_part(dir.path(), "1", "part-0.parquet", vec![("n", Values::I64(vec![1, 2].into()))]);
    let kind = Values::Text(Labels::encode([Some("x"), None]));
    let later = vec![
        ("n", Values::I64(vec![None, Some(4)].into())),
        ("kind", kind),
        ("p", Values::F64(vec![0.5, 1.5].into())),
    ];
    write_part(dir.path(), "2", "part-0.parquet", later);
    write_part(dir.path(), "3", "part-0.parquet", vec![("n", Values::I64(vec![5].into()))]);
    let dataset = HiveDataset::find(dir.path(), "session_id").unwrap();
    let table = dataset.read(&ScanOptions::default()).unwrap();
    let names: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["session_id", "n", "kind", "p"]);
    let n = vec![Some(1), Some(2), None, Some(4), Some(5)];
    assert_eq!(table.column("n").unwrap().values, Values::I64(n.into()));
    let p = vec![None, None, Some(0.5), Some(1.5), None];
    assert_eq!(table.column("p").unwrap().values, Values::F64(p.into()));
    assert_eq!(strings(&table, "kind"), [None, None, Some("x".to_owned()), None, None]);
    // A predicate on it: a null satisfies no comparison.
    let predicate = Some(Predicate::compare("p", Comparison::Ge, Scalar::Float(0.0)));
    let some = ScanOptions { predicate, columns: Some(vec!["n".to_owned()]), ..ScanOptions::default() };
    assert_eq!(
        dataset.read(&some).unwrap().column("n").unwrap().values,
        Values::I64(vec![None, Some(4)].into())
    );
    let missing = Some(Predicate::Missing("p".to_owned()));
    assert_eq!(
        dataset.read(&ScanOptions { predicate: missing, ..ScanOptions::default() }).unwrap().rows(),
        3
    );
    let unknown = ScanOptions { columns: Some(vec!["kinds".to_owned()]), ..ScanOptions::default() };
    assert!(matches!(dataset.read(&unknown), Err(StoreError::UnknownColumn { .. })));
}

#[test]
fn a_column_of_another_type_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    write_part(dir.path(), "1", "part-0.parquet", vec![("n", Values::I64(vec![1].into()))]);
    write_part(dir.path(), "2", "part-0.parquet", vec![("n", Values::F64(vec![1.0].into()))]);
    let error =
        HiveDataset::find(dir.path(), "session_id").unwrap().read(&ScanOptions::default()).unwrap_err();
    assert!(matches!(&error, StoreError::Evolution { was: "i64", is: "f64", .. }), "{error}");
}

#[test]
fn a_folder_name_that_is_not_text_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("session_id=%zz")).unwrap();
    let error = HiveDataset::find(dir.path(), "session_id").unwrap_err();
    assert!(matches!(&error, StoreError::Partition { value, .. } if value == "%zz"), "{error}");
}

/// Adds every `nodes.parquet`, `edges.parquet` and `node_map.parquet` below a folder to `found`.
fn find_shards(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_shards(&path, found);
        } else if path.extension().is_some_and(|e| e == "parquet") {
            found.push(path);
        }
    }
}

#[test]
fn shards_of_nodes_and_edges_are_read_as_tables() {
    let Some(folder) = data("peer/shards") else { return };
    let mut files = Vec::new();
    find_shards(&folder, &mut files);
    let (mut nodes, mut edges) = (0, 0);
    for path in files {
        let read = read_table(&path, None, LIMIT).unwrap();
        assert!(read.ignored.is_empty(), "{}: {:?}", path.display(), read.ignored);
        match path.file_name().unwrap().to_str().unwrap() {
            "nodes.parquet" => {
                nodes += read.table.rows();
                assert!(read.table.column("f44").is_some() && read.table.column("price").is_some());
            }
            "edges.parquet" => {
                edges += read.table.rows();
                assert!(read.table.column("e19").is_some() && read.table.column("dt").is_some());
            }
            _ => assert!(read.table.column("source_type").is_some()),
        }
    }
    assert_eq!((nodes, edges), (1493, 2339));
}
