//! The typical gap of the events of a run.

use std::num::NonZeroU64;

use super::Widths;

/// The scale of a run's times, from which the windows set to `auto` follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeScale {
    /// The lower median of the positive gaps between consecutive events, milliseconds.
    MedianGap(NonZeroU64),
    /// No session has two events of different times: there is no gap, and the widths are [`Widths::FIXED`].
    NoGap,
    /// Session files of the Python system that ironforge replaces, whose links and blocks have the widths that they
    /// had there: [`Widths::FIXED`].
    SessionFiles,
}

impl TimeScale {
    /// The scale of sessions whose events are at these times, milliseconds.
    ///
    /// The positive gaps between consecutive events of each session are pooled over all sessions; the scale is their
    /// lower median, an element of the pool. It depends on neither the order of sessions nor that of events. O(events)
    /// time, O(events · log(events)) for sessions that are not in time order; 8 bytes per event meanwhile.
    pub fn of_times<'a>(sessions: impl IntoIterator<Item = &'a [i64]>) -> Self {
        let mut gaps = Vec::new();
        let mut ordered = Vec::new();
        for t_ms in sessions {
            let sorted = if t_ms.is_sorted() {
                t_ms
            } else {
                ordered.clear();
                ordered.extend_from_slice(t_ms);
                ordered.sort_unstable();
                &ordered
            };
            let between = sorted.windows(2).map(|pair| pair[1].abs_diff(pair[0]));
            gaps.extend(between.filter(|&gap| gap > 0));
        }
        if gaps.is_empty() {
            return Self::NoGap;
        }
        let lower = (gaps.len() - 1) / 2;
        let (_, &mut median, _) = gaps.select_nth_unstable(lower);
        NonZeroU64::new(median).map_or(Self::NoGap, Self::MedianGap)
    }

    /// The typical gap, milliseconds; `None` if the scale is not that of a gap.
    pub fn median_gap_ms(self) -> Option<u64> {
        match self {
            Self::MedianGap(gap) => Some(gap.get()),
            Self::NoGap | Self::SessionFiles => None,
        }
    }

    /// Returns whether the widths are fixed because there is no gap.
    pub fn is_fallback(self) -> bool {
        self == Self::NoGap
    }

    /// The widths of the windows set to `auto`.
    pub fn widths(self) -> Widths {
        match self {
            Self::MedianGap(gap) => Widths::of_gap(gap.get()),
            Self::NoGap | Self::SessionFiles => Widths::FIXED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(sessions: &[&[i64]]) -> Option<u64> {
        TimeScale::of_times(sessions.iter().copied()).median_gap_ms()
    }

    #[test]
    fn the_lower_median_of_positive_gaps_is_pooled_over_sessions() {
        // gaps 3, 5 and 7, 11: the lower of the two in the middle
        assert_eq!(gap(&[&[0, 3, 3, 8], &[100, 107, 118]]), Some(5));
        assert_eq!(gap(&[&[118, 100, 107], &[8, 3, 0, 3]]), Some(5), "in any order");
        assert_eq!(gap(&[&[4, 9]]), Some(5));
        assert_eq!(gap(&[&[i64::MIN, i64::MAX]]), Some(u64::MAX));
        assert_eq!(TimeScale::of_times([&[i64::MIN, i64::MAX][..]]).widths().key_window_ms, u64::MAX);
    }

    #[test]
    fn without_a_positive_gap_the_widths_are_fixed_and_the_scale_says_so() {
        for sessions in [&[][..], &[&[][..]], &[&[7]], &[&[7, 7, 7], &[9]]] {
            let scale = TimeScale::of_times(sessions.iter().copied());
            assert!(scale.is_fallback() && scale.widths() == Widths::FIXED, "{sessions:?}");
        }
        assert!(!TimeScale::SessionFiles.is_fallback() && !TimeScale::of_times([&[0, 1][..]]).is_fallback());
    }
}
