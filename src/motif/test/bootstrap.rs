//! Bootstrap interval of a lift: graphs are resampled with replacement.

use rayon::prelude::*;

use super::by_graph::CountsByGraph;
use crate::philox::Philox;

/// Philox fork of the resamples; the nulls use others.
const PURPOSE: u32 = 0x6C69;
/// Number of resamples.
const RESAMPLES: usize = 1000;
/// Rank of the ends of the interval among the sorted lifts, from below and from above: 2.5 % of the resamples.
const TAIL: usize = 25;

/// Half an occurrence, which is added to counts and means: the lift of a pattern that no replicate has is then finite,
/// and does not depend on the number of replicates.
const HALF: f64 = 0.5;

/// The lift of a count over its mean in the replicates.
pub(in crate::motif) fn lift(count: f64, mean: f64) -> f64 {
    (count + HALF) / (mean + HALF)
}

/// 95 % percentile bootstrap interval of the lift of each pattern, the graphs being resampled (Efron 1979), widened
/// to the lift of the data where that lies outside: shows how much the lift depends on the choice of graphs. `None`
/// for fewer than two graphs.
///
/// The lift of a resample is that of its count and of its mean count in the same `replicates` as those of the data.
/// All patterns use the same resamples. O(1000 · graphs) per pattern.
pub(in crate::motif) fn lift_intervals(
    patterns: &[CountsByGraph],
    replicates: u32,
    seed: u64,
) -> Vec<Option<(f64, f64)>> {
    let graphs = patterns.first().map_or(0, |pattern| pattern.observed.len());
    if graphs < 2 {
        return vec![None; patterns.len()];
    }
    let philox = Philox::new(seed).fork(PURPOSE);
    // the number of times that each graph is drawn
    let resample = |index: usize| {
        let mut stream = philox.stream(index as u32, 0);
        let mut multiplicity = vec![0_u32; graphs];
        (0..graphs).for_each(|_| multiplicity[stream.below(graphs as u32) as usize] += 1);
        multiplicity
    };
    let lift_of = |pattern: &CountsByGraph, multiplicity: &[u32]| {
        let weighted = |counts: &[u64]| {
            let products =
                counts.iter().zip(multiplicity).map(|(&n, &times)| u128::from(n) * u128::from(times));
            products.sum::<u128>() as f64
        };
        lift(weighted(&pattern.observed), weighted(&pattern.replicated) / f64::from(replicates))
    };
    let mut lifts: Vec<Vec<f64>> = vec![Vec::with_capacity(RESAMPLES); patterns.len()];
    for index in 0..RESAMPLES {
        let multiplicity = resample(index);
        let resampled = lifts.par_iter_mut().zip(patterns);
        resampled.for_each(|(lifts, pattern)| lifts.push(lift_of(pattern, &multiplicity)));
    }
    let once = vec![1; graphs];
    let ends = |(lifts, pattern): (&mut Vec<f64>, &CountsByGraph)| {
        lifts.sort_unstable_by(f64::total_cmp);
        let of_data = lift_of(pattern, &once);
        Some((lifts[TAIL - 1].min(of_data), lifts[RESAMPLES - TAIL].max(of_data)))
    };
    lifts.par_iter_mut().zip(patterns).map(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_sampling_distribution() {
        // 40 graphs with 2 occurrences expected, half of them with 3, half with 1: the lift is 1, its standard error
        // (1 / 2) / sqrt(40) = 0.079; half an occurrence more in 80 changes nothing
        let pattern = CountsByGraph { observed: [3, 1].repeat(20), replicated: vec![200; 40] };
        let intervals = lift_intervals(&[pattern.clone(), pattern], 100, 7);
        let (low, high) = intervals[0].unwrap();
        assert!((low - 0.845).abs() < 0.03 && (high - 1.155).abs() < 0.03, "{low} {high}");
        assert_eq!(intervals[0], intervals[1], "the same resamples");
    }

    #[test]
    fn every_graph_is_drawn_equally_often_and_its_counts_stay_together() {
        // all occurrences lie in one graph of four: drawn k times, the count is 5 k; 3 or more in 5 %, 4 in .4 %
        let lone = |graph: usize| {
            let count = |other: usize| if other == graph { 5 } else { 0 };
            CountsByGraph { observed: (0..4).map(count).collect(), replicated: vec![10; 4] }
        };
        let lone: Vec<CountsByGraph> = (0..4).map(lone).collect();
        assert_eq!(lift_intervals(&lone, 8, 1), [Some((0.5 / 5.5, 15.5 / 5.5)); 4]);
        // count and mean are proportional, so every resample has nearly the same lift
        let uneven = CountsByGraph { observed: vec![100, 1000, 10_000], replicated: vec![500, 5000, 50_000] };
        let (low, high) = lift_intervals(&[uneven], 10, 1)[0].unwrap();
        assert!(1.99 < low && low <= high && high < 2.0, "{low} {high}");
    }

    #[test]
    fn the_interval_holds_the_lift_and_a_single_graph_has_none() {
        let equal = CountsByGraph { observed: vec![4; 9], replicated: vec![20; 9] };
        assert_eq!(lift_intervals(&[equal], 10, 1), [Some((36.5 / 18.5, 36.5 / 18.5))]);
        let never_drawn = CountsByGraph { observed: vec![1; 2], replicated: vec![0; 2] };
        for replicates in [10, 1000] {
            let intervals = lift_intervals(std::slice::from_ref(&never_drawn), replicates, 1);
            assert_eq!(intervals, [Some((5.0, 5.0))], "whatever the number of replicates");
        }
        let one = CountsByGraph { observed: vec![4], replicated: vec![20] };
        assert_eq!(lift_intervals(&[one], 10, 1), [None]);
        assert!(lift_intervals(&[], 10, 1).is_empty());
    }
}
