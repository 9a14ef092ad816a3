//! Random choice of the held-out graphs, which confirm the patterns found in the others.

use crate::philox::Philox;

/// Philox fork of the choice; the nulls use others.
const PURPOSE: u32 = 0x686F;

/// For each graph, whether it is held out: `share` of the graphs, rounded, at random; at least one and not all, and
/// none if there are fewer than two.
pub(in crate::motif) fn choose_held_out(graphs: usize, share: f64, seed: u64) -> Vec<bool> {
    let mut held_out = vec![false; graphs];
    if graphs < 2 {
        return held_out;
    }
    let wanted = ((share * graphs as f64).round() as usize).clamp(1, graphs - 1);
    let mut stream = Philox::new(seed).fork(PURPOSE).stream(0, 0);
    let mut left = wanted;
    // selection sampling: a graph is chosen with probability (still wanted) / (still to come), so every subset is
    // equally likely
    for (graph, held_out) in held_out.iter_mut().enumerate() {
        *held_out = (stream.below((graphs - graph) as u32) as usize) < left;
        left -= usize::from(*held_out);
    }
    held_out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_kept_and_every_graph_is_held_out_equally_often() {
        let count = |graphs, share, seed| choose_held_out(graphs, share, seed).iter().filter(|&&h| h).count();
        assert_eq!([count(0, 0.5, 1), count(1, 0.5, 1), count(2, 0.9, 1), count(2, 0.01, 1)], [0, 0, 1, 1]);
        assert_eq!([count(45, 0.5, 1), count(10, 0.3, 2)], [23, 3]);
        let mut often = [0_u32; 9];
        for seed in 0..3000 {
            choose_held_out(9, 0.34, seed).iter().zip(&mut often).for_each(|(&h, n)| *n += u32::from(h));
        }
        // a third of 3000, standard deviation 26
        assert!(often.iter().all(|n| n.abs_diff(1000) < 130), "{often:?}");
    }
}
