//! The range of a session, predicted from its first nodes.

use super::*;
use ironforge::attention::BlockMask;
use ironforge::tgat::PredictedRange;

fn range(model: &Model, batch: &Batch<'_>, fraction: f64) -> PredictedRange {
    model.predict_range(&Reference, batch, fraction).unwrap()
}

#[test]
fn the_range_depends_on_the_first_nodes_alone() {
    let (model, x) = (seeded(&small()), features(20));
    let mut other_end = x.clone();
    other_end[5 * INPUT_DIM..].reverse();
    let [a, b] = [&x, &other_end].map(|x| range(&model, &Batch::new(x, &[0, 20], Keys::All), 0.25));
    assert_eq!((a, a.k), (b, 5));
    assert!(!a.trained && a.half >= 0.0);
    let mut other_start = x.clone();
    other_start[..2 * INPUT_DIM].reverse();
    assert_ne!(range(&model, &Batch::new(&other_start, &[0, 20], Keys::All), 0.25), a);
}

#[test]
fn the_number_of_first_nodes_is_rounded_down_and_at_least_one() {
    let (model, x) = (seeded(&small()), features(22));
    for (nodes, fraction, k) in [(22, 0.2, 4), (17, 0.2, 3), (3, 0.5, 1), (3, 1e-9, 1), (20, 0.5, 10)] {
        let offsets = [0, nodes];
        let r = range(&model, &Batch::new(&x[..nodes * INPUT_DIM], &offsets, Keys::All), fraction);
        assert_eq!(r.k, k, "{nodes} nodes, {fraction}");
        assert!(r.confidence >= 1.0 / k as f32 - 1e-6 && r.confidence <= 1.0, "{r:?}");
    }
}

#[test]
fn keys_of_every_form_are_restricted_to_the_first_nodes() {
    let (model, x, offsets) = (seeded(&small()), features(12), [0, 12]);
    // Each node attends to itself and the next two.
    let (lo, hi): (Vec<u32>, Vec<u32>) = (0..12).map(|i| (i, (i + 3).min(12))).unzip();
    let mut row_ptr = vec![0];
    row_ptr.extend(lo.iter().zip(&hi).scan(0, |end, (lo, hi)| {
        *end += hi - lo;
        Some(*end)
    }));
    let col_idx: Vec<u32> = lo.iter().zip(&hi).flat_map(|(&lo, &hi)| lo..hi).collect();
    let pattern = CsrPattern::new(&row_ptr, &col_idx, 12).unwrap();
    let mask = BlockMask::new(&offsets, pattern).unwrap();
    let forms = [Keys::Intervals { lo: &lo, hi: &hi }, Keys::Edges(pattern), Keys::Mask(&mask)];
    let [a, b, c] = forms.map(|keys| range(&model, &Batch::new(&x, &offsets, keys), 0.5));
    assert_eq!((a, b), (b, c));

    // The same nodes as a separate session.
    let hi: Vec<u32> = hi[..6].iter().map(|&hi| hi.min(6)).collect();
    let first_nodes = Batch::new(&x[..6 * INPUT_DIM], &[0, 6], Keys::Intervals { lo: &lo[..6], hi: &hi });
    let (scores, weights) = model.forward_with_weights(&Reference, &first_nodes).unwrap();
    assert_eq!(scores.embeddings.len(), 48);
    let sums: Vec<f64> = weights.column_sums().iter().map(|&s| f64::from(s)).collect();
    let total: f64 = sums.iter().map(|s| s.exp()).sum();
    let confidence = sums.iter().map(|s| s.exp() / total).fold(0.0, f64::max);
    assert!((f64::from(a.confidence) - confidence).abs() < 1e-6);
}

#[test]
fn a_range_needs_one_session_of_three_nodes_and_a_fraction_up_to_a_half() {
    let (model, x) = (seeded(&small()), features(4));
    for fraction in [0.0, -0.1, 0.51, f64::NAN, f64::INFINITY] {
        let batch = Batch::new(&x, &[0, 4], Keys::All);
        let error = model.predict_range(&Reference, &batch, fraction).unwrap_err();
        assert!(matches!(error, TgatError::EarlyFraction { .. }), "{error:?}");
    }
    for (nodes, offsets) in [(2, &[0, 2][..]), (4, &[0, 1, 4]), (0, &[0])] {
        let batch = Batch::new(&x[..nodes * INPUT_DIM], offsets, Keys::All);
        let error = model.predict_range(&Reference, &batch, 0.5).unwrap_err();
        assert_eq!(error, TgatError::RangeBatch { graphs: offsets.len() - 1, nodes });
    }
    let short = [0, 0];
    let batch = Batch::new(&x, &[0, 4], Keys::Intervals { lo: &short, hi: &short });
    assert!(matches!(model.predict_range(&Reference, &batch, 0.5), Err(TgatError::Attention { .. })));
}
