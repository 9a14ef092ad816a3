//! The problems that the mutants are run on.

use ironforge::attention::{AttentionBackend, Output, Reference, TimeBias};

use crate::attention::strategies::{Batch, Bias, Dtype, Mask, Shape, Times};

/// Small problems that together reach every code path.
pub fn problems() -> Vec<(Batch, Output)> {
    let shape = |mask, bias, dim: usize, seed| Shape {
        lengths: vec![130, 1, 66],
        heads: if dim > 16 { 2 } else { 5 },
        dim,
        dtype: Dtype::F16,
        mask,
        bias,
        times: Times::Random,
        uniform: false,
        logits: 16.0,
        seed,
    };
    let shapes = [
        shape(Mask::All, Bias::None, 64, 1),
        shape(Mask::Causal, Bias::Sqrt, 11, 2),
        shape(Mask::Ranges, Bias::Buckets, 16, 3),
        shape(Mask::Percent(10), Bias::Buckets, 11, 4),
        shape(Mask::Mixed, Bias::Sqrt, 50, 5),
        shape(Mask::All, Bias::Buckets, 16, 6),
    ];
    let mut batches: Vec<Batch> = shapes.iter().map(Batch::new).collect();
    // Rows without keys in tiles where other rows have keys, with scales that round up and down.
    for seed in 10..14 {
        let logits = 5.0 + seed as f64;
        batches.push(Batch::new(&Shape {
            logits,
            lengths: vec![40],
            ..shape(Mask::Mixed, Bias::None, 16, seed)
        }));
    }
    // Rows whose first tile is fully masked, and row maxima that rise from tile to tile.
    let mut late = Batch::new(&shape(Mask::Nothing, Bias::None, 11, 7));
    for (i, row) in late.rows.iter_mut().enumerate().take(130) {
        *row = (100 + i as u32 % 20..130).collect();
    }
    batches.push(late);
    // Rows with later keys, so that only the last rows of a block row have keys in the next tile.
    let mut ahead = Batch::new(&shape(Mask::Nothing, Bias::None, 11, 8));
    for (i, row) in ahead.rows.iter_mut().enumerate().take(130) {
        *row = (i as u32..130.min(i as u32 + 20)).collect();
    }
    batches.push(ahead);
    // More heads than fit in one block of the gather kernel, and an output whose length is not a multiple of four.
    let many = Shape { heads: 17, lengths: vec![5], ..shape(Mask::Percent(40), Bias::None, 64, 22) };
    let odd = Shape { heads: 1, lengths: vec![35], ..shape(Mask::All, Bias::None, 10, 23) };
    batches.extend([Batch::new(&many), Batch::new(&odd)]);
    // Non-adjacent tiles, with empty ones between them.
    let mut apart = Batch::new(&Shape { lengths: vec![192], ..shape(Mask::Nothing, Bias::None, 11, 9) });
    apart.rows.iter_mut().take(64).for_each(|row| *row = (0..6).chain(130..141).collect());
    batches.push(apart);
    // Times as in real data: sorted, all equal, at the bounds of buckets, and too far apart for 32 bits.
    for (times, bias, length) in [
        (Times::Sorted(60_000), Bias::Buckets, 192),
        (Times::Sorted(10_000), Bias::Buckets, 192),
        (Times::Equal, Bias::Buckets, 128),
        (Times::Boundary, Bias::Buckets, 40),
        (Times::Far, Bias::Sqrt, 40),
    ] {
        batches.push(Batch::new(&Shape { times, lengths: vec![length], ..shape(Mask::All, bias, 16, 20) }));
    }
    for (distance, bias) in [(300_000, Bias::Buckets), (3_000_000_000, Bias::Sqrt)] {
        let mut two = Batch::new(&Shape { lengths: vec![2], ..shape(Mask::All, bias, 16, 21) });
        two.t_ms = vec![0, distance];
        if bias == Bias::Sqrt {
            two.bias = TimeBias::Sqrt { scale_minutes: 5_000.0 };
        }
        batches.push(two);
    }
    batches
        .into_iter()
        .map(|batch| {
            let want = batch.with_edges(|problem| Reference.forward(problem).unwrap());
            (batch, want)
        })
        .collect()
}
