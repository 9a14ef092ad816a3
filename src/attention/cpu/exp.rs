//! The exponential function, in a form that the compiler vectorises.

/// Below this, e^x is subnormal in f32: the result is 0, an absolute error below 1.2e-38.
const LOWEST: f32 = -87.3;

/// Adding it rounds an f32 of small magnitude to an integer, which is then in the low bits: 1.5·2^23.
const ROUND: f32 = 12_582_912.0;

/// ln 2 in two parts: the first has 9 bits, so its product with a whole number below 2^15 is exact.
const LN_2_HIGH: f32 = 355.0 / 512.0;
const LN_2_LOW: f32 = (std::f64::consts::LN_2 - LN_2_HIGH as f64) as f32;

/// e^x for x <= 0, with a relative error below 2e-7; 0 below -87.3 and for -inf, NaN for NaN and +inf. e^0 is
/// exactly 1.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    // Taylor: |r| <= ln 2 / 2, so the first term left out is below 6e-9.
    let mut e = 1.0 / 5040.0;
    for c in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        e = e * r + c;
    }
    let two_to_n = f32::from_bits(shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23);
    if x < LOWEST { 0.0 } else { e * two_to_n }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relative_error_of_the_exponential_is_below_2e_7() {
        for i in 0..=873_000 {
            let x = -(i as f32) * 1e-4;
            let want = f64::from(x).exp();
            let error = (f64::from(exp(x)) - want).abs() / want;
            assert!(error < 2e-7, "exp({x}): relative error {error}");
        }
    }

    #[test]
    fn the_ends_are_exact() {
        assert_eq!(
            [exp(0.0), exp(-0.0), exp(f32::NEG_INFINITY), exp(-87.4), exp(-1e30)],
            [1.0, 1.0, 0.0, 0.0, 0.0]
        );
        assert!(exp(f32::NAN).is_nan() && exp(f32::INFINITY).is_nan());
    }
}
