//! Columns of numbers, and the price among them.

use super::table_reader::{Reports, TableReader, named_twice};
use crate::events::EventsError;
use crate::events::raw::{ColumnReading, shown};
use crate::events::text::number_in;
use crate::table::{Array, Column, Labels, NumericColumn, Values};

/// Names of the numeric columns that are the price by default, in order of preference.
const PRICE_NAMES: [&str; 2] = ["price", "price_level"];

impl TableReader<'_> {
    /// The columns of numbers: those of the map, or by default the numeric columns without another role that do not
    /// number the rows; the price is added if it is not among them.
    pub(super) fn numeric(
        &self,
        time: &Column,
        reports: &mut Reports,
    ) -> Result<Vec<NumericColumn>, EventsError> {
        let map = self.map;
        let mut names: Vec<&str> = Vec::new();
        match &map.numeric {
            Some(named) => {
                for name in named {
                    if names.contains(&name.as_str()) {
                        return Err(named_twice("session.numeric", name));
                    }
                    names.push(name);
                }
            }
            None => {
                let others = map.seq.iter().chain(&map.kind).chain(&map.group).chain(&map.keys);
                let roles: std::collections::HashSet<&String> =
                    others.chain([&time.name]).chain(&self.raw.index_columns).collect();
                let numbers = self.raw.table.columns().iter();
                let numbers = numbers.filter(|c| is_number(&c.values) && !roles.contains(&c.name));
                names.extend(numbers.map(|c| c.name.as_str()));
            }
        }
        if let Some(price) = map.price.as_deref().filter(|price| !names.contains(price)) {
            names.push(price);
        }
        // Found by position: a table may have ten thousand columns of numbers.
        let position: std::collections::HashMap<String, usize> =
            reports.0.iter().enumerate().map(|(i, report)| (report.name.clone(), i)).collect();
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let report = position.get(name).and_then(|&i| reports.0.get_mut(i));
            let column = match &map.numeric {
                // Chosen from the columns: a doubled name is no question.
                None => self.raw.table.column(name).map_or_else(|| self.column(name, "number"), Ok)?,
                Some(_) => self.column(name, "number")?,
            };
            columns.push(self.numbers(column, report)?);
        }
        Ok(columns)
    }

    /// A column as numbers; NaN becomes missing, an infinity is an error. Floats without NaN are shared with the table.
    fn numbers(
        &self,
        column: &Column,
        report: Option<&mut ColumnReading>,
    ) -> Result<NumericColumn, EventsError> {
        let floats = match &column.values {
            Values::Text(labels) => self.parsed_numbers(column, labels)?,
            values => floats(values).ok_or_else(|| {
                self.wrong_type(column, "number", "integers, floats, booleans or text with numbers")
            })?,
        };
        // The value of a missing row is 0.
        if let Some(row) = floats.values().iter().position(|value| value.is_infinite()) {
            let remedy = "a number must be finite: leave it empty if unknown";
            return Err(self.value(row, column, floats.values()[row].to_string(), remedy));
        }
        let values = if floats.values().iter().any(|value| value.is_nan()) {
            floats.iter().map(|value| value.filter(|value| !value.is_nan())).collect()
        } else {
            floats.into_nullable()
        };
        if let Some(report) = report {
            report.role = "number";
            report.missing = values.missing_count();
            report.rounded = rounded(&column.values);
        }
        Ok(NumericColumn { name: column.name.clone(), values })
    }

    /// The numbers in a column of text.
    fn parsed_numbers(&self, column: &Column, labels: &Labels) -> Result<Array<f64>, EventsError> {
        let parse = |(row, cell): (usize, Option<&str>)| {
            match cell.map(str::trim) {
            None | Some("") => Ok(None),
            Some(cell) if self.map.missing.iter().any(|word| word == cell) => Ok(None),
            Some(cell) => number_in(cell).map(Some).ok_or_else(|| {
                let remedy = "it is no number: mend it, name a word for a missing number in session.missing, or say how \
                              numbers are written with --decimal and --thousands";
                self.value(row, column, format!("{:?}", shown(cell)), remedy)
            }),
        }
        };
        labels.iter().enumerate().map(parse).collect()
    }

    /// Index of the price in `numeric`.
    pub(super) fn price(&self, numeric: &[NumericColumn], reports: &mut Reports) -> Option<usize> {
        let position = |name: &str| numeric.iter().position(|column| column.name == name);
        let price = match &self.map.price {
            Some(name) => position(name),
            None => PRICE_NAMES.iter().find_map(|name| position(name)),
        };
        if let Some(price) = price {
            reports.take_as(&numeric[price].name, "price");
        }
        price
    }
}

fn is_number(values: &Values) -> bool {
    !matches!(values, Values::Bool(_) | Values::Text(_) | Values::Time { .. })
}

/// Number of integers that a float does not hold exactly.
fn rounded(values: &Values) -> usize {
    match values {
        Values::I64(array) => array.present().filter(|&v| i128::from(v) != v as f64 as i128).count(),
        Values::U64(array) => array.present().filter(|&v| u128::from(v) != v as f64 as u128).count(),
        _ => 0,
    }
}

/// The column as floats, `None` for text and timestamps.
fn floats(values: &Values) -> Option<Array<f64>> {
    Some(match values {
        Values::U32(array) => array.map(f64::from),
        Values::U64(array) => array.map(|v| v as f64),
        Values::I64(array) => array.map(|v| v as f64),
        Values::F32(array) => array.map(f64::from),
        Values::F64(array) => array.clone(),
        Values::Bool(array) => array.map(|v| f64::from(u8::from(v))),
        Values::Text(_) | Values::Time { .. } => return None,
    })
}
