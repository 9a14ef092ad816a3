//! Full-precision times, and the order of events: event `i` in this order is node `i`.

use crate::table::{EventTable, KeyColumn, Labels, NumericColumn, TextColumn};

/// An instant: whole milliseconds, and the remainder in nanoseconds for sources with a finer clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time {
    /// Milliseconds since the epoch, UTC.
    pub t_ms: i64,
    /// Nanoseconds after `t_ms`; negative if a fractional second was rounded up.
    pub beyond_ns: i32,
}

impl Time {
    /// An instant in whole milliseconds.
    pub fn from_ms(t_ms: i64) -> Self {
        Self { t_ms, beyond_ns: 0 }
    }

    /// An instant in nanoseconds: milliseconds are rounded down.
    ///
    /// `None` if its milliseconds do not fit 64 bits.
    pub fn from_ns(ns: i128) -> Option<Self> {
        let t_ms = i64::try_from(ns.div_euclid(1_000_000)).ok()?;
        Some(Self { t_ms, beyond_ns: ns.rem_euclid(1_000_000) as i32 })
    }
}

/// Events in the order of their source, not yet sorted by time. All columns are as long as `times`.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnsortedEvents {
    /// Time of each event.
    pub(crate) times: Vec<Time>,
    /// Order of events of equal time, if the source has one.
    pub(crate) seq: Option<Vec<i64>>,
    /// Position in the source file.
    pub(crate) event_index: Vec<u32>,
    pub(crate) kind: Labels,
    pub(crate) keys: Vec<KeyColumn>,
    pub(crate) numeric: Vec<NumericColumn>,
    pub(crate) price: Option<usize>,
    pub(crate) texts: Vec<TextColumn>,
    /// Seconds since midnight on the source's wall clock.
    pub(crate) time_of_day_s: Option<Vec<f64>>,
}

/// The order of rows by full-precision time, then `seq`, then position: `order[i]` is the row that becomes node `i`.
///
/// # Panics
/// If `seq` and `times` differ in length.
#[track_caller]
pub fn time_order(times: &[Time], seq: Option<&[i64]>) -> Vec<usize> {
    assert!(seq.is_none_or(|seq| seq.len() == times.len()), "one seq per time");
    let key = |row: usize| (times[row], seq.map_or(0, |seq| seq[row]));
    if (0..times.len()).is_sorted_by_key(key) {
        return (0..times.len()).collect();
    }
    if let (None, Some(order)) = (seq, by_packed_time(times)) {
        return order;
    }
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by_key(|&row| key(row));
    order
}

/// The order by time, then position, with both packed into one 64-bit integer per row: sorting integers is several
/// times faster. `None` if they do not fit together or a time is finer than a millisecond.
fn by_packed_time(times: &[Time]) -> Option<Vec<usize>> {
    let earliest = times.iter().map(|time| time.t_ms).min()?;
    let latest = times.iter().map(|time| time.t_ms).max()?;
    let row_bits = times.len().ilog2() + 1;
    let fits = latest.abs_diff(earliest).leading_zeros() >= row_bits;
    if !fits || times.iter().any(|time| time.beyond_ns != 0) {
        return None;
    }
    let pack = |(row, time): (usize, &Time)| time.t_ms.abs_diff(earliest) << row_bits | row as u64;
    let mut packed: Vec<u64> = times.iter().enumerate().map(pack).collect();
    packed.sort_unstable();
    let row_mask = (1 << row_bits) - 1;
    Some(packed.into_iter().map(|packed| (packed & row_mask) as usize).collect())
}

