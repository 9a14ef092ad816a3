//! Reading Hive datasets of any writer: the files in folders `key=value`, with the value as a column.

use std::path::{Path, PathBuf};

use crate::store::dataset::partition::percent_decode;
use crate::store::error::{IoAction, StoreError};
use crate::store::read::read_table::footer;
use crate::store::read::scan::{Scan, ScanOptions, scan};
use crate::store::read::schema_evolution::TableBuilder;
use crate::table::{Column, Labels, Table, Values};

/// The files of a dataset that is partitioned by one key.
///
/// The folders alone decide which files belong to it: no `_metadata` file is read, names that begin with `.` or `_`
/// are skipped, and symbolic links are not followed. Values and files are in the order of their names.
///
/// ```
/// use ironforge::store::{Dataset, HiveDataset, ScanOptions, StoreConfig};
/// use ironforge::table::{Column, Table, Values};
///
/// # let dir = tempfile::tempdir()?;
/// # let root = dir.path();
/// let writer = Dataset::open(root, "session_id")?;
/// for session in ["NY_AM", "NY_PM"] {
///     let nodes = Table::new(vec![Column::new("node_id", "", Values::U32(vec![0, 1].into()))]);
///     writer.append(session, &nodes, &StoreConfig::default())?;
/// }
/// let dataset = HiveDataset::find(root, "session_id")?;
/// assert_eq!(dataset.values(), ["NY_AM", "NY_PM"]);
/// let table = dataset.only(&["NY_PM"]).read(&ScanOptions::default())?;
/// assert_eq!((table.rows(), table.columns()[0].name.as_str()), (2, "session_id"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiveDataset {
    key: String,
    /// Value of the key, and path, of each file.
    files: Vec<(String, PathBuf)>,
}

impl HiveDataset {
    /// Finds the files below `root/key=value/`.
    ///
    /// # Errors
    /// [`StoreError::Io`] if a folder cannot be listed; [`StoreError::Partition`] for a folder whose value cannot
    /// be decoded as text.
    pub fn find(root: &Path, key: &str) -> Result<Self, StoreError> {
        let mut files = Vec::new();
        for (name, path) in list(root)?.into_iter().filter(|(_, path)| path.is_dir()) {
            let Some((found, value)) = name.split_once('=').filter(|(found, _)| *found == key) else {
                continue;
            };
            let value = percent_decode(value).ok_or_else(|| StoreError::Partition {
                key: found.to_owned(),
                value: value.chars().take(80).collect(),
                why: "it holds a % without two hexadecimal digits after it, or bytes that are not UTF-8 text"
                    .to_owned(),
            })?;
            for (name, path) in list(&path)? {
                if path.is_file() && name.ends_with(".parquet") {
                    files.push((value.clone(), path));
                }
            }
        }
        Ok(Self { key: key.to_owned(), files })
    }

    /// The values of the key, each once.
    pub fn values(&self) -> Vec<&str> {
        let mut values: Vec<&str> = self.files.iter().map(|(value, _)| value.as_str()).collect();
        values.dedup();
        values
    }

    /// Paths of the files of one value, in the order of their names.
    pub fn files<'a>(&'a self, value: &'a str) -> impl Iterator<Item = &'a Path> {
        self.files.iter().filter(move |(v, _)| v == value).map(|(_, path)| path.as_path())
    }

    /// The dataset restricted to some values: the folders of others are not opened.
    pub fn only(&self, values: &[&str]) -> Self {
        let wanted = |(value, _): &&(String, PathBuf)| values.contains(&value.as_str());
        Self { key: self.key.clone(), files: self.files.iter().filter(wanted).cloned().collect() }
    }

