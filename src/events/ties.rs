//! The order of events of equal time that their source does not give.

use std::cmp::Ordering;

use super::order::UnsortedEvents;
use super::tie_hash::TieHash;
use crate::table::{Array, Labels};

/// The order of events of a session whose time, and `seq` if the source has one, are equal: their source gives none.
///
/// Statistics of motifs are valid only if the order of such events does not depend on their labels. The order of
/// rows often does, since logs are sorted and grouped by what they hold: noise whose equal times are sorted by
/// label gave false alarms in 31 and in 40 of 40 logs at resolutions of 5 and 15 minutes
/// (`benches/record/2026-12-01-motif-power.md`). [`Self::Hash`] is valid, and the same for any order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TieOrder {
    /// The order of the source.
    #[default]
    Source,
    /// By a keyed hash of the session's id, the rank of the time among the distinct times of the session, the kind,
    /// the entities, and the number of the event among those equal in all of these. They are numbered in the order of
    /// their other content, and in that of the source only if they are equal in everything.
    ///
    /// Multiplying the times by a constant changes nothing, nor does the order of the rows. With the number, equal
    /// events get independent keys: without it they would stand together.
    Hash {
        /// Seed of the key: another seed gives another order.
        seed: u64,
        /// True to hash kinds in lower case, so that kinds that differ only in case are one kind.
        fold_case: bool,
    },
}

/// Orders the rows of equal time and `seq` by their hash ([`TieOrder::Hash`]). `order` holds the rows by time and
/// `seq`, those of equal time and `seq` as in the source.
pub(super) fn order_by_hash(
    events: &UnsortedEvents,
    order: &mut [usize],
    session: &str,
    seed: u64,
    fold_case: bool,
) {
    let instant = |row: usize| (events.times[row], events.seq.as_ref().map_or(0, |seq| seq[row]));
    if !order.windows(2).any(|pair| instant(pair[0]) == instant(pair[1])) {
        return;
    }
    let content = TieContent::new(events, session, seed, fold_case);
    for (rank, tied) in order.chunk_by_mut(|&a, &b| instant(a) == instant(b)).enumerate() {
        if tied.len() > 1 {
            content.order(tied, rank);
        }
    }
}

/// The content of events, by which those of equal time are ordered.
struct TieContent<'a> {
    events: &'a UnsortedEvents,
    /// The kinds, then the columns of entities: what is hashed.
    hashed: Vec<Labels>,
    /// Digest of each name of the columns in `hashed`.
    digests: Vec<Vec<[u32; 4]>>,
    missing: [u32; 4],
    /// The hash of the session's id.
    hash: TieHash,
}

impl<'a> TieContent<'a> {
    fn new(events: &'a UnsortedEvents, session: &str, seed: u64, fold_case: bool) -> Self {
        let kind = if fold_case { in_lower_case(&events.kind) } else { events.kind.clone() };
        let keys = events.keys.iter().map(|key| key.labels.clone());
        let hashed: Vec<Labels> = std::iter::once(kind).chain(keys).collect();
        let hash = TieHash::new(seed);
        let digest = |name: &String| hash.text(Some(name)).digest();
        Self {
            digests: hashed.iter().map(|labels| labels.names.iter().map(digest).collect()).collect(),
            missing: hash.text(None).digest(),
            hash: hash.text(Some(session)),
            events,
            hashed,
        }
    }

    /// Orders rows of equal time, whose rank among the times of the session is `rank`.
    fn order(&self, tied: &mut [usize], rank: usize) {
        // A stable sort: rows that are equal in everything are numbered in the order of the source.
        tied.sort_by(|&a, &b| self.compare_hashed(a, b).then_with(|| self.compare_rest(a, b)));
        let mut keyed = Vec::with_capacity(tied.len());
        for equal in tied.chunk_by(|&a, &b| self.compare_hashed(a, b).is_eq()) {
            let hash = self.hash_of(equal[0], rank);
            let number =
                |(number, &row): (usize, &usize)| (hash.block([number as u32, 0, 0, 0]).finish(), row);
            keyed.extend(equal.iter().enumerate().map(number));
        }
        keyed.sort_by_key(|&(key, _)| key);
        tied.iter_mut().zip(keyed).for_each(|(place, (_, row))| *place = row);
    }

    /// The hash of everything but the number among equal events.
    fn hash_of(&self, row: usize, rank: usize) -> TieHash {
        let digest = |(labels, digests): (&Labels, &Vec<[u32; 4]>)| {
            digests.get(labels.codes[row] as usize).copied().unwrap_or(self.missing)
        };
        let ranked = self.hash.block([rank as u32, 0, 0, 0]);
        self.hashed.iter().zip(&self.digests).map(digest).fold(ranked, TieHash::block)
    }

    /// Compares two rows by what is hashed.
    fn compare_hashed(&self, a: usize, b: usize) -> Ordering {
        first_difference(self.hashed.iter().map(|labels| compare_text(labels, a, b)))
    }

    /// Compares two rows by everything else.
    fn compare_rest(&self, a: usize, b: usize) -> Ordering {
        let UnsortedEvents { kind, numeric, texts, time_of_day_s, .. } = self.events;
        // The kind as it is, which may differ from the hashed one in case.
        compare_text(kind, a, b)
            .then_with(|| first_difference(numeric.iter().map(|column| compare_number(&column.values, a, b))))
            .then_with(|| first_difference(texts.iter().map(|column| compare_text(&column.labels, a, b))))
            .then_with(|| time_of_day_s.as_ref().map_or(Ordering::Equal, |s| s[a].total_cmp(&s[b])))
    }
}

fn first_difference(mut comparisons: impl Iterator<Item = Ordering>) -> Ordering {
    comparisons.find(|comparison| comparison.is_ne()).unwrap_or(Ordering::Equal)
}

