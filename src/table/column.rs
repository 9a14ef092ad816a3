//! Named, typed columns of equal length.

use std::collections::HashSet;

use super::Values;

/// One named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name in the file.
    pub name: String,
    /// Unit or meaning, stored as field metadata; empty if there is none.
    pub unit: String,
    /// The values.
    pub values: Values,
}

impl Column {
    /// A column with a name, a unit (may be empty) and its values.
    pub fn new(name: impl Into<String>, unit: impl Into<String>, values: Values) -> Self {
        Self { name: name.into(), unit: unit.into(), values }
    }
}

/// Columns of equal length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
}

impl Table {
    /// A table of columns of equal length.
    ///
    /// # Panics
    /// If the lengths differ or two columns have the same name.
    #[track_caller]
    pub fn new(columns: Vec<Column>) -> Self {
        let mut names = HashSet::with_capacity(columns.len());
        for column in &columns {
            assert_eq!(column.values.len(), columns[0].values.len(), "length of column {:?}", column.name);
            assert!(names.insert(&column.name), "column {:?} twice", column.name);
        }
        Self { columns }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.values.len())
    }

    /// The columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The columns in order; consumes the table.
    pub fn into_columns(self) -> Vec<Column> {
        self.columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "twice")]
    fn two_columns_of_one_name_are_refused() {
        let column = Column::new("a", "", Values::U32(vec![1].into()));
        Table::new(vec![column.clone(), column]);
    }
}
