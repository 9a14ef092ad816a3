//! The column of weights: every value checked, and then in the order of a graph's edges.

use std::path::Path;

use rayon::prelude::*;

use crate::dag::{Dag, DagView};
use crate::pipeline::error::EdgeListError;
use crate::table::{Array, Labels, Table, Values};

/// A weight for each row of the edges.
pub(super) struct WeightColumn {
    pub(super) name: String,
    /// Unit that the file states; may be empty.
    pub(super) unit: String,
    /// Finite.
    pub(super) values: Vec<f64>,
}

impl WeightColumn {
    /// The column `name` of the table in the file `path`.
    pub(super) fn of(table: &Table, name: &str, path: &Path, is_csv: bool) -> Result<Self, EdgeListError> {
        let source = WeightSource { path, name };
        let wrong_type = |found: &str| EdgeListError::WeightType {
            path: path.to_owned(),
            column: name.to_owned(),
            found: found.to_owned(),
        };
        let Some(column) = table.column(name) else { return Err(wrong_type("missing")) };
        let values = match &column.values {
            Values::U32(values) => source.finite(values, f64::from),
            Values::U64(values) => source.finite(values, |value| value as f64),
            Values::I64(values) => source.finite(values, |value| value as f64),
            Values::F32(values) => source.finite(values, f64::from),
            Values::F64(values) => source.finite(values, |value| value),
            // A value that is no number makes a column of a CSV file text.
            Values::Text(labels) if is_csv => source.parsed(labels),
            other => Err(wrong_type(other.type_name())),
        }?;
        Ok(Self { name: name.to_owned(), unit: column.unit.clone(), values })
    }

    /// A weight for each edge of the graph, in edge order: of rows that repeat an edge the largest, so that it does not
    /// depend on the order of the rows. `edges` are the rows, in the ids of `dag`. O(edges log edges).
    pub(super) fn in_edge_order(&self, dag: &Dag, edges: &[(u32, u32)]) -> Vec<f64> {
        let mut by_edge: Vec<((u32, u32), f64)> =
            edges.iter().copied().zip(self.values.iter().copied()).collect();
        by_edge.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.total_cmp(&a.1)));
        by_edge.dedup_by_key(|(edge, _)| *edge);
        if dag.ids().is_none() {
            return by_edge.into_iter().map(|(_, weight)| weight).collect();
        }
        let mut weights = Vec::with_capacity(by_edge.len());
        for u in 0..dag.nodes() as u32 {
            let from = dag.id(u);
            let start = by_edge.partition_point(|(edge, _)| edge.0 < from);
            let row = &by_edge[start..start + dag.successors(u).len()];
            for v in dag.successors(u) {
                let at = row.partition_point(|(edge, _)| edge.1 < dag.id(v));
                weights.push(row[at].1);
            }
        }
        weights
    }
}

/// Where weights stand, for errors.
struct WeightSource<'a> {
    path: &'a Path,
    name: &'a str,
}

impl WeightSource<'_> {
    fn bad(&self, row: usize, found: String) -> EdgeListError {
        EdgeListError::Weight { path: self.path.to_owned(), column: self.name.to_owned(), row, found }
    }

    fn finite<T: Copy + Default>(
        &self,
        values: &Array<T>,
        number: impl Fn(T) -> f64,
    ) -> Result<Vec<f64>, EdgeListError> {
        let row = |(row, value): (usize, Option<T>)| match value.map(&number) {
            Some(value) if value.is_finite() => Ok(value),
            Some(value) => Err(self.bad(row, value.to_string())),
            None => Err(self.bad(row, "missing".to_owned())),
        };
        values.iter().enumerate().map(row).collect()
    }

    /// The values of a CSV column that was read as text.
    fn parsed(&self, labels: &Labels) -> Result<Vec<f64>, EdgeListError> {
        let row = |(row, text): (usize, Option<&str>)| {
            let text = text.ok_or_else(|| self.bad(row, "missing".to_owned()))?;
            let value = text.parse().ok().filter(|value: &f64| value.is_finite());
            value.ok_or_else(|| self.bad(row, format!("{text:?}")))
        };
        labels.iter().enumerate().map(row).collect()
    }
}