/// Compares two rows by their text: codes depend on the order of rows.
fn compare_text(labels: &Labels, a: usize, b: usize) -> Ordering {
    if labels.codes[a] == labels.codes[b] { Ordering::Equal } else { labels.get(a).cmp(&labels.get(b)) }
}

fn compare_number(values: &Array<f64>, a: usize, b: usize) -> Ordering {
    match (values.get(a), values.get(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// The same rows with every name in lower case.
fn in_lower_case(labels: &Labels) -> Labels {
    let names: Vec<String> = labels.names.iter().map(|name| name.to_lowercase()).collect();
    Labels::encode(labels.codes.iter().map(|&code| names.get(code as usize).map(String::as_str)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::events::Time;
    use crate::table::NumericColumn;

    const HASH: TieOrder = TieOrder::Hash { seed: 1, fold_case: false };

    /// Events at these times with these kinds and sizes.
    fn events(times: &[i64], kinds: &[Option<&str>], sizes: &[f64]) -> UnsortedEvents {
        UnsortedEvents {
            times: times.iter().copied().map(Time::from_ms).collect(),
            event_index: (0..times.len() as u32).collect(),
            kind: Labels::encode(kinds.iter().copied()),
            numeric: vec![NumericColumn {
                name: "size".to_owned(),
                values: sizes.iter().copied().map(Some).collect(),
            }],
            ..UnsortedEvents::default()
        }
    }

    fn rows(unsorted: UnsortedEvents, ties: TieOrder) -> Vec<u32> {
        unsorted.sorted(ties, "session").0.event_index
    }

    #[test]
    fn equal_labels_do_not_stand_together_and_every_place_is_as_likely() {
        // 1000 times of 12 events: 4 of each of 3 kinds, in the file by kind
        let (times, kinds): (Vec<i64>, Vec<Option<&str>>) =
            (0..12_000).map(|i| (i / 12, Some(["a", "b", "c"][(i % 12 / 4) as usize]))).unzip();
        let sizes: Vec<f64> = (0..12_000).map(f64::from).collect();
        let sorted = events(&times, &kinds, &sizes).sorted(HASH, "s").0;
        let by_time: Vec<Vec<Option<&str>>> =
            (0..1000).map(|t| (12 * t..12 * t + 12).map(|i| sorted.kind.get(i)).collect()).collect();
        let neighbours: usize =
            by_time.iter().map(|kinds| kinds.windows(2).filter(|pair| pair[0] == pair[1]).count()).sum();
        // 3/11 of 11,000 pairs, standard deviation about 45
        assert!(neighbours.abs_diff(3000) < 200, "{neighbours}");
        for place in 0..12 {
            let first = by_time.iter().filter(|kinds| kinds[place] == Some("a")).count();
            // 333, standard deviation 15
            assert!(first.abs_diff(333) < 70, "{place}: {first}");
        }
    }

    #[test]
    fn seed_session_and_scale_of_times_have_the_documented_effect() {
        let kinds = ["a", "b", "c", "d", "e", "f", "g", "h"].map(Some);
        let of = |times: [i64; 8], ties, session| {
            events(&times, &kinds, &[0.0; 8]).sorted(ties, session).0.event_index
        };
        let times = [3, 3, 3, 3, 9, 9, 9, 9];
        let order = of(times, HASH, "s");
        assert_eq!(of(times.map(|t| t * 1000 - 7), HASH, "s"), order);
        assert_ne!(of(times, TieOrder::Hash { seed: 2, fold_case: false }, "s"), order);
        assert_ne!(of(times, HASH, "t"), order);
        assert_eq!(of(times, TieOrder::Source, "s"), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn kinds_are_folded_before_they_are_hashed_if_case_does_not_matter() {
        let folding = TieOrder::Hash { seed: 1, fold_case: true };
        let (mixed, lower) =
            ([Some("D"), Some("d"), Some("F"), None], [Some("d"), Some("d"), Some("f"), None]);
        let of = |kinds: &[Option<&str>], ties| rows(events(&[0; 4], kinds, &[1.0, 2.0, 3.0, 4.0]), ties);
        assert_eq!(of(&mixed, folding), of(&lower, HASH));
        assert_eq!(of(&lower, folding), of(&lower, HASH));
    }

    #[test]
    fn times_that_differ_below_a_millisecond_are_no_ties() {
        let times: Vec<Time> = (0..50).map(|ns| Time::from_ns(ns).unwrap()).collect();
        let kind = Labels::encode((0..50).map(|i| Some(["b", "a"][i % 2])));
        let unsorted =
            UnsortedEvents { times, kind, event_index: (0..50).collect(), ..UnsortedEvents::default() };
        assert_eq!(rows(unsorted, HASH), (0..50).collect::<Vec<u32>>());
    }

    #[test]
    fn the_order_of_the_source_precedes_the_hash() {
        let mut unsorted = events(&[0; 6], &["a"; 6].map(Some), &[0.0; 6]);
        unsorted.seq = Some(vec![5, 4, 3, 3, 1, 0]);
        let kinds = ["a", "a", "b", "c", "a", "a"].map(Some);
        unsorted.kind = Labels::encode(kinds);
        let (sorted, ties) = unsorted.sorted(HASH, "s");
        assert_eq!(sorted.seq, [0, 1, 3, 3, 4, 5]);
        let of = |kind| (0..6).filter(|&i| sorted.kind.get(i) == Some(kind)).collect::<Vec<_>>();
        assert_eq!((of("a"), of("b").len() + of("c").len()), (vec![0, 1, 4, 5], 2));
        assert_eq!((ties.tied, ties.unordered), (6, 2));
    }
}
