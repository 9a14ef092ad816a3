//! Invalid problems, and problems that a backend does not support, are refused by name.

use ironforge::attention::{
    Accuracy, Attention, AttentionBackend, AttentionError, BlockMask, Inputs, Keys, Reference, Tensor,
    TimeBias,
};
use ironforge::csr::CsrPattern;

use super::dense;
use super::strategies::Batch;

/// Checks a problem of three nodes, in graphs of one and two nodes, with two heads of two dimensions.
fn small(change: impl FnOnce(&mut Inputs<'static>)) -> Result<(), AttentionError> {
    static X: [f32; 12] = [0.5; 12];
    let mut inputs = Inputs::new([2, 2], [Tensor::F32(&X); 3], &[0, 1, 3], Keys::All);
    change(&mut inputs);
    Attention::new(inputs).map(|_| ())
}

#[test]
fn invalid_parts_are_refused_by_name() {
    static NAN: [f32; 12] = {
        let mut x = [0.0; 12];
        x[7] = f32::NAN;
        x
    };
    static HALF: [half::f16; 12] = [half::f16::ONE; 12];
    type Case = (fn(&mut Inputs<'static>), &'static str);
    let cases: &[Case] = &[
        (|i| i.heads = 0, "heads is 0"),
        (|i| i.head_dim = 0, "head_dim is 0"),
        (|i| i.head_dim = 129, "head_dim is 129"),
        (|i| i.heads = usize::MAX, "too large"),
        (|i| i.heads = 3, "q holds 12 values, the shape needs 18"),
        (|i| i.v = Tensor::F32(&NAN[..4]), "v holds 4 values"),
        (|i| i.k = Tensor::F16(&HALF), "k is stored as f16, but q as f32"),
        (|i| i.offsets = &[], "offsets is empty"),
        (|i| i.offsets = &[1, 3], "starts at 1"),
        (|i| i.offsets = &[0, 4, 3], "falls from 4 to 3 at graph 1"),
        (|i| i.offsets = &[0, usize::MAX], "number of nodes is too large"),
        (|i| i.offsets = &[0, 2], "q holds 12 values, the shape needs 8"),
        (|i| i.keys = Keys::Intervals { lo: &[0, 1], hi: &[1, 2, 3] }, "lo holds 2"),
        (|i| i.keys = Keys::Intervals { lo: &[0, 2, 1], hi: &[1, 1, 3] }, "key range 2..1"),
        (|i| i.keys = Keys::Intervals { lo: &[0, 0, 1], hi: &[1, 2, 3] }, "node 1 names key 0"),
        (|i| i.keys = Keys::Intervals { lo: &[0, 1, 1], hi: &[1, 2, 9] }, "node 2 names key 8"),
        (|i| i.keys = Keys::Edges(CsrPattern::new(&[0, 1, 1, 1], &[2], 3).unwrap()), "node 0 names key 2"),
        (|i| i.keys = Keys::Edges(CsrPattern::new(&[0, 0], &[], 3).unwrap()), "the pattern is 1 x 3"),
        (|i| i.bias = TimeBias::Sqrt { scale_minutes: 0.1 }, "needs t_ms"),
        (|i| i.t_ms = Some(&[1, 2]), "t_ms holds 2 values, the shape needs 3"),
        (|i| i.bias = TimeBias::Sqrt { scale_minutes: -1.0 }, "scale_minutes is -1"),
        (|i| i.bias = TimeBias::Buckets(vec![(1.0, 0.0, 0.0)]), "bucket 0 is [1, 0]"),
        (|i| i.scale = Some(f32::INFINITY), "scale is inf"),
        (|i| i.k = Tensor::F32(&NAN), "k holds NaN at node 1, head 1, dim 1"),
        (|i| i.accuracy = Accuracy::Fast, "store q, k, v as f16 or bf16"),
    ];
    small(|_| {}).unwrap();
    for (change, want) in cases {
        let error = small(change).expect_err(want).to_string();
        assert!(error.contains(want), "`{error}` does not say `{want}`");
    }
}

#[test]
fn a_mask_of_another_batch_is_refused() {
    let mask = BlockMask::banded(&[0, 3]).unwrap();
    let x = [0.5; 12];
    let inputs = Inputs::new([2, 2], [Tensor::F32(&x); 3], &[0, 1, 3], Keys::Mask(&mask));
    assert_eq!(Attention::new(inputs).unwrap_err(), AttentionError::MaskOffsets);
}

#[test]
fn the_reference_has_one_accuracy() {
    let batch = Batch { accuracy: Accuracy::Fast, ..Batch::new(&dense()) };
    let error = batch.with_edges(|p| Reference.forward(p)).unwrap_err();
    assert_eq!(error, AttentionError::NoFast { setting: "accuracy", backend: "reference" });
}
