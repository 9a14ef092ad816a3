//! Full-precision times, and the order of events: event `i` in this order is node `i`.

use super::resolution::resolution;
use super::ties::{TieOrder, order_by_hash};
use crate::table::{EventTable, KeyColumn, Labels, NumericColumn, TextColumn, TimeResolution};

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

    /// Nanoseconds from `earlier` to this instant; 0 if it is not earlier.
    pub(super) fn since_ns(self, earlier: Self) -> u128 {
        let ns = |time: Self| i128::from(time.t_ms) * 1_000_000 + i128::from(time.beyond_ns);
        u128::try_from(ns(self) - ns(earlier)).unwrap_or(0)
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
    /// The events in time order, those of equal time and `seq` in the order `ties`; `session` is the id that the hash
    /// of [`TieOrder::Hash`] takes.
    ///
    /// The result is sorted by (`t_ms`, `seq`), and sorting it again, stably, changes nothing. Its `seq` is the
    /// source's. It is the position in the result if a time is finer than a millisecond, since the full time then
    /// comes first, and if the source has no `seq` and ties are ordered by a hash; else, without a `seq`, the position
    /// in the file.
    pub(crate) fn sorted(self, ties: TieOrder, session: &str) -> (EventTable, TimeResolution) {
        let finer = self.times.iter().any(|time| time.beyond_ns != 0);
        let mut order = time_order(&self.times, self.seq.as_deref());
        if let TieOrder::Hash { seed, fold_case } = ties {
            order_by_hash(&self, &mut order, session, seed, fold_case);
        }
        let Self { times, seq, event_index, kind, keys, numeric, price, texts, time_of_day_s } =
            self.select(&order);
        let resolution = resolution(&times, seq.as_deref());
        let seq = match (seq, ties) {
            _ if finer => (0..times.len() as i64).collect(),
            (Some(seq), _) => seq,
            (None, TieOrder::Hash { .. }) => (0..times.len() as i64).collect(),
            (None, TieOrder::Source) => event_index.iter().map(|&position| i64::from(position)).collect(),
        };
        let events = EventTable {
            t_ms: times.iter().map(|time| time.t_ms).collect(),
            seq,
            event_index,
            kind,
            keys,
            numeric,
            price,
            texts,
            time_of_day_s,
        };
        (events, resolution)
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
        let events = unsorted.sorted(TieOrder::Source, "s").0;
        assert_eq!(events.t_ms, [-1, 1, 1]);
        assert_eq!(events.event_index, [0, 2, 1]);
        assert_eq!(events.seq, [0, 1, 2]);
        assert_eq!(events.time_of_day_s, Some(vec![1.0, 2.0, 3.0]));
        let note = events.text("note").unwrap();
        assert_eq!(note.iter().collect::<Vec<_>>(), [Some("a"), Some(""), None]);
    }
}
