//! Features of any event log, each with a name, a unit and a formula, and their standardisation.

use crate::table::{EventTable, Session};

/// Added to a column's standard deviation before dividing by it: a constant column gives zeros, not NaN.
const EPSILON: f64 = 1e-6;
/// Magnitude up to which squares can be summed in f64 without overflow.
const MAX_MAGNITUDE: f64 = 1e100;
/// Milliseconds per second.
const MS_PER_S: f64 = 1000.0;

/// Number of columns that [`features`] calculates from the times alone.
pub const TIME_FEATURES: usize = 3;

/// Name, unit and formula of a feature.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FeatureInfo {
    /// Name.
    pub name: String,
    /// Unit, empty for a number without one.
    pub unit: &'static str,
    /// Formula.
    pub formula: &'static str,
}

/// Features of the events of one session.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// The columns.
    pub info: Vec<FeatureInfo>,
    /// Number of events.
    pub rows: usize,
    /// Values, `[rows, info.len()]`, row-major; finite where present.
    pub values: Vec<Option<f64>>,
}

/// Features with mean 0 and standard deviation 1, the input of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardised {
    /// Values, `[rows, width]`, row-major; a missing one is 0, the mean. All finite.
    pub x: Vec<f32>,
    /// Mean that was subtracted from each column.
    pub mean: Vec<f64>,
    /// Population standard deviation of each column, without the 1e-6 that the division adds.
    pub std: Vec<f64>,
}

/// Features that cannot be calculated, or statistics that do not fit the features.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// The statistics are for another number of columns.
    #[error(
        "the statistics are for {got} features, the events have {want}: use weights made for these columns"
    )]
    Width {
        /// Columns of the statistics.
        got: usize,
        /// Columns of the features.
        want: usize,
    },
    /// A mean that is not finite, or a deviation that is not finite or negative.
    #[error(
        "feature {name:?} has mean {mean} and standard deviation {std}: both must be finite, the latter not negative"
    )]
    Statistic {
        /// The column.
        name: String,
        /// Mean of the column.
        mean: f64,
        /// Standard deviation of the column.
        std: f64,
    },
    /// The events have no time of day.
    #[error("its source has no wall clock, so its events have no time of day: use the generic features")]
    TimeOfDay,
}

/// Names of the numeric columns of all sessions, in order of first appearance.
pub fn numeric_names(sessions: &[Session]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in sessions.iter().flat_map(|session| &session.events.numeric) {
        if !names.contains(&column.name) {
            names.push(column.name.clone());
        }
    }
    names
}

/// The features of a session: the numeric columns `names`, then three that are calculated from the times.
///
/// | feature | unit | formula |
/// |---|---|---|
/// | each of `names` | as in the source | the value; missing if the session has no such column |
/// | `gap_prev_s` | s | t_i - t_(i-1); missing for the first event |
/// | `gap_next_s` | s | t_(i+1) - t_i; missing for the last event |
/// | `position` | | i / (n - 1), the position in the session from 0 to 1; 0 if n = 1 |
pub fn features(events: &EventTable, names: &[String]) -> Features {
    let numbers = names.iter().map(|name| FeatureInfo { name: name.clone(), unit: "", formula: "value" });
    let generic: [_; TIME_FEATURES] = [
        ("gap_prev_s", "s", "t_i - t_(i-1)"),
        ("gap_next_s", "s", "t_(i+1) - t_i"),
        ("position", "", "i / (n - 1)"),
    ]
    .map(|(name, unit, formula)| FeatureInfo { name: name.to_owned(), unit, formula });
    let info: Vec<_> = numbers.chain(generic).collect();
    let columns: Vec<_> =
        names.iter().map(|name| events.numeric.iter().find(|c| c.name == *name).map(|c| &c.values)).collect();
    let rows = events.len();
    let mut values = Vec::with_capacity(rows * info.len());
    let gap = |from: usize, to: usize| {
        // The difference of two 64-bit times needs 65 bits.
        Some((i128::from(*events.t_ms.get(to)?) - i128::from(events.t_ms[from])) as f64 / MS_PER_S)
    };
    for i in 0..rows {
        values.extend(columns.iter().map(|column| column.and_then(|values| values.get(i))));
        values.push(i.checked_sub(1).and_then(|before| gap(before, i)));
        values.push(gap(i, i + 1));
        values.push(Some(if rows > 1 { i as f64 / (rows - 1) as f64 } else { 0.0 }));
    }
    Features { info, rows, values }
}

/// Standardises each column by its own statistics: (x - mean) / (population std + 1e-6), over the present values.
///
/// A column without a value has mean 0 and deviation 0; a constant column gives exact zeros. Calculated in f64 in a
/// fixed order, without overflow for any finite values.
pub fn standardise(features: &Features) -> Standardised {
    let width = features.info.len();
    let (mean, std) = (0..width).map(|column| statistics(features, column)).unzip();
    scaled(features, mean, std)
}

