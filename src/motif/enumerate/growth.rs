//! Lookup tables for the shape of a set after another event is added.

use super::shape::{FIRST_SHAPE, MAX_NODES, ShapeIdx, pair_bit};

/// Lookup tables for the shape of a set after an event is added. The event's rank is its position in time order among
/// the events of the set; a triangle is the set of edges as bits (see `shape`). An order is the permutation that maps
/// the events from the order in which they were added to time order.
pub(super) struct Growth {
    /// `[nodes][rank][triangle]`: the triangle after an event without edges is inserted.
    widen: [[[u16; 64]; MAX_NODES]; MAX_NODES],
    /// `[nodes][rank][linked]`: the edges of the new event; bit r of `linked` is the r-th of the old events in time
    /// order.
    links: [[[u16; 16]; MAX_NODES]; MAX_NODES],
    /// `[nodes][triangle][16 * rank + linked]`: the shape after the event is added.
    shapes: [[[u16; 16 * MAX_NODES]; 64]; MAX_NODES],
    /// `[order][bits by arrival]`: the same bits by rank.
    by_time: [[u8; 16]; ORDERS],
    /// `[order][rank]`: the order after another event of this rank is added.
    next_order: [[u8; MAX_NODES]; ORDERS],
}

/// Number of orders of 1 to 4 events: 1! + 2! + 3! + 4!.
const ORDERS: usize = 33;

pub(super) static GROWTH: Growth = Growth::new();

impl Growth {
    /// The triangle after an event is added to `nodes` others.
    #[inline]
    pub(super) fn triangle(&self, nodes: usize, rank: usize, triangle: u16, linked: u8) -> u16 {
        self.widen[nodes][rank][triangle as usize] | self.links[nodes][rank][linked as usize]
    }

    /// The shape after an event is added to `nodes` others.
    #[inline]
    pub(super) fn shape(&self, nodes: usize, rank: usize, triangle: u16, linked: u8) -> ShapeIdx {
        ShapeIdx(usize::from(self.shapes[nodes][triangle as usize][16 * rank + linked as usize]))
    }

    /// Bits by arrival (the order in which the events were added) as bits by rank.
    #[inline]
    pub(super) fn by_time(&self, order: u8, by_arrival: u8) -> u8 {
        self.by_time[order as usize][by_arrival as usize]
    }

    /// The order after an event of rank `rank` is added. The order of a single event is 0.
    #[inline]
    pub(super) fn next_order(&self, order: u8, rank: usize) -> u8 {
        self.next_order[order as usize][rank]
    }

    const fn new() -> Self {
        let mut growth = Self {
            widen: [[[0; 64]; MAX_NODES]; MAX_NODES],
            links: [[[0; 16]; MAX_NODES]; MAX_NODES],
            shapes: [[[0; 16 * MAX_NODES]; 64]; MAX_NODES],
            by_time: [[0; 16]; ORDERS],
            next_order: [[0; MAX_NODES]; ORDERS],
        };
        let mut nodes = 1;
        while nodes < MAX_NODES {
            let mut rank = 0;
            while rank <= nodes {
                growth.fill_triangles(nodes, rank);
                growth.fill_shapes(nodes, rank);
                rank += 1;
            }
            nodes += 1;
        }
        growth.fill_orders();
        growth
    }

    const fn fill_triangles(&mut self, nodes: usize, rank: usize) {
        let mut j = 0;
        while j < nodes {
            let moved_j = j + (j >= rank) as usize;
            let new = if moved_j < rank { pair_bit(moved_j, rank) } else { pair_bit(rank, moved_j) };
            set_where(&mut self.links[nodes][rank], 1 << j, 1 << new);
            let mut i = 0;
            while i < j {
                let moved = pair_bit(i + (i >= rank) as usize, moved_j);
                set_where(&mut self.widen[nodes][rank], 1 << pair_bit(i, j), 1 << moved);
                i += 1;
            }
            j += 1;
        }
    }

    const fn fill_shapes(&mut self, nodes: usize, rank: usize) {
        let mut triangle = 0;
        while triangle < 64 {
            let mut linked = 0;
            while linked < 16 {
                let grown = self.widen[nodes][rank][triangle] | self.links[nodes][rank][linked];
                self.shapes[nodes][triangle][16 * rank + linked] = FIRST_SHAPE[nodes + 1] as u16 + grown;
                linked += 1;
            }
            triangle += 1;
        }
    }

    const fn fill_orders(&mut self) {
        let mut ranks = [[0_u8; 4]; ORDERS];
        let mut nodes = [0_usize; ORDERS];
        nodes[0] = 1;
        let (mut order, mut orders) = (0, 1);
        while order < ORDERS {
            let mut arrival = 0;
            while arrival < nodes[order] {
                let mut bits = 0;
                while bits < 16 {
                    self.by_time[order][bits] |= ((bits >> arrival & 1) as u8) << ranks[order][arrival];
                    bits += 1;
                }
                arrival += 1;
            }
            let mut rank = 0;
            while nodes[order] < 4 && rank <= nodes[order] {
                let mut i = 0;
                while i < nodes[order] {
                    let earlier = ranks[order][i];
                    ranks[orders][i] = earlier + (earlier as usize >= rank) as u8;
                    i += 1;
                }
                ranks[orders][nodes[order]] = rank as u8;
                nodes[orders] = nodes[order] + 1;
                self.next_order[order][rank] = orders as u8;
                orders += 1;
                rank += 1;
            }
            order += 1;
        }
    }
}

/// Sets `bits` in every entry whose index holds `index_bit`.
const fn set_where<const N: usize>(table: &mut [u16; N], index_bit: usize, bits: u16) {
    let mut index = 0;
    while index < N {
        if index & index_bit != 0 {
            table[index] |= bits;
        }
        index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_an_event_keeps_the_edges_of_the_others() {
        // 0 -> 1 -> 2, and a new event between 0 and 1 with an edge to the last
        let chain = 1 << pair_bit(0, 1) | 1 << pair_bit(1, 2);
        let want = 1 << pair_bit(0, 2) | 1 << pair_bit(2, 3) | 1 << pair_bit(1, 3);
        assert_eq!(GROWTH.triangle(3, 1, chain, 0b100), want);
    }

    #[test]
    fn bits_by_arrival_become_bits_by_time() {
        // added in this order: second, first, third
        let order = GROWTH.next_order(GROWTH.next_order(0, 0), 2);
        assert_eq!((GROWTH.by_time(order, 0b001), GROWTH.by_time(order, 0b110)), (0b010, 0b101));
    }
}
