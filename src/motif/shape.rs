//! Shapes: which of a few events are linked, in time order; and the isomorphism class of each.
//!
//! Edges only lead forward, so a shape of k events is a set of pairs i < j. Inside the room it is kept as bits
//! `j(j-1)/2 + i` ("the triangle"): a shape keeps its bits when a later event joins. Outside it is a mask with bit
//! `i*k + j` for the edge i -> j.

use std::sync::LazyLock;

/// Events of the smallest pattern.
pub const MIN_NODES: usize = 3;
/// Events of the largest pattern.
pub const MAX_NODES: usize = 5;

/// First slot of each size; a slot is a shape of any size.
const FIRST_SLOT: [usize; MAX_NODES + 2] = [0, 0, 0, 0, 8, 8 + 64, SLOTS];
/// Shapes of 3, 4 and 5 events, connected or not.
pub(crate) const SLOTS: usize = 8 + 64 + 1024;

/// The slot of a shape of `k` events.
#[inline]
pub(crate) fn slot(k: usize, triangle: u16) -> usize {
    FIRST_SLOT[k] + triangle as usize
}

/// Number of slots of shapes of up to `k` events.
pub(crate) fn slots_up_to(k: usize) -> usize {
    FIRST_SLOT[k + 1]
}

/// Number of events of a slot's shape.
pub(crate) fn slot_nodes(slot: usize) -> usize {
    (MIN_NODES..MAX_NODES).find(|&k| slot < FIRST_SLOT[k + 1]).unwrap_or(MAX_NODES)
}

/// The mask of a slot's shape.
pub(crate) fn slot_mask(slot: usize) -> u32 {
    let k = slot_nodes(slot);
    let triangle = slot - FIRST_SLOT[k];
    pairs(k).filter(|&(i, j)| triangle >> pair_bit(i, j) & 1 == 1).map(|(i, j)| 1 << (i * k + j)).sum()
}

/// The slot of a mask; `None` if an edge leads backward or out of the `k` events.
pub(crate) fn slot_of_mask(k: usize, mask: u32) -> Option<usize> {
    let forward: u32 = pairs(k).map(|(i, j)| 1 << (i * k + j)).sum();
    let triangle = pairs(k).filter(|&(i, j)| mask >> (i * k + j) & 1 == 1).map(|(i, j)| 1 << pair_bit(i, j));
    (mask & !forward == 0).then(|| slot(k, triangle.sum()))
}

fn pairs(k: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..k).flat_map(|j| (0..j).map(move |i| (i, j)))
}

const fn pair_bit(i: usize, j: usize) -> usize {
    j * (j - 1) / 2 + i
}

/// How a shape grows by one event that joins at a place in time.
pub(crate) struct Growth {
    /// `[nodes][place][triangle]`: the shape with an unlinked event put in.
    widen: [[[u16; 64]; MAX_NODES]; MAX_NODES],
    /// `[nodes][place][linked]`: the new event's links; bit r of `linked` is the r-th of the old events in time.
    links: [[[u16; 16]; MAX_NODES]; MAX_NODES],
    /// `[nodes][triangle][16 * place + linked]`: the slot of the shape once the event has joined.
    slots: [[[u16; 16 * MAX_NODES]; 64]; MAX_NODES],
    /// `[order][bits by arrival]`: the same bits by place in time.
    by_time: [[u8; 16]; ORDERS],
    /// `[order][place]`: the order once another event has arrived there.
    next_order: [[u8; MAX_NODES]; ORDERS],
}

/// Orders in which 1 to 4 events can have arrived: 1 + 2 + 6 + 24.
const ORDERS: usize = 33;

pub(crate) static GROWTH: Growth = Growth::new();

impl Growth {
    /// The shape when an event joins `nodes` others.
    #[inline]
    pub(crate) fn grow(&self, nodes: usize, place: usize, triangle: u16, linked: u8) -> u16 {
        self.widen[nodes][place][triangle as usize] | self.links[nodes][place][linked as usize]
    }

