//! Links as bits: the neighbours of an event as one word, in graphs whose edges are short.

use std::ops::{BitAnd, BitOr, Not, Shl, Shr};

use crate::csr::CsrPattern;

/// A word of bits.
pub(crate) trait Word:
    Copy
    + Eq
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + Not<Output = Self>
    + Shl<u32, Output = Self>
    + Shr<u32, Output = Self>
{
    const BITS: u32;
    const ZERO: Self;
    const ONE: Self;
    /// Number of the lowest bit set.
    fn lowest(self) -> u32;
    /// All but the lowest bit set; not of 0.
    fn without_lowest(self) -> Self;
    /// The bit at `at`, 0 or 1.
    fn bit(self, at: u32) -> u8;
}

macro_rules! word {
    ($word:ty) => {
        impl Word for $word {
            const BITS: u32 = <$word>::BITS;
            const ZERO: Self = 0;
            const ONE: Self = 1;
            #[inline]
            fn lowest(self) -> u32 {
                self.trailing_zeros()
            }
            #[inline]
            fn without_lowest(self) -> Self {
                self & self.wrapping_sub(1)
            }
            #[inline]
            fn bit(self, at: u32) -> u8 {
                (self >> at) as u8 & 1
            }
        }
    };
}
word!(u64);
word!(u128);

/// How the sets of a graph are walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// In words of 64 bits, each event at bit `centre` of its own.
    Narrow { centre: u32 },
    /// In words of 128 bits.
    Wide { centre: u32 },
    /// Along lists of neighbours.
    Lists,
}

/// The neighbours of each event, as far as a word holds them. 8 bytes an event where a set of the largest size spans at
/// most 64 events, 16 where up to 128.
pub(crate) struct Bands {
    /// Number of the farthest neighbour less the event's own, the largest of each graph.
    reach: Vec<u32>,
    /// Bit `centre + d` of word i: i is linked with i + d. Empty if no graph is walked so.
    pub(crate) narrow: Vec<u64>,
    pub(crate) wide: Vec<u128>,
}

impl Bands {
    /// No word holds anything yet.
    pub(crate) fn new(reach: Vec<u32>, nodes: usize) -> Self {
        let holds =
            |at_least: u32, bits: u32| reach.iter().any(|&r| r >= at_least && centre(r, bits).is_some());
        let needed = |yes: bool| if yes { nodes } else { 0 };
        // sets of five that fit the smaller word leave the larger unused
        let narrow = vec![0; needed(holds(0, u64::BITS))];
        let wide = vec![0; needed(holds(u64::BITS / 4, u128::BITS))];
        Self { reach, narrow, wide }
    }

    /// The links of `graph`, its first event numbered `first`.
    pub(crate) fn fill(&mut self, graph: usize, first: u32, successors: CsrPattern<'_>) {
        let events = first as usize..first as usize + successors.rows();
        let reach = self.reach[graph];
        fill(self.narrow.get_mut(events.clone()), reach, successors);
        fill(self.wide.get_mut(events), reach, successors);
    }

    /// The quickest way through the sets of up to `most` events of `graph`.
    pub(crate) fn path(&self, graph: usize, most: usize) -> Path {
        let reach = self.reach[graph];
        let fits = |bits: u32| {
            centre(reach, bits).filter(|_| u64::from(reach) * (most as u64 - 1) < u64::from(bits))
        };
        match (fits(u64::BITS), fits(u128::BITS)) {
            (Some(centre), _) => Path::Narrow { centre },
            (None, Some(centre)) => Path::Wide { centre },
            (None, None) => Path::Lists,
        }
    }
}

/// Where a word of `bits` holds the event itself: as high as leaves place for those above. `None` if those below, as
/// many, do not fit.
fn centre(reach: u32, bits: u32) -> Option<u32> {
    (reach < bits / 2).then(|| bits - 1 - reach)
}

fn fill<W: Word>(words: Option<&mut [W]>, reach: u32, successors: CsrPattern<'_>) {
    let (Some(words), Some(centre)) = (words, centre(reach, W::BITS)) else { return };
    for u in 0..words.len() {
        for &v in successors.row(u) {
            // at most the reach, and that is at most the centre
            let distance = v - u as u32;
            words[u] = words[u] | W::ONE << (centre + distance);
            words[v as usize] = words[v as usize] | W::ONE << (centre - distance);
        }
    }
}
