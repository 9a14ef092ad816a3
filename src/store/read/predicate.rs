//! Row predicates that can be evaluated on rows, and on bounds to skip whole row groups and pages.

use std::cmp::Ordering;

use crate::table::{Array, MISSING, Values};

/// A condition on the columns of a row.
///
/// A null satisfies no comparison. A NaN is unequal to every value, and neither less nor greater.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Predicate {
    /// Comparison of a column with a scalar of its kind: [`Scalar::Int`] for integers, and for timestamps in the
    /// unit of the column (dates in seconds); [`Scalar::Float`] for floats and decimals.
    Compare {
        /// Name of the column.
        column: String,
        /// Comparison operator.
        op: Comparison,
        /// Right operand.
        value: Scalar,
    },
    /// The value of the named column is null.
    Missing(String),
    /// The value of the named column is not null.
    Present(String),
    /// Conjunction; true if empty.
    All(Vec<Predicate>),
    /// Disjunction; false if empty.
    Any(Vec<Predicate>),
}

/// Comparison operator; the left operand is the value of the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
}

/// Constant operand of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// An integer, or a time in the unit of its column; 128 bits hold the values of signed and unsigned columns.
    Int(i128),
    /// A float.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A string; strings are ordered by their UTF-8 bytes.
    Text(String),
}

impl Scalar {
    /// Name of the kind in messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Bool(_) => "a boolean",
            Self::Text(_) => "a string",
        }
    }

    /// Order of this scalar and another; `None` if one is NaN or the kinds differ.
    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            _ => None,
        }
    }
}

impl Comparison {
    fn holds(self, order: Option<Ordering>) -> bool {
        match (self, order) {
            (Self::Ne, order) => order != Some(Ordering::Equal),
            (_, None) => false,
            (Self::Eq, Some(order)) => order.is_eq(),
            (Self::Lt, Some(order)) => order.is_lt(),
            (Self::Le, Some(order)) => order.is_le(),
            (Self::Gt, Some(order)) => order.is_gt(),
            (Self::Ge, Some(order)) => order.is_ge(),
        }
    }
}

/// Statistics of the values of a range of rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) rows: u64,
    /// Number of nulls, if known.
    pub(crate) missing: Option<u64>,
    /// Lower and upper bound of the values; there may be NaN values in addition.
    pub(crate) range: Option<(Scalar, Scalar)>,
}

impl Bounds {
    /// Returns whether a row of the range may satisfy a comparison; false only if none can.
    pub(crate) fn may_satisfy(&self, op: Comparison, value: &Scalar) -> bool {
        if self.missing == Some(self.rows) {
            return false;
        }
        let Some((min, max)) = &self.range else { return true };
        let (Some(low), Some(high)) = (min.order(value), max.order(value)) else { return true };
        match op {
            Comparison::Eq => low.is_le() && high.is_ge(),
            // A NaN is unequal to every value and not covered by the bounds.
            Comparison::Ne => matches!(value, Scalar::Float(_)) || low.is_ne() || high.is_ne(),
            Comparison::Lt => low.is_lt(),
            Comparison::Le => low.is_le(),
            Comparison::Gt => high.is_gt(),
            Comparison::Ge => high.is_ge(),
        }
    }
}

impl Predicate {
    /// A comparison of a column with a scalar.
    pub fn compare(column: impl Into<String>, op: Comparison, value: Scalar) -> Self {
        Self::Compare { column: column.into(), op, value }
    }

