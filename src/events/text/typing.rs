//! The type of a column's values, found in its cells.

use super::cells::Cells;
use super::number::{NumberFormat, has_certain_comma};
use super::options::{Delimiter, TextOptions};
use crate::events::raw::{ColumnReading, MixedColumn, missing_words, shown};
use crate::table::{Array, Labels, Values};

/// The cells as text, whatever they hold.
pub(super) fn text(cells: &Cells) -> Values {
    Values::Text(Labels::encode(cells.iter()))
}

/// The cells as values of the type that they all have, and what was found.
///
/// A column has integers if all its cells are, else floats if all are numbers, else booleans if all are `true` or
/// `false` in any case, else text. Words that stand for a missing number are missing unless the column is text; a
/// column without any other value has missing floats.
pub(super) fn typed(
    name: &str,
    cells: &Cells,
    options: &TextOptions,
    delimiter: Delimiter,
) -> (Values, ColumnReading) {
    let numbers = &options.numbers;
    let word = |cell: &&str| options.missing.iter().any(|word| word == cell);
    let present = || cells.iter().map(|cell| cell.filter(|cell| !word(cell)));
    let boolean = |cell: &str| match cell {
        _ if cell.eq_ignore_ascii_case("true") => Some(true),
        _ if cell.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    let decimal = decimal_sign(present(), numbers, delimiter);
    let values = if present().all(|cell| cell.is_none()) {
        Values::F64(Array::all_missing(cells.len()))
    } else if let Some(values) = parsed(present(), |cell| numbers.integer(cell)) {
        Values::I64(values)
    } else if let Some(values) = parsed(present(), |cell| cell.parse().ok()) {
        Values::U64(values)
    } else if let Some(values) = parsed(present(), |cell| numbers.float(cell, decimal)) {
        Values::F64(values)
    } else if let Some(values) = parsed(present(), boolean) {
        Values::Bool(values)
    } else {
        let mut report = ColumnReading::new(name, &text(cells));
        report.mixed = mixed(present(), numbers, decimal);
        return (text(cells), report);
    };
    let mut report = ColumnReading::new(name, &values);
    report.missing_words = missing_words(cells.iter(), &options.missing);
    (values, report)
}

/// The cells as values; `None` if one cannot be parsed.
fn parsed<'a, T: Copy + Default>(
    mut cells: impl Iterator<Item = Option<&'a str>>,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<Array<T>> {
    let mut values = Vec::with_capacity(cells.size_hint().0);
    cells.try_for_each(|cell| {
        values.push(match cell {
            None => None,
            Some(cell) => Some(parse(cell)?),
        });
        Some(())
    })?;
    Some(values.into())
}

/// The decimal sign of a column: a comma only if the cells are not separated by commas, all are numbers with it, and
/// one cannot be a whole number with a comma between thousands.
fn decimal_sign<'a>(
    cells: impl Iterator<Item = Option<&'a str>>,
    numbers: &NumberFormat,
    delimiter: Delimiter,
) -> char {
    if let Some(sign) = numbers.decimal {
        return sign;
    }
    if delimiter == Delimiter::Byte(b',') || numbers.thousands == Some(',') {
        return '.';
    }
    let mut certain = false;
    for cell in cells.flatten() {
        if numbers.float(cell, ',').is_none() {
            return '.';
        }
        certain |= has_certain_comma(cell);
    }
    if certain { ',' } else { '.' }
}

fn mixed<'a>(
    cells: impl Iterator<Item = Option<&'a str>>,
    numbers: &NumberFormat,
    decimal: char,
) -> Option<MixedColumn> {
    let mut found = 0;
    let mut first = None;
    for (row, cell) in cells.enumerate().filter_map(|(row, cell)| Some((row, cell?))) {
        if numbers.float(cell, decimal).is_some() {
            found += 1;
        } else if first.is_none() {
            first = Some((row, cell));
        }
    }
    let (first_row, cell) = first.filter(|_| found > 0)?;
    Some(MixedColumn { numbers: found, first_row, cell: shown(cell) })
}
