//! Interval of a lift: sessions drawn anew, with replacement.

use rayon::prelude::*;

use super::follow::ByGraph;
use crate::philox::Philox;

/// Keeps these numbers apart from those of the nulls.
const PURPOSE: u32 = 0x6C69;
/// Resamples: the ends of the interval are then its 25th value from below and from above.
const RESAMPLES: usize = 1000;
const TAIL: usize = 25;

/// 95 % percentile intervals of the lift of some patterns, from resamples of the graphs (Efron 1979): how far the lift
/// depends on which graphs were seen. `None` for fewer than two graphs.
///
/// A resample's lift is its count over the mean of its draws; a mean of 0 is taken as one occurrence in one of the
/// `iterations` draws, as for the lift itself. Every pattern sees the same resamples. O(1000 graphs) a pattern.
pub(super) fn lift_intervals(patterns: &[ByGraph], iterations: u32, seed: u64) -> Vec<Option<(f64, f64)>> {
    let graphs = patterns.first().map_or(0, |pattern| pattern.observed.len());
    if graphs < 2 {
        return vec![None; patterns.len()];
    }
    let philox = Philox::new(seed).fork(PURPOSE);
    let resample = |at: usize| {
        let mut numbers = philox.stream(at as u32, 0);
        let mut times = vec![0_u32; graphs];
        (0..graphs).for_each(|_| times[numbers.below(graphs as u32) as usize] += 1);
        times
    };
    let mut lifts: Vec<Vec<f64>> = vec![Vec::with_capacity(RESAMPLES); patterns.len()];
    for at in 0..RESAMPLES {
        let times = resample(at);
        lifts.par_iter_mut().zip(patterns).for_each(|(lifts, pattern)| {
            let weighed = |counts: &[u64]| {
                let products =
                    counts.iter().zip(&times).map(|(&n, &times)| u128::from(n) * u128::from(times));
                products.sum::<u128>() as f64
            };
            let draws = f64::from(iterations);
            lifts.push(weighed(&pattern.observed) / (weighed(&pattern.drawn).max(1.0) / draws));
        });
    }
    let ends = |lifts: &mut Vec<f64>| {
        lifts.sort_unstable_by(f64::total_cmp);
        Some((lifts[TAIL - 1], lifts[RESAMPLES - TAIL]))
    };
    lifts.par_iter_mut().map(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_sampling_distribution() {
        // 40 graphs, half of them with 3 of 2 expected, half with 1: the lift is 1, its standard error
        // (1 / 2) / sqrt(40) = 0.079
        let pattern = ByGraph { observed: [3, 1].repeat(20), drawn: vec![200; 40] };
        let intervals = lift_intervals(&[pattern.clone(), pattern], 100, 7);
        let (low, high) = intervals[0].unwrap();
        assert!((low - 0.845).abs() < 0.03 && (high - 1.155).abs() < 0.03, "{low} {high}");
        assert_eq!(intervals[0], intervals[1], "the same resamples");
    }

    #[test]
    fn every_graph_is_drawn_as_often_and_its_counts_stay_together() {
        // all that occurs lies in one graph of four: drawn k times, it lifts to k; 3 or more in 5 %, 4 in .4 %
        let lone = |at: usize| {
            let count = |other: usize| if other == at { 5 } else { 0 };
            ByGraph { observed: (0..4).map(count).collect(), drawn: vec![10; 4] }
        };
        let lone: Vec<ByGraph> = (0..4).map(lone).collect();
        assert_eq!(lift_intervals(&lone, 8, 1), [Some((0.0, 3.0)); 4]);
        // whatever the graph, its lift is 2
        let uneven = ByGraph { observed: vec![1, 10, 100], drawn: vec![5, 50, 500] };
        assert_eq!(lift_intervals(&[uneven], 10, 1), [Some((2.0, 2.0))]);
    }

    #[test]
    fn graphs_alike_leave_no_doubt_and_one_graph_no_answer() {
        let alike = ByGraph { observed: vec![4; 9], drawn: vec![20; 9] };
        assert_eq!(lift_intervals(&[alike], 10, 1), [Some((2.0, 2.0))]);
        let never_drawn = ByGraph { observed: vec![1; 2], drawn: vec![0; 2] };
        assert_eq!(lift_intervals(&[never_drawn], 10, 1), [Some((20.0, 20.0))]);
        let one = ByGraph { observed: vec![4], drawn: vec![20] };
        assert_eq!(lift_intervals(&[one], 10, 1), [None]);
        assert!(lift_intervals(&[], 10, 1).is_empty());
    }
}