    /// The slot of the shape when an event joins `nodes` others.
    #[inline]
    pub(crate) fn slot(&self, nodes: usize, place: usize, triangle: u16, linked: u8) -> usize {
        usize::from(self.slots[nodes][triangle as usize][16 * place + linked as usize])
    }

    /// Bits by arrival as bits by time.
    #[inline]
    pub(crate) fn by_time(&self, order: u8, by_arrival: u8) -> u8 {
        self.by_time[order as usize][by_arrival as usize]
    }

    /// The order once one more event has arrived at `place`. The order of a single event is 0.
    #[inline]
    pub(crate) fn next_order(&self, order: u8, place: usize) -> u8 {
        self.next_order[order as usize][place]
    }

    const fn new() -> Self {
        let mut growth = Self {
            widen: [[[0; 64]; MAX_NODES]; MAX_NODES],
            links: [[[0; 16]; MAX_NODES]; MAX_NODES],
            slots: [[[0; 16 * MAX_NODES]; 64]; MAX_NODES],
            by_time: [[0; 16]; ORDERS],
            next_order: [[0; MAX_NODES]; ORDERS],
        };
        let mut nodes = 1;
        while nodes < MAX_NODES {
            let mut place = 0;
            while place <= nodes {
                growth.fill_joins(nodes, place);
                growth.fill_slots(nodes, place);
                place += 1;
            }
            nodes += 1;
        }
        growth.fill_orders();
        growth
    }

    const fn fill_joins(&mut self, nodes: usize, place: usize) {
        let mut j = 0;
        while j < nodes {
            let moved_j = j + (j >= place) as usize;
            let own = if moved_j < place { pair_bit(moved_j, place) } else { pair_bit(place, moved_j) };
            set_where(&mut self.links[nodes][place], 1 << j, 1 << own);
            let mut i = 0;
            while i < j {
                let moved = pair_bit(i + (i >= place) as usize, moved_j);
                set_where(&mut self.widen[nodes][place], 1 << pair_bit(i, j), 1 << moved);
                i += 1;
            }
            j += 1;
        }
    }

    const fn fill_slots(&mut self, nodes: usize, place: usize) {
        let mut triangle = 0;
        while triangle < 64 {
            let mut linked = 0;
            while linked < 16 {
                let grown = self.widen[nodes][place][triangle] | self.links[nodes][place][linked];
                self.slots[nodes][triangle][16 * place + linked] = FIRST_SLOT[nodes + 1] as u16 + grown;
                linked += 1;
            }
            triangle += 1;
        }
    }