    /// Names of the columns of the predicate, each once, in order of appearance.
    pub(crate) fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        self.visit(&mut |column, _| {
            if !columns.contains(&column) {
                columns.push(column);
            }
        });
        columns
    }

    /// Calls `visitor` with every column of the predicate and its right operand, if it has one.
    pub(crate) fn visit<'a>(&'a self, visitor: &mut dyn FnMut(&'a str, Option<&'a Scalar>)) {
        match self {
            Self::Compare { column, value, .. } => visitor(column, Some(value)),
            Self::Missing(column) | Self::Present(column) => visitor(column, None),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.visit(visitor)),
        }
    }

    /// The predicate for a table that has only `columns`: other columns count as null in every row.
    pub(crate) fn restricted_to(&self, columns: &[String]) -> Self {
        match self {
            Self::All(parts) => Self::All(parts.iter().map(|part| part.restricted_to(columns)).collect()),
            Self::Any(parts) => Self::Any(parts.iter().map(|part| part.restricted_to(columns)).collect()),
            Self::Compare { column, .. } | Self::Present(column) if !columns.contains(column) => {
                Self::Any(Vec::new())
            }
            Self::Missing(column) if !columns.contains(column) => Self::All(Vec::new()),
            kept => kept.clone(),
        }
    }

    /// For each of `rows` rows, true if it satisfies the predicate; `column` returns the values of a column.
    pub(crate) fn evaluate<'a>(&self, rows: usize, column: &dyn Fn(&str) -> &'a Values) -> Vec<bool> {
        match self {
            Self::Compare { column: name, op, value } => compare(column(name), *op, value),
            Self::Missing(name) => present(column(name)).into_iter().map(|there| !there).collect(),
            Self::Present(name) => present(column(name)),
            Self::All(parts) => parts.iter().fold(vec![true; rows], |mut all, part| {
                all.iter_mut().zip(part.evaluate(rows, column)).for_each(|(all, holds)| *all &= holds);
                all
            }),
            Self::Any(parts) => parts.iter().fold(vec![false; rows], |mut any, part| {
                any.iter_mut().zip(part.evaluate(rows, column)).for_each(|(any, holds)| *any |= holds);
                any
            }),
        }
    }
}

/// Returns whether values of that type can be compared with the scalar.
pub(crate) fn comparable(values: &Values, scalar: &Scalar) -> bool {
    use Values::{Bool, F32, F64, I64, Text, Time, U32, U64};
    match scalar {
        Scalar::Int(_) => matches!(values, U32(_) | U64(_) | I64(_) | Time { .. }),
        Scalar::Float(_) => matches!(values, F32(_) | F64(_)),
        Scalar::Bool(_) => matches!(values, Bool(_)),
        Scalar::Text(_) => matches!(values, Text(_)),
    }
}

fn compare(values: &Values, op: Comparison, value: &Scalar) -> Vec<bool> {
    fn each<T: Copy + Default>(array: &Array<T>, holds: impl Fn(T) -> bool) -> Vec<bool> {
        array.iter().map(|value| value.is_some_and(&holds)).collect()
    }
    let int = |v: i128| op.holds(Scalar::Int(v).order(value));
    let float = |v: f64| op.holds(Scalar::Float(v).order(value));
    match values {
        Values::U32(array) => each(array, |v| int(v.into())),
        Values::U64(array) => each(array, |v| int(v.into())),
        Values::I64(array) | Values::Time { values: array, .. } => each(array, |v| int(v.into())),
        Values::F32(array) => each(array, |v| float(v.into())),
        Values::F64(array) => each(array, float),
        Values::Bool(array) => each(array, |v| op.holds(Scalar::Bool(v).order(value))),
        Values::Text(labels) => {
            let holds = |name: &String| op.holds(Scalar::Text(name.clone()).order(value));
            let names: Vec<bool> = labels.names.iter().map(holds).collect();
            labels.codes.iter().map(|&code| code != MISSING && names[code as usize]).collect()
        }
    }
}

fn present(values: &Values) -> Vec<bool> {
    (0..values.len()).map(|row| values.is_valid(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_exclude_only_rows_that_cannot_match() {
        let bounds = Bounds { rows: 3, missing: Some(0), range: Some((Scalar::Int(2), Scalar::Int(5))) };
        let may = |op, v| bounds.may_satisfy(op, &Scalar::Int(v));
        use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
        assert_eq!([1, 2, 5, 6].map(|v| may(Eq, v)), [false, true, true, false]);
        assert_eq!([2, 3].map(|v| may(Lt, v)), [false, true]);
        assert_eq!([1, 2].map(|v| may(Le, v)), [false, true]);
        assert_eq!([4, 5].map(|v| may(Gt, v)), [true, false]);
        assert_eq!([5, 6].map(|v| may(Ge, v)), [true, false]);
        assert!(may(Ne, 2));
        let one = Bounds { range: Some((Scalar::Int(2), Scalar::Int(2))), ..bounds };
        assert!(!one.may_satisfy(Ne, &Scalar::Int(2)));
        let float = Bounds { range: Some((Scalar::Float(2.0), Scalar::Float(2.0))), ..one };
        assert!(float.may_satisfy(Ne, &Scalar::Float(2.0)), "bounds do not cover NaN");
        assert!(!Bounds { missing: Some(3), ..float }.may_satisfy(Ne, &Scalar::Float(2.0)));
    }
}
