//! Hive datasets as they are read: folders `key=value`, the files in each, and the value as a column.

use std::path::{Path, PathBuf};

use crate::store::StoreError;
use crate::store::read::scan::{Scan, ScanOptions, scan};
use crate::store::read::schema_evolution::Grown;
use crate::table::{Column, Labels, Table, Values};

/// The files of a dataset that is split into folders by one key.
///
/// Nothing but the folders says what belongs to it: no `_metadata` file is read, names that begin with `.` or `_` are
/// not data, links are not followed. Values and files come in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiveDataset {
    key: String,
    files: Vec<(String, PathBuf)>,
}

impl HiveDataset {
    /// Finds the files below `root/key=value/`.
    ///
    /// # Errors
    /// [`StoreError::Io`] if a folder cannot be listed; [`StoreError::Partition`] for a folder whose value is no text.
    pub fn find(root: &Path, key: &str) -> Result<Self, StoreError> {
        let mut files = Vec::new();
        for (name, path) in listed(root)?.into_iter().filter(|(_, path)| path.is_dir()) {
            let Some((found, value)) = name.split_once('=').filter(|(found, _)| *found == key) else {
                continue;
            };
            let value = decoded(value).ok_or_else(|| StoreError::Partition {
                key: found.to_owned(),
                value: value.chars().take(80).collect(),
                why: "it holds a % that no two hexadecimal digits follow, or bytes that are no text"
                    .to_owned(),
            })?;
            for (name, path) in listed(&path)? {
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

    /// The files of a value.
    pub fn files<'a>(&'a self, value: &'a str) -> impl Iterator<Item = &'a Path> {
        self.files.iter().filter(move |(v, _)| v == value).map(|(_, path)| path.as_path())
    }

    /// The parts of these values alone: other folders are not opened.
    pub fn only(&self, values: &[&str]) -> Self {
        let wanted = |(value, _): &&(String, PathBuf)| values.contains(&value.as_str());
        Self { key: self.key.clone(), files: self.files.iter().filter(wanted).cloned().collect() }
    }

    /// The whole dataset as one table, the key as its first column unless the files have one of that name.
    ///
    /// Files may differ as they do when a column was added later: one that a file lacks is missing in its rows, and a
    /// column that is nullable in one file is so in the table (an unsigned one then becomes `i64`). A named column must
    /// be in one file at least.
    ///
    /// # Errors
    /// As [`scan`] for each file; [`StoreError::Evolution`] for a column whose type differs between files;
    /// [`StoreError::Memory`] if the table takes more than `options.memory_limit_bytes`.
    pub fn read(&self, options: &ScanOptions) -> Result<Table, StoreError> {
        let mut grown = Grown::default();
        let mut bytes = 0u64;
        for part in self.scan(options) {
            let (path, table) = part?;
            let size =
                table.columns().iter().map(|column| column.values.bytes()).fold(0, u64::saturating_add);
            bytes = bytes.saturating_add(size);
            if bytes > options.memory_limit_bytes {
                return Err(StoreError::Memory { path, needs: bytes, limit: options.memory_limit_bytes });
            }
            grown.append(&path, table)?;
        }
        Ok(grown.finish())
    }

    /// The batches of the dataset, file by file, each with the file it comes from. Each has the columns of its file
    /// that are wanted; the memory is that of one scan.
    ///
    /// A file without a column that the predicate speaks of has it missing in every row.
    pub fn scan<'a>(
        &'a self,
        options: &'a ScanOptions,
    ) -> impl Iterator<Item = Result<(PathBuf, Table), StoreError>> + 'a {
        self.files.iter().flat_map(move |(value, path)| {
            let (batches, error) = match self.open(path, options) {
                Ok(scan) => (scan, None),
                Err(error) => (None, Some(Err(error))),
            };
            let empty = batches.as_ref().map(|scan| Ok(scan.empty()));
            let tables = empty.into_iter().chain(batches.into_iter().flatten());
            let tagged = tables.map(move |table| Ok((path.clone(), self.tagged(value, table?))));
            error.into_iter().chain(tagged)
        })
    }

    /// Opens a file for the columns that it has.
    fn open(&self, path: &Path, options: &ScanOptions) -> Result<Option<Scan>, StoreError> {
        let has: Vec<String> =
            crate::store::footer(path)?.columns.into_iter().map(|(name, _)| name).collect();
        let mut options = options.clone();
        if let Some(columns) = &mut options.columns {
            if let Some(unknown) = columns.iter().find(|c| *c != &self.key && !self.anywhere(c, &has)) {
                scan(path, &ScanOptions { columns: Some(vec![unknown.clone()]), ..ScanOptions::default() })?;
            }
            columns.retain(|column| has.contains(column));
        }
        let lacks = |column: &&str| !has.iter().any(|name| name == column);
        if let Some(predicate) = &options.predicate {
            match predicate.columns().into_iter().find(lacks) {
                None => {}
                Some(_) => options.predicate = Some(predicate.without(&has)),
            }
        }
        Ok(Some(scan(path, &options)?))
    }

    /// Whether any file has a column.
    fn anywhere(&self, column: &str, has: &[String]) -> bool {
        has.iter().any(|name| name == column)
            || self.files.iter().any(|(_, path)| {
                crate::store::footer(path)
                    .is_ok_and(|footer| footer.columns.iter().any(|(name, _)| name == column))
            })
    }

    /// The table with the value of its folder as first column.
    fn tagged(&self, value: &str, table: Table) -> Table {
        if table.column(&self.key).is_some() {
            return table;
        }
        let rows = table.rows();
        let labels = Labels { names: vec![value.to_owned()].into(), codes: vec![0; rows].into() };
        let key = Column::new(&self.key, "", Values::Text(labels));
        Table::new([key].into_iter().chain(table.into_columns()).collect())
    }
}

/// What a folder holds, by name; hidden names and links are left out.
fn listed(folder: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let io = |source| StoreError::Io { path: folder.to_owned(), action: "open", source };
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

/// Undoes the `%XX` of a folder name; `None` if it is no text then.
fn decoded(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (hex, after) = rest.split_at_checked(2)?;
            let digit = |c: u8| char::from(c).to_digit(16);
            bytes.push((digit(hex[0])? * 16 + digit(hex[1])?) as u8);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_undone() {
        assert_eq!(decoded("..%2Fx%3Dy").as_deref(), Some("../x=y"));
        assert_eq!(decoded("%C3%A9").as_deref(), Some("é"));
        assert_eq!([decoded("%4"), decoded("%zz"), decoded("%ff")], [None, None, None]);
    }
}
