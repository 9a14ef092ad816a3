//! How finely the times of a session tell its events apart.

use super::order::Time;
use crate::table::TimeResolution;

/// The resolution of sorted times, and the ties among them; `seq` orders events of equal time.
pub(super) fn resolution(times: &[Time], seq: Option<&[i64]>) -> TimeResolution {
    let same_time = |i: usize| times[i - 1] == times[i];
    let same_seq = |i: usize| seq.is_none_or(|seq| seq[i - 1] == seq[i]);
    let gaps = || times.windows(2).map(|pair| pair[1].since_ns(pair[0])).filter(|&gap| gap > 0);
    let resolution_ns = gaps().fold(0, greatest_common_divisor);
    TimeResolution {
        tied: in_company(times.len(), same_time),
        unordered: in_company(times.len(), |i| same_time(i) && same_seq(i)),
        resolution_ns,
        gaps: gaps().count(),
        shortest_gaps: gaps().filter(|&gap| gap == resolution_ns).count(),
    }
}

/// Number of the `n` events that are equal to the one before or after them; `same(i)` compares `i - 1` and `i`.
fn in_company(n: usize, same: impl Fn(usize) -> bool) -> usize {
    (0..n).filter(|&i| (i > 0 && same(i)) || (i + 1 < n && same(i + 1))).count()
}

/// The greatest common divisor; that of 0 and `b` is `b`.
pub(crate) fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    // The common case: another gap of a log whose resolution has been found.
    if a != 0 && b.is_multiple_of(a) {
        return a;
    }
    let (mut a, mut b) = (b, a);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ties_and_the_common_divisor_of_the_gaps_are_counted() {
        let minutes = |of: &[i64]| of.iter().map(|&m| Time::from_ms(m * 60_000)).collect::<Vec<_>>();
        let times = minutes(&[0, 0, 5, 10, 10, 10, 25, 100]);
        let of = resolution(&times, Some(&[0, 1, 0, 0, 0, 1, 0, 0]));
        assert_eq!((of.tied, of.unordered, of.gaps, of.shortest_gaps), (5, 2, 4, 2));
        assert_eq!(of.resolution_ns, 5 * 60_000_000_000);
        assert_eq!(resolution(&times[..2], None).resolution_ns, 0);
        assert_eq!(resolution(&[], None), TimeResolution::default());
        let finer: Vec<Time> = [0, 6, 15].map(|ns| Time::from_ns(ns).unwrap()).to_vec();
        assert_eq!(resolution(&finer, None).resolution_ns, 3);
        let far = [Time::from_ms(i64::MIN), Time::from_ms(i64::MAX)];
        assert_eq!(resolution(&far, None).resolution_ns, u128::from(u64::MAX) * 1_000_000);
    }
}