    const fn fill_orders(&mut self) {
        let mut ranks = [[0_u8; 4]; ORDERS];
        let mut nodes = [0_usize; ORDERS];
        nodes[0] = 1;
        let (mut order, mut known) = (0, 1);
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
            let mut place = 0;
            while nodes[order] < 4 && place <= nodes[order] {
                let mut i = 0;
                while i < nodes[order] {
                    let rank = ranks[order][i];
                    ranks[known][i] = rank + (rank as usize >= place) as u8;
                    i += 1;
                }
                ranks[known][nodes[order]] = place as u8;
                nodes[known] = nodes[order] + 1;
                self.next_order[order][place] = known as u8;
                known += 1;
                place += 1;
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

/// Class of every slot's shape; made at first use, in about a millisecond.
static CLASSES: LazyLock<Vec<u32>> = LazyLock::new(|| (0..SLOTS).map(smallest_relabelling).collect());

/// The isomorphism class of a slot's shape: the smallest mask among all numberings of its events.
pub(crate) fn slot_class(slot: usize) -> u32 {
    CLASSES[slot]
}

fn smallest_relabelling(slot: usize) -> u32 {
    let k = slot_nodes(slot);
    let mask = slot_mask(slot);
    let edges: Vec<(usize, usize)> = pairs(k).filter(|&(i, j)| mask >> (i * k + j) & 1 == 1).collect();
    let mut smallest = u32::MAX;
    let mut names: Vec<usize> = (0..k).collect();
    permute(&mut names, 0, &mut |names| {
        smallest = smallest.min(edges.iter().map(|&(i, j)| 1 << (names[i] * k + names[j])).sum());
    });
    smallest
}

fn permute(names: &mut [usize], settled: usize, visit: &mut impl FnMut(&[usize])) {
    if settled == names.len() {
        return visit(names);
    }
    for i in settled..names.len() {
        names.swap(settled, i);
        permute(names, settled + 1, visit);
        names.swap(settled, i);
    }
}

/// The isomorphism class of a mask of `k` events: the smallest mask among all numberings of its events, edges
/// in any direction. `None` unless `k` is 3 to 5 and every edge leads from a lower to a higher number below `k`.
pub fn class_of(k: usize, mask: u32) -> Option<u32> {
    (MIN_NODES..=MAX_NODES).contains(&k).then(|| slot_of_mask(k, mask).map(slot_class))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_slots_name_each_other() {
        for at in 0..SLOTS {
            assert_eq!(slot_of_mask(slot_nodes(at), slot_mask(at)), Some(at));
        }
        assert_eq!(slot_of_mask(3, 1 << 3), None, "1 -> 0 leads backward");
        assert_eq!(class_of(6, 0), None);
    }

    #[test]
    fn shapes_fall_into_as_many_classes_as_there_are_connected_dags() {
        let classes = |k: usize| {
            let connected = |slot: &usize| slot_nodes(*slot) == k && is_connected(k, slot_mask(*slot));
            let slots: Vec<usize> = (0..SLOTS).filter(connected).collect();
            let classes: std::collections::BTreeSet<u32> =
                slots.iter().map(|&slot| slot_class(slot)).collect();
            // every way to name k events with k names, those that use a name twice left out
            let digit = |code: usize, i: usize| code / k.pow(i as u32) % k;
            let names = |&code: &usize| (0..k).all(|i| (0..i).all(|j| digit(code, i) != digit(code, j)));
            let namings: Vec<usize> = (0..k.pow(k as u32)).filter(names).collect();
            for &slot in &slots {
                let edges = pairs(k).filter(|&(i, j)| slot_mask(slot) >> (i * k + j) & 1 == 1);
                let edges: Vec<(usize, usize)> = edges.collect();
                let bit =
                    |code: usize, (i, j): (usize, usize)| 1_u32 << (digit(code, i) * k + digit(code, j));
                let named = |&code: &usize| edges.iter().map(|&edge| bit(code, edge)).sum::<u32>();
                assert_eq!(namings.iter().map(named).min(), Some(slot_class(slot)));
            }
            (slots.len(), classes.len())
        };
        assert_eq!([3, 4, 5].map(classes), [(4, 4), (38, 24), (728, 267)]);
    }

    fn is_connected(k: usize, mask: u32) -> bool {
        let linked = |i: usize, j: usize| mask >> (i * k + j) & 1 == 1 || mask >> (j * k + i) & 1 == 1;
        let grow = |met: u32| {
            (0..k).filter(|&j| (0..k).any(|i| met >> i & 1 == 1 && linked(i, j))).fold(met, |m, j| m | 1 << j)
        };
        (0..k).fold(1, |met, _| grow(met)) == (1 << k) - 1
    }

    #[test]
    fn an_event_that_joins_keeps_the_links_of_the_others() {
        // 0 -> 1 -> 2, and an event between 0 and 1 that is linked with the last
        let chain = 1 << pair_bit(0, 1) | 1 << pair_bit(1, 2);
        let want = 1 << pair_bit(0, 2) | 1 << pair_bit(2, 3) | 1 << pair_bit(1, 3);
        assert_eq!(GROWTH.grow(3, 1, chain, 0b100), want);
    }

    #[test]
    fn orders_translate_arrival_into_time() {
        // arrived as: second, first, third of three
        let order = GROWTH.next_order(GROWTH.next_order(0, 0), 2);
        assert_eq!((GROWTH.by_time(order, 0b001), GROWTH.by_time(order, 0b110)), (0b010, 0b101));
    }
}
