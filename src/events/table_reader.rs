//! The columns of a table by their roles in a [`ColumnMap`].

use std::collections::BTreeMap;

use super::{ColumnMap, EventsError};
use crate::suggest::suggest;
use crate::table::{Array, Column, KeyColumn, Labels, NumericColumn, Table, Values};

/// Names of the numeric columns that are the price by default, in order of preference.
const PRICE_NAMES: [&str; 2] = ["price", "price_level"];

/// A table with the roles that a map gives its columns.
pub(super) struct TableReader<'a> {
    pub(super) table: &'a Table,
    pub(super) map: &'a ColumnMap,
    pub(super) file: &'a str,
}

impl<'a> TableReader<'a> {
    /// The column called `name`.
    ///
    /// # Errors
    /// [`EventsError::UnknownColumn`] with the nearest name.
    pub(super) fn column(&self, name: &str, role: &'static str) -> Result<&'a Column, EventsError> {
        let names = || self.table.columns().iter().map(|c| c.name.as_str());
        self.table.column(name).ok_or_else(|| {
            let near =
                suggest(name, names()).map_or(String::new(), |near| format!(", did you mean {near:?}?"));
            let all = names().collect::<Vec<_>>().join(", ");
            let hint = format!("{near}; its columns are: {all}");
            EventsError::UnknownColumn { file: self.file.to_owned(), column: name.to_owned(), role, hint }
        })
    }

    /// The error of a column whose type its role cannot use.
    pub(super) fn wrong_type(
        &self,
        column: &Column,
        role: &'static str,
        want: impl Into<String>,
    ) -> EventsError {
        EventsError::ColumnType {
            file: self.file.to_owned(),
            column: column.name.clone(),
            role,
            found: column.values.type_name(),
            want: want.into(),
        }
    }

    /// The error of a value in a row.
    pub(super) fn value(
        &self,
        row: usize,
        column: &Column,
        value: String,
        remedy: impl Into<String>,
    ) -> EventsError {
        let (file, column) = (self.file.to_owned(), column.name.clone());
        EventsError::Value { file, row, column, value, remedy: remedy.into() }
    }

    /// The error of a missing value in a row.
    pub(super) fn missing(&self, row: usize, column: &Column, role: &'static str) -> EventsError {
        EventsError::Missing { file: self.file.to_owned(), row, column: column.name.clone(), role }
    }

    /// The column as integers, `None` if it has another type.
    pub(super) fn integers(&self, column: &Column) -> Result<Option<Array<i64>>, EventsError> {
        Ok(Some(match &column.values {
            Values::U32(array) => array.map(i64::from),
            Values::I64(array) => array.clone(),
            Values::U64(array) => {
                let fit = |(row, v): (usize, Option<u64>)| {
                    v.map(i64::try_from).transpose().map_err(|_| {
                        let value = v.unwrap_or_default().to_string();
                        self.value(row, column, value, "it does not fit a signed 64-bit integer")
                    })
                };
                array.iter().enumerate().map(fit).collect::<Result<_, _>>()?
            }
            _ => return Ok(None),
        }))
    }

    /// The order of events of equal time; `None` if the map names no column.
    pub(super) fn seq(&self) -> Result<Option<Vec<i64>>, EventsError> {
        let Some(name) = &self.map.seq else { return Ok(None) };
        let column = self.column(name, "order of ties (--seq)")?;
        let integers =
            self.integers(column)?.ok_or_else(|| self.wrong_type(column, "order of ties", "integers"))?;
        let present = |(row, value): (usize, Option<i64>)| {
            value.ok_or_else(|| self.missing(row, column, "position in the order of ties"))
        };
        integers.iter().enumerate().map(present).collect::<Result<_, _>>().map(Some)
    }

    /// Kind of each event; all missing if the map names no column.
    pub(super) fn kind(&self) -> Result<Labels, EventsError> {
        match &self.map.kind {
            None => Ok(Labels::encode((0..self.table.rows()).map(|_| None))),
            Some(name) => {
                let column = self.column(name, "kind")?;
                labels(&column.values, true)
                    .ok_or_else(|| self.wrong_type(column, "kind", "text, integers or booleans"))
            }
        }
    }

    /// The columns of entities, in the order of the map.
    pub(super) fn keys(&self) -> Result<Vec<KeyColumn>, EventsError> {
        let key = |(i, name): (usize, &String)| {
            if self.map.keys[..i].contains(name) {
                return Err(named_twice("session.keys", name));
            }
            let column = self.column(name, "key")?;
            let labels = labels(&column.values, false)
                .ok_or_else(|| self.wrong_type(column, "key", "text or integers"))?;
            Ok(KeyColumn { name: name.clone(), labels })
        };
        self.map.keys.iter().enumerate().map(key).collect()
    }

    /// The columns of numbers: those of the map, or by default the numeric columns without another role; the price is
    /// added if it is not among them.
    pub(super) fn numeric(&self, time: &Column) -> Result<Vec<NumericColumn>, EventsError> {
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
                let has_role = |name: &str| {
                    let mut others = map.seq.iter().chain(&map.kind).chain(&map.group).chain(&map.keys);
                    name == time.name || others.any(|other| other == name)
                };
                let numbers =
                    self.table.columns().iter().filter(|c| is_number(&c.values) && !has_role(&c.name));
                names.extend(numbers.map(|c| c.name.as_str()));
            }
        }
        if let Some(price) = map.price.as_deref().filter(|price| !names.contains(price)) {
            names.push(price);
        }
        names.into_iter().map(|name| self.numbers(self.column(name, "number")?)).collect()
    }

    /// A column as numbers; NaN becomes missing, an infinity is an error. Floats without NaN are shared with the table.
    fn numbers(&self, column: &Column) -> Result<NumericColumn, EventsError> {
        let floats = floats(&column.values)
            .ok_or_else(|| self.wrong_type(column, "number", "integers, floats or booleans"))?;
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
        Ok(NumericColumn { name: column.name.clone(), values })
    }

    /// Index of the price in `numeric`.
    pub(super) fn price(&self, numeric: &[NumericColumn]) -> Result<Option<usize>, EventsError> {
        let position = |name: &str| numeric.iter().position(|column| column.name == name);
        Ok(match &self.map.price {
            Some(name) => position(name),
            None => PRICE_NAMES.iter().find_map(|name| position(name)),
        })
    }

    /// Rows of each session, by session id.
    pub(super) fn groups(&self, default_id: &str) -> Result<BTreeMap<String, Vec<usize>>, EventsError> {
        let Some(name) = &self.map.group else {
            return Ok(BTreeMap::from([(default_id.to_owned(), (0..self.table.rows()).collect())]));
        };
        let column = self.column(name, "group")?;
        let ids = labels(&column.values, true)
            .ok_or_else(|| self.wrong_type(column, "group", "text, integers or booleans"))?;
        let mut rows_of = vec![Vec::new(); ids.names.len()];
        for (row, &code) in ids.codes.iter().enumerate() {
            let rows = rows_of.get_mut(code as usize);
            rows.ok_or_else(|| self.missing(row, column, "group"))?.push(row);
        }
        Ok(ids.names.into_vec().into_iter().zip(rows_of).collect())
    }
}