    /// Reads the whole dataset as one table. The key is its first column, unless the files have a column of that
    /// name.
    ///
    /// Files may differ in their columns, as when a column was added later: the values of a column that a file lacks
    /// are missing, and a column that is nullable in one file is nullable in the table (unsigned integers become
    /// `i64`). A column named in the options must be in at least one file.
    ///
    /// # Errors
    /// As [`scan`] for each file; [`StoreError::Evolution`] for a column whose type differs between files;
    /// [`StoreError::Memory`] if the table takes more than `options.memory_limit_bytes`.
    pub fn read(&self, options: &ScanOptions) -> Result<Table, StoreError> {
        let mut builder = TableBuilder::default();
        let mut bytes = 0u64;
        for batch in self.scan(options) {
            let (path, table) = batch?;
            let size =
                table.columns().iter().map(|column| column.values.bytes()).fold(0, u64::saturating_add);
            bytes = bytes.saturating_add(size);
            if bytes > options.memory_limit_bytes {
                return Err(StoreError::Memory { path, needs: bytes, limit: options.memory_limit_bytes });
            }
            builder.append(&path, table)?;
        }
        Ok(builder.finish())
    }

    /// The batches of the dataset, file by file, each with the path of its file and the requested columns that the
    /// file has. Takes the memory of one scan.
    ///
    /// In the predicate, a column that a file lacks counts as null in every row of the file.
    pub fn scan<'a>(
        &'a self,
        options: &'a ScanOptions,
    ) -> impl Iterator<Item = Result<(PathBuf, Table), StoreError>> + 'a {
        self.files.iter().flat_map(move |(value, path)| {
            let (scan, error) = match self.open(path, options) {
                Ok(scan) => (Some(scan), None),
                Err(error) => (None, Some(Err(error))),
            };
            let empty = scan.as_ref().map(|scan| Ok(scan.empty()));
            let tables = empty.into_iter().chain(scan.into_iter().flatten());
            let batches = tables.map(move |table| Ok((path.clone(), self.with_key(value, table?))));
            error.into_iter().chain(batches)
        })
    }

    /// Opens a file, with the requested columns that it has.
    fn open(&self, path: &Path, options: &ScanOptions) -> Result<Scan, StoreError> {
        let file_columns: Vec<String> = footer(path)?.columns.into_iter().map(|(name, _)| name).collect();
        let mut options = options.clone();
        if let Some(columns) = &mut options.columns {
            let unknown = |column: &&String| {
                **column != self.key && !file_columns.contains(column) && !self.any_file_has(column)
            };
            if let Some(unknown) = columns.iter().find(unknown) {
                // Gives the error of an unknown column, with the nearest name.
                scan(path, &ScanOptions { columns: Some(vec![unknown.clone()]), ..ScanOptions::default() })?;
            }
            columns.retain(|column| file_columns.contains(column));
        }
        if let Some(predicate) = &options.predicate {
            let lacks = |column: &&str| !file_columns.iter().any(|name| name == column);
            if predicate.columns().iter().any(lacks) {
                options.predicate = Some(predicate.restricted_to(&file_columns));
            }
        }
        scan(path, &options)
    }

    /// Returns whether any file of the dataset has a column. Reads footers until one has it.
    fn any_file_has(&self, column: &str) -> bool {
        self.files.iter().any(|(_, path)| {
            footer(path).is_ok_and(|footer| footer.columns.iter().any(|(name, _)| name == column))
        })
    }

    /// The table with the value of its folder as the first column.
    fn with_key(&self, value: &str, table: Table) -> Table {
        if table.column(&self.key).is_some() {
            return table;
        }
        let rows = table.rows();
        let labels = Labels { names: vec![value.to_owned()].into(), codes: vec![0; rows].into() };
        let key = Column::new(&self.key, "", Values::Text(labels));
        Table::new([key].into_iter().chain(table.into_columns()).collect())
    }
}

/// Names and paths in a folder, in the order of the names; hidden names and symbolic links are left out.
fn list(folder: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let io = |source| StoreError::Io { path: folder.to_owned(), action: IoAction::Open, source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let link = entry.file_type().map_err(io)?.is_symlink();
        if let (Ok(name), false) = (entry.file_name().into_string(), link)
            && !name.starts_with(['.', '_'])
        {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}