/// Standardises each column by given statistics: (x - mean) / (std + 1e-6).
///
/// # Errors
/// [`FeatureError`] if the statistics are for another number of columns or not finite.
pub fn standardise_with(
    features: &Features,
    mean: &[f64],
    std: &[f64],
) -> Result<Standardised, FeatureError> {
    let want = features.info.len();
    if let Some(got) = [mean.len(), std.len()].into_iter().find(|&got| got != want) {
        return Err(FeatureError::Width { got, want });
    }
    for ((info, &mean), &std) in features.info.iter().zip(mean).zip(std) {
        if !(mean.is_finite() && std.is_finite() && std >= 0.0) {
            return Err(FeatureError::Statistic { name: info.name.clone(), mean, std });
        }
    }
    Ok(scaled(features, mean.to_vec(), std.to_vec()))
}

fn present(features: &Features, column: usize) -> impl Iterator<Item = f64> + Clone {
    features.values.iter().skip(column).step_by(features.info.len()).filter_map(|value| *value)
}

/// Mean and population standard deviation of a column.
fn statistics(features: &Features, column: usize) -> (f64, f64) {
    let values = present(features, column);
    let Some(first) = values.clone().next() else { return (0.0, 0.0) };
    // The calculated mean of equal values may differ from them by rounding: use the value itself.
    if values.clone().all(|value| value == first) {
        return (first, 0.0);
    }
    let largest = values.clone().fold(0.0, |most: f64, value| most.max(value.abs()));
    let scale = if largest > MAX_MAGNITUDE { largest } else { 1.0 };
    let count = values.clone().count() as f64;
    let mean = values.clone().map(|value| value / scale).sum::<f64>() / count;
    let variance = values.map(|value| (value / scale - mean).powi(2)).sum::<f64>() / count;
    (mean * scale, variance.sqrt() * scale)
}

fn scaled(features: &Features, mean: Vec<f64>, std: Vec<f64>) -> Standardised {
    let width = features.info.len();
    let value = |(i, value): (usize, &Option<f64>)| {
        let column = i % width;
        value.map_or(0.0, |value| {
            // The difference of two finite values may overflow, that of their halves cannot.
            let half = value / 2.0 - mean[column] / 2.0;
            let z = if half.abs() > MAX_MAGNITUDE {
                half / (std[column] + EPSILON) * 2.0
            } else {
                (value - mean[column]) / (std[column] + EPSILON)
            };
            z.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
        })
    };
    Standardised { x: features.values.iter().enumerate().map(value).collect(), mean, std }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::table::{Labels, NumericColumn};

    fn events(values: &[Option<f64>]) -> EventTable {
        let n = values.len();
        EventTable {
            t_ms: (0..n as i64).map(|i| i * i * 500).collect(),
            seq: vec![0; n],
            event_index: (0..n as u32).collect(),
            kind: Labels::encode(vec![None; n]),
            numeric: vec![NumericColumn { name: "a".to_owned(), values: values.to_vec().into() }],
            ..EventTable::default()
        }
    }

    #[test]
    fn columns_are_in_the_order_of_the_names() {
        let table = events(&[Some(1.0), None, Some(3.0)]);
        let features = features(&table, &["b".to_owned(), "a".to_owned()]);
        let names: Vec<_> = features.info.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["b", "a", "gap_prev_s", "gap_next_s", "position"]);
        assert_eq!(features.values[..5], [None, Some(1.0), None, Some(0.5), Some(0.0)]);
        assert_eq!(features.values[10..], [None, Some(3.0), Some(1.5), None, Some(1.0)]);
    }

    #[test]
    fn standardised_columns_have_mean_0_and_deviation_1() {
        let f = features(&events(&[Some(1.0), Some(5.0), None]), &["a".to_owned()]);
        let s = standardise(&f);
        assert_eq!((s.mean[0], s.std[0]), (3.0, 2.0));
        assert_eq!([s.x[0], s.x[4], s.x[8]], [-2.0 / 2.000_001, 2.0 / 2.000_001, 0.0]);
        assert_eq!(standardise_with(&f, &s.mean, &s.std), Ok(s.clone()));
        assert!(matches!(standardise_with(&f, &[0.0], &[1.0]), Err(FeatureError::Width { got: 1, want: 4 })));
        let nan = standardise_with(&f, &[f64::NAN; 4], &[1.0; 4]);
        assert!(matches!(nan, Err(FeatureError::Statistic { .. })));
    }

    #[test]
    fn a_constant_column_is_exactly_zero() {
        let f = features(&events(&[Some(0.1); 7]), &["a".to_owned()]);
        assert!(standardise(&f).x.iter().step_by(4).all(|&x| x == 0.0));
    }

    #[test]
    fn huge_values_stay_finite() {
        let rows = [Some(f64::MAX), Some(f64::MIN), Some(1e-300), Some(0.0), Some(f64::MAX)];
        let f = features(&events(&rows), &["a".to_owned()]);
        let s = standardise(&f);
        assert!(s.x.iter().all(|x| x.is_finite()) && s.std[0].is_finite(), "{s:?}");
        assert!((s.x[0] - 1.069).abs() < 0.001 && s.x[0] == s.x[16], "{s:?}");
        let given = standardise_with(&f, &[f64::MIN, 0.0, 0.0, 0.0], &[0.0; 4]).unwrap();
        assert!(given.x.iter().all(|x| x.is_finite()));
    }

    #[test]
    fn no_events_have_no_features() {
        let f = features(&events(&[]), &[]);
        assert_eq!((f.rows, standardise(&f).x.len()), (0, 0));
    }
}