impl UnsortedEvents {
    /// The events in time order.
    ///
    /// The result is sorted by (`t_ms`, `seq`). Its `seq` is the source's, or the position in the file if the source
    /// has none. If a time is finer than a millisecond, the full time comes before both and `seq` becomes the
    /// position in that order, so that sorting by (`t_ms`, `seq`) again changes nothing.
    pub(crate) fn sorted(self) -> EventTable {
        let finer = self.times.iter().any(|time| time.beyond_ns != 0);
        let Self { times, seq, event_index, kind, keys, numeric, price, texts, time_of_day_s } =
            self.select(&time_order(&self.times, self.seq.as_deref()));
        let seq = match seq {
            _ if finer => (0..times.len() as i64).collect(),
            Some(seq) => seq,
            None => event_index.iter().map(|&position| i64::from(position)).collect(),
        };
        EventTable {
            t_ms: times.iter().map(|time| time.t_ms).collect(),
            seq,
            event_index,
            kind,
            keys,
            numeric,
            price,
            texts,
            time_of_day_s,
        }
    }

    /// The rows `rows[0], rows[1], ...`.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        Self {
            times: rows.iter().map(|&row| self.times[row]).collect(),
            seq: self.seq.as_ref().map(|seq| rows.iter().map(|&row| seq[row]).collect()),
            event_index: rows.iter().map(|&row| self.event_index[row]).collect(),
            kind: self.kind.take(rows),
            keys: self
                .keys
                .iter()
                .map(|key| KeyColumn { name: key.name.clone(), labels: key.labels.take(rows) })
                .collect(),
            numeric: self
                .numeric
                .iter()
                .map(|column| NumericColumn { name: column.name.clone(), values: column.values.take(rows) })
                .collect(),
            price: self.price,
            texts: self
                .texts
                .iter()
                .map(|text| TextColumn { name: text.name.clone(), labels: text.labels.take(rows) })
                .collect(),
            time_of_day_s: self
                .time_of_day_s
                .as_ref()
                .map(|seconds| rows.iter().map(|&row| seconds[row]).collect()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn packed_times_sort_as_times_do() {
        let numbers = |n: usize, unit: i64| (0..n as i64).map(move |i| (i * 7919 % 101 - 50) * unit);
        for unit in [1, 1000, i64::MAX >> 14, i64::MAX / 50] {
            for n in [1, 2, 3, 100, 127, 128, 129, 300] {
                let times: Vec<_> = numbers(n, unit).map(Time::from_ms).collect();
                let mut expected: Vec<usize> = (0..n).collect();
                expected.sort_by_key(|&row| times[row].t_ms);
                assert_eq!(time_order(&times, None), expected, "{unit} {n}");
                // Between these bounds the number of rows decides.
                assert!(unit > 1000 || by_packed_time(&times).is_some(), "{unit} {n}");
                assert!(unit < i64::MAX / 50 || n == 1 || by_packed_time(&times).is_none(), "{unit} {n}");
            }
        }
        let finer: Vec<_> = [5, 3, 4].map(|ns| Time::from_ns(ns).unwrap()).to_vec();
        assert!(by_packed_time(&finer).is_none());
        assert_eq!(time_order(&finer, None), [1, 2, 0]);
        assert!(time_order(&[], None).is_empty());
    }

    #[test]
    fn milliseconds_are_rounded_down_and_finer_times_keep_their_order() {
        let times = [-1, 1_999_999, 1_000_001].map(|ns| Time::from_ns(ns).unwrap());
        assert_eq!(times[0], Time { t_ms: -1, beyond_ns: 999_999 });
        let unsorted = UnsortedEvents {
            times: times.to_vec(),
            seq: Some(vec![5, 1, 2]),
            event_index: vec![0, 1, 2],
            kind: Labels::encode([None; 3]),
            texts: vec![TextColumn {
                name: "note".to_owned(),
                labels: Labels::encode([Some("a"), None, Some("")]),
            }],
            time_of_day_s: Some(vec![1.0, 3.0, 2.0]),
            ..UnsortedEvents::default()
        };
        let events = unsorted.sorted();
        assert_eq!(events.t_ms, [-1, 1, 1]);
        assert_eq!(events.event_index, [0, 2, 1]);
        assert_eq!(events.seq, [0, 1, 2]);
        assert_eq!(events.time_of_day_s, Some(vec![1.0, 2.0, 3.0]));
        let note = events.text("note").unwrap();
        assert_eq!(note.iter().collect::<Vec<_>>(), [Some("a"), Some(""), None]);
    }
}