fn named_twice(key: &'static str, name: &str) -> EventsError {
    let remedy = "the column is named twice: name it once".to_owned();
    EventsError::Setting { key, value: name.to_owned(), remedy }
}

fn is_number(values: &Values) -> bool {
    !matches!(values, Values::Bool(_) | Values::Text(_) | Values::Time { .. })
}

/// The column as floats, `None` for text and timestamps.
pub(super) fn floats(values: &Values) -> Option<Array<f64>> {
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

/// The column as labels, an empty string as missing; `None` for floats and timestamps, and for booleans unless
/// `booleans` is set.
pub(crate) fn labels(values: &Values, booleans: bool) -> Option<Labels> {
    fn render<T: ToString>(rows: impl Iterator<Item = Option<T>>) -> Labels {
        let texts: Vec<Option<String>> = rows.map(|row| row.map(|value| value.to_string())).collect();
        Labels::encode(texts.iter().map(Option::as_deref))
    }
    Some(match values {
        Values::Text(labels) => labels.without(""),
        Values::U32(array) => render(array.iter()),
        Values::U64(array) => render(array.iter()),
        Values::I64(array) => render(array.iter()),
        Values::Bool(array) if booleans => render(array.iter()),
        // A CSV column without any value has no type, and is read as missing floats: it may be text.
        Values::F64(array) if array.is_nullable() && array.missing_count() == array.len() => {
            Labels::all_missing(array.len())
        }
        _ => return None,
    })
}
