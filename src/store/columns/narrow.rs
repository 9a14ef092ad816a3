//! Lossless narrowing: 64-bit columns are stored in fewer bits where every value is preserved, and widened when read.
//!
//! Off by default: the stored type then depends on the values, so that the files of a dataset may differ in it, and
//! programs that read several files as one table may refuse them or round. The readers of this crate restore the
//! declared type.

use crate::store::StoreError;
use crate::table::{Column, Table, Values};

/// Key of the field metadata that names the declared type of a narrowed column.
pub(crate) const DECLARED: &str = "declared_type";

/// Stored type of a narrowed column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NarrowType {
    I8,
    I16,
    I32,
    F32,
}

/// The stored type of each column of a table that can be narrowed without loss, in order; `None` for the others.
///
/// Signed 64-bit integers become the smallest signed type that holds them all, 64-bit floats 32-bit floats if each
/// converts back to the same bits. Times and ids, by type (timestamps, unsigned), unit or name, are not narrowed.
pub(crate) fn narrowing(table: &Table) -> Vec<Option<NarrowType>> {
    table
        .columns()
        .iter()
        .map(|column| if is_time_or_id(column) { None } else { narrowest(&column.values) })
        .collect()
}

/// Names of units of time in the units of columns.
const TIME_UNITS: [&str; 9] = ["ns", "us", "ms", "s", "seconds", "minutes", "hours", "days", "since"];
/// Words in a column's name that identify it as a time or an id.
const TIMES_AND_IDS: [&str; 18] = [
    "id",
    "ids",
    "key",
    "src",
    "dst",
    "seq",
    "index",
    "idx",
    "t",
    "ts",
    "time",
    "times",
    "timestamp",
    "date",
    "ns",
    "us",
    "ms",
    "s",
];

/// Returns whether a column is a time or an id by its unit or name.
fn is_time_or_id(column: &Column) -> bool {
    let words = |text: &str| {
        text.to_ascii_lowercase()
            .split(|c: char| !c.is_ascii_alphanumeric())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let has_any = |text: &str, list: &[&str]| words(text).iter().any(|word| list.contains(&word.as_str()));
    has_any(&column.unit, &TIME_UNITS) || has_any(&column.name, &TIMES_AND_IDS)
}

fn narrowest(values: &Values) -> Option<NarrowType> {
    match values {
        Values::I64(array) => narrowest_integer(array.present()),
        Values::F64(array) => narrowest_float(array.present()),
        _ => None,
    }
}

fn narrowest_integer(values: impl Iterator<Item = i64>) -> Option<NarrowType> {
    let (low, high) = values.fold((i64::MAX, i64::MIN), |(low, high), v| (low.min(v), high.max(v)));
    let within = |min: i64, max: i64| min <= low && high <= max;
    match () {
        () if low > high => None,
        () if within(i8::MIN.into(), i8::MAX.into()) => Some(NarrowType::I8),
        () if within(i16::MIN.into(), i16::MAX.into()) => Some(NarrowType::I16),
        () if within(i32::MIN.into(), i32::MAX.into()) => Some(NarrowType::I32),
        () => None,
    }
}

fn narrowest_float(mut values: impl Iterator<Item = f64>) -> Option<NarrowType> {
    let mut any = false;
    let exact = values.all(|v| {
        any = true;
        f64::from(v as f32).to_bits() == v.to_bits()
    });
    (exact && any).then_some(NarrowType::F32)
}

/// Widens decoded values to their declared type.
///
/// # Errors
/// If the declared type is not one that this crate narrows, or the values do not have a narrowed type of it.
pub(crate) fn restore(values: Values, declared: &str) -> Result<Values, String> {
    Ok(match (declared, values) {
        ("f64", Values::F32(array)) => Values::F64(array.map(f64::from)),
        ("f64", values @ Values::F64(_)) => values,
        // Integers of every width are decoded to 64 bits.
        ("i64", values @ Values::I64(_)) => values,
        (declared, values) => {
            return Err(format!("{} cannot have been declared as {declared:?}", values.type_name()));
        }
    })
}

/// Widens the decoded values of a column of a file to their declared type.
///
/// # Errors
/// [`StoreError::Damaged`] if the file records a declared type that the stored type cannot come from.
pub(crate) fn restore_column(
    path: &std::path::Path,
    column: &str,
    values: Values,
    declared: &str,
) -> Result<Values, StoreError> {
    restore(values, declared)
        .map_err(|why| StoreError::Damaged { path: path.to_owned(), why: format!("column {column}: {why}") })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn narrowed(name: &str, unit: &str, values: Values) -> Option<NarrowType> {
        narrowing(&Table::new(vec![Column::new(name, unit, values)]))[0]
    }

    #[test]
    fn values_get_the_smallest_lossless_type() {
        assert_eq!(narrowed("n", "", Values::I64(vec![-128, 127].into())), Some(NarrowType::I8));
        assert_eq!(narrowed("n", "", Values::I64(vec![-129].into())), Some(NarrowType::I16));
        assert_eq!(narrowed("n", "", Values::I64(vec![None, Some(40_000)].into())), Some(NarrowType::I32));
        assert_eq!(narrowed("n", "", Values::I64(vec![1 << 40].into())), None);
        assert_eq!(
            narrowed("x", "", Values::F64(vec![23_388.75, -0.0, f64::INFINITY].into())),
            Some(NarrowType::F32)
        );
        for lossy in [0.1, 1e300, 5e-324, 1_700_000_000_123.0, f64::from_bits(0x7ff8_0000_0000_0001)] {
            assert_eq!(narrowed("x", "", Values::F64(vec![Some(1.0), Some(lossy)].into())), None, "{lossy}");
        }
        assert_eq!(
            narrowed("x", "", Values::F64(vec![None].into())),
            None,
            "without values, later values may not fit"
        );
    }

    #[test]
    fn times_and_ids_keep_their_type() {
        for (name, unit) in
            [("t_ms", ""), ("ts", ""), ("node_id", ""), ("src", ""), ("gap", "ms"), ("x", "s since 1970")]
        {
            assert_eq!(narrowed(name, unit, Values::I64(vec![1].into())), None, "{name} {unit}");
            assert_eq!(narrowed(name, unit, Values::F64(vec![1.0].into())), None, "{name} {unit}");
        }
    }

    #[test]
    fn restoring_gives_the_declared_type_or_an_error() {
        assert_eq!(restore(Values::F32(vec![0.5].into()), "f64"), Ok(Values::F64(vec![0.5].into())));
        assert_eq!(restore(Values::F32(vec![None].into()), "f64"), Ok(Values::F64(vec![None].into())));
        assert_eq!(restore(Values::I64(vec![3].into()), "i64"), Ok(Values::I64(vec![3].into())));
        assert!(restore(Values::F32(vec![0.5].into()), "i64").unwrap_err().contains("i64"));
    }
}
