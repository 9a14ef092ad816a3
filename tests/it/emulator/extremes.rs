//! Extreme values of probabilities, scales, logits and times.

use ironforge::attention::lowering::Kernel;
use ironforge::attention::{
    Attention, AttentionBackend, AttentionError, Inputs, Keys, Reference, Tensor, TimeBias,
};
use ironforge_emulator::{Order, require};

use super::backend::Emulated;
use super::dense;
use crate::attention::strategies::{Batch, Bias, Dtype, Mask, Shape, Values};
use crate::attention::suite;

/// Many equal, tiny probabilities: each would be subnormal in f16, and their errors would all have one sign.
#[test]
fn many_tiny_probabilities_are_not_lost() {
    let Some(kernels) = require(80) else { return };
    let n = 1024;
    let offsets = [0, n];
    // Key 0 weighs 1, every other 2^-15.3.
    let half = |x: f32| half::f16::from_f32(x);
    let k: Vec<half::f16> = (0..n).map(|j| half(if j == 0 { 10.605 } else { 0.0 })).collect();
    let (q, v) =
        (vec![half(1.0); n], (0..n).map(|j| half(if j == 0 { 0.0 } else { 1.0 })).collect::<Vec<_>>());
    let mut inputs =
        Inputs::new([1, 1], [Tensor::F16(&q), Tensor::F16(&k), Tensor::F16(&v)], &offsets, Keys::All);
    inputs.scale = Some(1.0);
    let problem = Attention::new(inputs).unwrap();
    let backend = Emulated::new(kernels, 80, Some(Kernel::FlashAttention), Order::Forward);
    let (got, want) = (backend.forward(&problem).unwrap(), Reference.forward(&problem).unwrap());
    for (got, want) in got.out.iter().zip(&want.out) {
        assert!((got - want).abs() < 1e-6, "{got} for {want}");
    }
}

#[test]
fn any_scale_is_supported_or_refused() {
    let Some(kernels) = require(80) else { return };
    let backend = Emulated::new(kernels, 80, Some(Kernel::FlashAttention), Order::Forward);
    for (scale, mask) in [-0.3, 0.0, 1e-3, 1e-20, -1e-30, 1e-38]
        .into_iter()
        .flat_map(|s| [(s, Mask::Mixed), (s, Mask::Causal)])
    {
        let batch = Batch { scale, ..Batch::new(&Shape { mask, ..dense(11) }) };
        suite::each_form(&batch, |form, keys| {
            batch.with_keys(keys, |p| {
                suite::compare(&batch, &backend.forward(p).unwrap(), &Reference.forward(p).unwrap())
                    .map_err(|e| format!("{form}: {e}"))
            })
        })
        .unwrap_or_else(|e| panic!("scale {scale} {mask:?}: {e}"));
    }
    // Logits that could not be distinguished from those of masked pairs.
    let mut batch = Batch::new(&Shape { dtype: Dtype::Bf16, ..dense(11) });
    batch.q = Values::store(Dtype::Bf16, &batch.q.widened().iter().map(|x| x * 1e15).collect::<Vec<f32>>());
    let error = batch.with_keys(Keys::Causal, |p| backend.forward(p)).unwrap_err();
    assert!(matches!(error, AttentionError::Range { .. }), "{error}");
    let batch = Batch::new(&Shape { dtype: Dtype::F32, ..dense(11) });
    let error = batch.with_keys(Keys::Causal, |p| backend.forward(p)).unwrap_err();
    assert_eq!(error, AttentionError::NeedsHalf);
}

/// If one unit in the last place of a logit is more than 1, the largest probability is still 1.
#[test]
fn logits_of_millions_give_no_nan() {
    let Some(kernels) = require(80) else { return };
    for kernel in Kernel::ALL {
        let backend = Emulated::new(kernels, 80, Some(kernel), Order::Forward);
        for (size, scale) in [(4000.0, 1.0), (20_000.0, 0.3), (2.0, 1e9)] {
            let mut batch = Batch::new(&Shape { mask: Mask::Causal, bias: Bias::None, ..dense(1) });
            let alike = |x: &Values| x.widened().iter().map(|x| x.signum() * size).collect::<Vec<f32>>();
            (batch.q, batch.k) =
                (Values::store(Dtype::F16, &alike(&batch.q)), Values::store(Dtype::F16, &alike(&batch.k)));
            batch.scale = scale;
            batch
                .with_keys(Keys::Causal, |p| {
                    suite::compare(&batch, &backend.forward(p).unwrap(), &Reference.forward(p).unwrap())
                })
                .unwrap_or_else(|e| panic!("{kernel} {size} {scale}: {e}"));
        }
    }
}

/// Times up to the ends of i64, where the low words of two times do not determine their distance.
#[test]
fn times_far_apart_keep_their_bias() {
    let Some(kernels) = require(80) else { return };
    let far = [i64::MIN, -(1 << 40), -1, 0, 1 << 31, (1 << 31) - 1, 1 << 32, (1 << 32) + 5, i64::MAX];
    for (bias, kernel) in [
        TimeBias::Sqrt { scale_minutes: 1e12 },
        TimeBias::Buckets(vec![(0.0, 1e6, 1.0), (35_791.395, 71_582.79, -2.0), (1e9, 1e30, 3.0)]),
    ]
    .into_iter()
    .flat_map(|bias| Kernel::ALL.map(|kernel| (bias.clone(), kernel)))
    {
        let mut batch = Batch::new(&Shape { mask: Mask::All, lengths: vec![70, 9], ..dense(11) });
        batch.t_ms = (0..79).map(|i| far[i * 5 % far.len()] / if i % 2 == 0 { 1 } else { 3 }).collect();
        batch.bias = bias;
        let backend = Emulated::new(kernels, 80, Some(kernel), Order::Forward);
        batch
            .with_keys(Keys::All, |p| {
                suite::compare(&batch, &backend.forward(p).unwrap(), &Reference.forward(p).unwrap())
            })
            .unwrap_or_else(|e| panic!("{kernel} {:?}: {e}", batch.bias));
    }
}
