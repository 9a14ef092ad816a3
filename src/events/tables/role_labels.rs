//! Columns of kinds, entities and sessions: labels of any type.

use super::table_reader::TableReader;
use crate::events::EventsError;
use crate::events::raw::{ColumnReading, WordCount, missing_words};
use crate::table::{Array, Column, Labels, MISSING, Values};

/// 2^53: the float that stands for it may also stand for the next integer.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

impl TableReader<'_> {
    /// The column as labels. Words that stand for a missing label are missing; whole numbers that are written with a
    /// decimal point are written without, since `2.0` and `2` are one entity.
    pub(super) fn labels_of(
        &self,
        column: &Column,
        role: &'static str,
        report: Option<&mut ColumnReading>,
    ) -> Result<Labels, EventsError> {
        let labels = match &column.values {
            Values::F64(values) if values.missing_count() < values.len() => {
                self.whole(column, values, role)?
            }
            Values::F32(values) => self.whole(column, &values.map(f64::from), role)?,
            values => labels(values, true)
                .ok_or_else(|| self.wrong_type(column, role, "text, integers, whole numbers or booleans"))?,
        };
        let words = missing_words(labels.iter(), &self.map.missing_keys);
        let labels = words.iter().fold(labels, |labels, word| labels.without(&word.word));
        let labels = if labels.names.iter().any(|name| whole_float(name).is_some()) {
            self.without_points(column, labels)?
        } else {
            labels
        };
        if let Some(report) = report {
            report.role = role;
            report.missing = labels.codes.iter().filter(|&&code| code == MISSING).count();
            report.missing_words = words;
        }
        Ok(labels)
    }

    /// Floats as integers.
    fn whole(&self, column: &Column, values: &Array<f64>, role: &'static str) -> Result<Labels, EventsError> {
        let mut texts = Vec::with_capacity(values.len());
        for (row, value) in values.iter().enumerate() {
            let value = value.filter(|value| !value.is_nan());
            texts.push(match value {
                None => None,
                Some(value) if value.fract() != 0.0 || !value.is_finite() => {
                    return Err(self.wrong_type(
                        column,
                        role,
                        format!("text, integers or whole numbers, and row {row} (from 0) holds {value}"),
                    ));
                }
                Some(value) if value.abs() >= MAX_EXACT => {
                    return Err(self.value(row, column, value.to_string(), INEXACT));
                }
                Some(value) => Some((value as i64).to_string()),
            });
        }
        Ok(Labels::encode(texts.iter().map(Option::as_deref)))
    }

    /// Labels that are all whole numbers, some of them with a decimal point, without it; others as they are.
    fn without_points(&self, column: &Column, labels: Labels) -> Result<Labels, EventsError> {
        let is_whole = |name: &String| whole_float(name).is_some() || is_integer(name);
        if !labels.names.iter().all(is_whole) {
            return Ok(labels);
        }
        let inexact =
            |name: &&str| whole_float(name).is_some_and(|whole| whole.parse().is_ok_and(is_inexact));
        if let Some((row, cell)) =
            labels.iter().enumerate().find_map(|(row, cell)| Some((row, cell.filter(|cell| inexact(cell))?)))
        {
            return Err(self.value(row, column, cell.to_owned(), INEXACT));
        }
        let bare: Vec<&str> = labels.names.iter().map(|name| whole_float(name).unwrap_or(name)).collect();
        Ok(Labels::encode(labels.codes.iter().map(|&code| bare.get(code as usize).copied())))
    }

    /// Returns whether a cell is a word that stands for a missing value of any kind.
    pub(super) fn is_missing(&self, cell: &str) -> bool {
        let cell = cell.trim();
        self.map.missing.iter().chain(&self.map.missing_keys).any(|word| word == cell)
    }
}

/// Remedy for an id that a float may have rounded.
const INEXACT: &str = "floats do not hold every integer above 2^53, so its last digits may be lost: store ids as integers \
                       or text";

fn is_inexact(value: f64) -> bool {
    value.abs() >= MAX_EXACT
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `2` of `2.0` or `2.`; `None` for any other text.
fn whole_float(text: &str) -> Option<&str> {
    let (whole, zeros) = text.split_once('.')?;
    (is_integer(whole) && zeros.bytes().all(|byte| byte == b'0')).then_some(whole)
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
        // A column of text without any value has no type, and is read as missing floats.
        Values::F64(array) if array.is_nullable() && array.missing_count() == array.len() => {
            Labels::all_missing(array.len())
        }
        _ => return None,
    })
}

/// The words of a column that were read as missing, for a note: `"NULL" (3 rows, the first is row 2)`.
pub(crate) fn words_in_text(words: &[WordCount]) -> String {
    let word = |word: &WordCount| {
        format!("{:?} ({} rows, the first is row {})", word.word, word.rows, word.first_row)
    };
    words.iter().map(word).collect::<Vec<_>>().join(", ")
}
