//! The counter of each occurrence, kept for a second pass.

/// The counter of each occurrence in each lane, in as few bits as they fit: those of most shapes then stay in the cache.
pub(super) struct KeptCounters {
    /// `[lanes, per_lane]`.
    counters: Counters,
    /// Number of occurrences of a lane; 0: none are kept.
    per_lane: usize,
}

enum Counters {
    Short(Vec<u16>),
    Long(Vec<u32>),
}

/// The kept counters of a lane.
pub(super) enum LaneCounters<'a> {
    Short(&'a [u16]),
    Long(&'a [u32]),
}

impl KeptCounters {
    pub(super) fn new() -> Self {
        Self { counters: Counters::Short(Vec::new()), per_lane: 0 }
    }

    /// Makes room for the counters of `per_lane` occurrences in each of `lanes` lanes, all below `width`.
    pub(super) fn clear(&mut self, per_lane: usize, lanes: usize, width: usize) {
        self.per_lane = per_lane;
        let n = per_lane * lanes;
        let is_short = width <= 1 << u16::BITS;
        match &mut self.counters {
            Counters::Short(counters) if is_short => counters.resize(n, 0),
            Counters::Long(counters) if !is_short => counters.resize(n, 0),
            counters if is_short => *counters = Counters::Short(vec![0; n]),
            counters => *counters = Counters::Long(vec![0; n]),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.per_lane == 0
    }

    /// Keeps the counters of `n` occurrences of the `nth` lane, the `first`-th and those after it.
    #[inline]
    pub(super) fn set(&mut self, nth: usize, first: usize, n: usize, counters: impl Iterator<Item = u32>) {
        let range = nth * self.per_lane + first..nth * self.per_lane + first + n;
        match &mut self.counters {
            Counters::Short(kept) => {
                kept[range].iter_mut().zip(counters).for_each(|(to, counter)| *to = counter as u16);
            }
            Counters::Long(kept) => {
                kept[range].iter_mut().zip(counters).for_each(|(to, counter)| *to = counter);
            }
        }
    }

    /// The counters of the first `n` occurrences of the `nth` lane; `None` if none are kept.
    pub(super) fn lane(&self, nth: usize, n: usize) -> Option<LaneCounters<'_>> {
        let first = nth * self.per_lane;
        let range = first..first + n.min(self.per_lane);
        (!self.is_empty()).then(|| match &self.counters {
            Counters::Short(kept) => LaneCounters::Short(&kept[range]),
            Counters::Long(kept) => LaneCounters::Long(&kept[range]),
        })
    }
}
