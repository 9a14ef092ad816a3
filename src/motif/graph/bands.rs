//! Banded adjacency: the neighbours of an event as the bits of one word, for graphs with short edges.

use std::ops::{BitAnd, BitOr, Not, Shl, Shr};

use crate::csr::CsrPattern;

/// An unsigned integer used as a set of bits.
pub(crate) trait BitWord:
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
    /// All bits set but the lowest; the word is not 0.
    fn without_lowest(self) -> Self;
    /// Bit number `bit`, 0 or 1.
    fn bit(self, bit: u32) -> u8;
}

macro_rules! bit_word {
    ($word:ty) => {
        impl BitWord for $word {
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
            fn bit(self, bit: u32) -> u8 {
                (self >> bit) as u8 & 1
            }
        }
    };
}
bit_word!(u64);
bit_word!(u128);

/// Adjacency structure used to enumerate the sets of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WalkMethod {
    /// Words of 64 bits; bit `centre` of an event's word is the event itself.
    Narrow { centre: u32 },
    /// Words of 128 bits, likewise.
    Wide { centre: u32 },
    /// Adjacency lists.
    Lists,
}

/// The neighbours of each event as bits of a word, for graphs with edges of fewer than 64 events. 8 bytes per event
/// for 64-bit words, 16 more for 128-bit words, each only if a graph of the union can use it.
pub(crate) struct Bands {
    /// Length of the longest edge of each graph, in event numbers.
    reach: Vec<u32>,
    /// Bit `centre + d` of word i: there is an edge between i and i + d. Empty if no graph can use words of this
    /// width.
    pub(crate) narrow: Vec<u64>,
    pub(crate) wide: Vec<u128>,
}

impl Bands {
    /// Words without any edge, for `nodes` events; `reach` is the length of the longest edge of each graph.
    pub(crate) fn new(reach: Vec<u32>, nodes: usize) -> Self {
        let holds =
            |at_least: u32, bits: u32| reach.iter().any(|&r| r >= at_least && centre(r, bits).is_some());
        let needed = |yes: bool| if yes { nodes } else { 0 };
        // a graph whose sets of five fit the narrow word never reads the wide one
        let narrow = vec![0; needed(holds(0, u64::BITS))];
        let wide = vec![0; needed(holds(u64::BITS / 4, u128::BITS))];
        Self { reach, narrow, wide }
    }

    /// Adds the edges of `graph`, whose first event has number `first`.
    pub(crate) fn fill(&mut self, graph: usize, first: u32, successors: CsrPattern<'_>) {
        let events = first as usize..first as usize + successors.rows();
        let reach = self.reach[graph];
        fill(self.narrow.get_mut(events.clone()), reach, successors);
        fill(self.wide.get_mut(events), reach, successors);
    }

    /// Length of the longest edge of all graphs, in event numbers.
    pub(crate) fn longest_edge(&self) -> u32 {
        self.reach.iter().copied().max().unwrap_or(0)
    }

    /// The fastest method for the sets of up to `max_nodes` events of `graph`.
    pub(crate) fn method(&self, graph: usize, max_nodes: usize) -> WalkMethod {
        let reach = self.reach[graph];
        let fits = |bits: u32| {
            centre(reach, bits).filter(|_| u64::from(reach) * (max_nodes as u64 - 1) < u64::from(bits))
        };
        match (fits(u64::BITS), fits(u128::BITS)) {
            (Some(centre), _) => WalkMethod::Narrow { centre },
            (None, Some(centre)) => WalkMethod::Wide { centre },
            (None, None) => WalkMethod::Lists,
        }
    }
}

/// The bit of the event itself in a word of `bits`: the highest one that leaves `reach` bits above it. `None` if
/// `reach` bits do not fit below it as well.
fn centre(reach: u32, bits: u32) -> Option<u32> {
    (reach < bits / 2).then(|| bits - 1 - reach)
}

/// Sets both bits of every edge; does nothing if the words of this width are not used.
fn fill<W: BitWord>(words: Option<&mut [W]>, reach: u32, successors: CsrPattern<'_>) {
    let (Some(words), Some(centre)) = (words, centre(reach, W::BITS)) else { return };
    for u in 0..words.len() {
        for &v in successors.row(u) {
            // distance <= reach <= centre: neither shift leaves the word
            let distance = v - u as u32;
            words[u] = words[u] | W::ONE << (centre + distance);
            words[v as usize] = words[v as usize] | W::ONE << (centre - distance);
        }
    }
}
