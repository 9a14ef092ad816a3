//! Trials: inputs of each wrapper, and the results of plain arithmetic.

use bytemuck::{Pod, cast_slice, pod_read_unaligned};
use half::{bf16, f16};

use super::products;
use crate::attention::strategies::Random;
use crate::close::Tolerance;

/// Shared memory of a block, enough for every entry.
pub const SHARED_BYTES: u32 = 1024;

const LANES: usize = 32;

/// The hardware's result for every NaN, in both 16-bit types.
const NAN_16: u16 = 0x7fff;

/// Half a unit in the last place of f32, the rounding of the expected value.
const HALF_ULP: f64 = 1.0 / (1 << 24) as f64;

/// Comparison of two results.
pub enum Close {
    Bits,
    /// f32 with the same bits, or both NaN.
    Same,
    /// f32 within the documented error.
    Within(Tolerance),
    /// f32, each with a bound.
    Sums(Vec<f64>),
}

/// One launch of an entry.
pub struct Trial {
    wrapper: &'static str,
    pub grid: u32,
    /// Threads per block.
    pub threads: u32,
    pub mask: u32,
    pub input: Vec<u8>,
    pub wanted: Vec<u8>,
    pub close: Close,
}

impl Trial {
    /// A trial with one element of `input` and of `wanted` per thread.
    pub fn new<I: Pod, O: Pod>(wrapper: &'static str, input: &[I], wanted: &[O], close: Close) -> Self {
        assert_eq!((input.len(), input.len() % LANES), (wanted.len(), 0), "{wrapper}");
        Self {
            wrapper,
            grid: (input.len() / LANES) as u32,
            threads: LANES as u32,
            mask: 0,
            input: cast_slice(input).to_vec(),
            wanted: cast_slice(wanted).to_vec(),
            close,
        }
    }

    fn with_mask(self, mask: u32) -> Self {
        Self { mask, ..self }
    }

    pub fn entry(&self) -> String {
        format!("primitive_{}", self.wrapper)
    }

    /// The largest difference.
    ///
    /// # Errors
    /// The first pair of values that differ.
    pub fn compare(&self, got: &[u8], want: &[u8]) -> Result<f64, String> {
        let floats = |x: &[u8]| x.chunks_exact(4).map(pod_read_unaligned::<f32>).collect::<Vec<f32>>();
        let wide = |x: &[u8]| floats(x).into_iter().map(f64::from).collect::<Vec<f64>>();
        let (far, allowed) = match &self.close {
            Close::Bits => (got.iter().zip(want).position(|(g, w)| g != w), "the same bits".to_owned()),
            Close::Same => {
                let (got, want) = (floats(got), floats(want));
                let same = |(g, w): (&f32, &f32)| g.to_bits() == w.to_bits() || (g.is_nan() && w.is_nan());
                (
                    got.iter().zip(&want).position(|pair| !same(pair)).map(|i| 4 * i),
                    "the same bits".to_owned(),
                )
            }
            Close::Within(tolerance) => {
                return tolerance.compare(wide(got).into_iter(), wide(want).into_iter());
            }
            Close::Sums(bounds) => {
                let pairs: Vec<_> = wide(got).into_iter().zip(wide(want)).collect();
                let far = pairs.iter().zip(bounds).position(|((g, w), &b)| !Tolerance::abs(b).holds(*g, *w));
                if far.is_none() && got.len() == want.len() {
                    return Ok(pairs.iter().map(|(g, w)| (g - w).abs()).fold(0.0, f64::max));
                }
                (far.map(|i| 4 * i), far.map_or(String::new(), |i| format!("within {:e}", bounds[i])))
            }
        };
        let word = |x: &[u8], at: usize| x[at & !3..].first_chunk().map(|w| u32::from_le_bytes(*w));
        match far {
            None if got.len() == want.len() => Ok(0.0),
            None => Err(format!("{} bytes, expected {}", got.len(), want.len())),
            Some(at) => {
                let (g, w) = (word(got, at), word(want, at));
                let float = |w: Option<u32>| w.map(f32::from_bits);
                Err(format!("byte {at}: {g:x?} ({:?}) for {w:x?} ({:?}), {allowed}", float(g), float(w)))
            }
        }
    }
}

/// Every trial that an architecture has entries for.
pub fn trials(arch: u32) -> Vec<Trial> {
    let products = if arch >= 80 { products::whole() } else { products::half_depth() };
    let all = [lanes(), approximations(), conversions(arch), matrices(), copies(), products];
    all.into_iter().flatten().collect()
}

/// Exchange of words between the lanes of a warp, and between the warps of a block.
fn lanes() -> Vec<Trial> {
    let mut random = Random(1);
    let words: Vec<u32> = (0..4 * LANES).map(|_| random.bits() as u32).collect();
    let floats: Vec<f32> = (0..4 * LANES).map(|_| random.value()).collect();
    let mut all = Vec::new();
    for mask in [1, 2, 4, 8, 16, 31] {
        let of = |i: usize| i ^ mask;
        let swapped: Vec<u32> = (0..words.len()).map(|i| words[of(i)]).collect();
        all.push(Trial::new("shuffle_xor_u32", &words, &swapped, Close::Bits).with_mask(mask as u32));
        let swapped: Vec<f32> = (0..floats.len()).map(|i| floats[of(i)]).collect();
        all.push(Trial::new("shuffle_xor_f32", &floats, &swapped, Close::Bits).with_mask(mask as u32));
    }
    let numbered: Vec<u32> = (0..words.len()).map(|i| words[i] ^ (i % LANES) as u32).collect();
    all.push(Trial::new("reread_thread_index", &words, &numbered, Close::Bits));
    // One warp for each lane, in which only that lane's predicate is true; one in which none is, and one in which all
    // are.
    let predicates: Vec<u32> =
        (0..34 * LANES).map(|i| u32::from(i / LANES == i % LANES || i / LANES == 33)).collect();
    let any: Vec<u32> = (0..34 * LANES).map(|i| u32::from(i / LANES != 32)).collect();
    all.push(Trial::new("warp_any", &predicates, &any, Close::Bits));

    let reversed: Vec<u32> = words.iter().rev().copied().collect();
    all.push(Trial { grid: 1, threads: 128, ..Trial::new("block_sync", &words, &reversed, Close::Bits) });
    all
}

/// A subnormal number becomes a zero of its sign.
fn flushed(x: f64) -> f64 {
    if x.abs() < f64::from(f32::MIN_POSITIVE) { 0.0_f64.copysign(x) } else { x }
}

fn approximations() -> Vec<Trial> {
    let mut random = Random(2);
    let special = [0.0, -0.0, 1e-40, -1e-40, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0, -1.0, 0.5];
    let mut draw = |of: &mut dyn FnMut(f32) -> f32| -> Vec<f32> {
        let drawn = (special.len()..64 * LANES).map(|_| of(random.value() / 2.0)).collect::<Vec<f32>>();
        [&special[..], &drawn].concat()
    };
    // Powers on both sides of the largest and the smallest result, and at every distance from 1.
    let exponents = draw(&mut |x| if x.abs() < 0.5 { 300.0 * x } else { x.powi(9) });
    let positive = draw(&mut |x| (100.0 * x).exp2());
    let near_one = draw(&mut |x| 1.0 + x / 2.0);
    let f32s = |x: &[f32], f: fn(f64) -> f64| -> Vec<f32> {
        x.iter().map(|&x| flushed(f(flushed(f64::from(x)))) as f32).collect()
    };
    // The errors are those of the PTX ISA, §9.7.3, plus the rounding of the expected value.
    let relative = |bits: i32| Tolerance { abs: 0.0, rel: 2.0_f64.powi(-bits) + 2.0 * HALF_ULP };
    let log2 = Tolerance { abs: 2.0_f64.powi(-22), ..relative(22) };
    vec![
        Trial::new("exp2_approx", &exponents, &f32s(&exponents, f64::exp2), Close::Within(relative(22))),
        Trial::new("log2_approx", &positive, &f32s(&positive, f64::log2), Close::Within(log2)),
        Trial::new("log2_approx", &near_one, &f32s(&near_one, f64::log2), Close::Within(log2)),
        Trial::new("sqrt_approx", &positive, &f32s(&positive, f64::sqrt), Close::Within(relative(23))),
    ]
}

/// f32 values at, next to and halfway between those of a 16-bit type, and random bits.
fn to_be_rounded(widen: fn(u16) -> f32, infinity: u16) -> Vec<f32> {
    let mut values = Vec::new();
    for low in (0..infinity).step_by(5).chain([infinity - 1]) {
        let middle = (f64::from(widen(low)) + f64::from(widen(low + 1).min(f32::MAX))) / 2.0;
        let middle = middle as f32;
        values.extend([widen(low), middle, middle.next_up(), -middle.next_down()]);
    }
    let mut random = Random(3);
    values.extend((0..4096).map(|_| f32::from_bits(random.bits() as u32)));
    values.truncate(values.len() / (2 * LANES) * (2 * LANES));
    values
}

fn conversions(arch: u32) -> Vec<Trial> {
    let every: Vec<u16> = (0..=u16::MAX).collect();
    let from_f16: Vec<f32> = every.iter().map(|&x| f16::from_bits(x).to_f32()).collect();
    let from_bf16: Vec<u32> = every.iter().map(|&x| u32::from(x) << 16).collect();
    let rounded = |x: &[f32], round: fn(f32) -> u16| -> Vec<u16> {
        x.iter().map(|&x| if x.is_nan() { NAN_16 } else { round(x) }).collect()
    };
    let pairs = |x: &[f32]| x.chunks_exact(2).map(|x| [x[0], x[1]]).collect::<Vec<[f32; 2]>>();
    let packed = |x: &[u16]| -> Vec<u32> {
        x.chunks_exact(2).map(|x| u32::from(x[0]) | u32::from(x[1]) << 16).collect()
    };
    let values = to_be_rounded(|x| f16::from_bits(x).to_f32(), 0x7c00);
    let to_f16 = rounded(&values, |x| f16::from_f32(x).to_bits());
    let mut all = vec![
        Trial::new("f16_to_f32", &every, &from_f16, Close::Same),
        Trial::new("bf16_to_f32", &every, &from_bf16, Close::Bits),
        Trial::new("f32_to_f16", &values, &to_f16, Close::Bits),
        Trial::new("pack_f16", &pairs(&values), &packed(&to_f16), Close::Bits),
    ];
    if arch >= 80 {
        let values = to_be_rounded(|x| f32::from_bits(u32::from(x) << 16), 0x7f80);
        let to_bf16 = rounded(&values, |x| bf16::from_f32(x).to_bits());
        all.push(Trial::new("f32_to_bf16", &values, &to_bf16, Close::Bits));
        all.push(Trial::new("pack_bf16", &pairs(&values), &packed(&to_bf16), Close::Bits));
    }
    all
}

/// Four 8x8 matrices, with rows in the order given by the mask.
fn matrices() -> Vec<Trial> {
    let mut random = Random(4);
    let mut all = Vec::new();
    for mask in [0, 1, 8, 21, 31] {
        let rows: Vec<[u16; 8]> = (0..LANES).map(|_| std::array::from_fn(|_| random.bits() as u16)).collect();
        let at = |matrix: usize, row: usize, column: usize| rows[(8 * matrix + row) ^ mask][column];
        let pair = |low: u16, high: u16| u32::from(low) | u32::from(high) << 16;
        let lane = |l: usize| (l / 4, 2 * (l % 4));
        let straight = |l: usize| {
            let (g, t) = lane(l);
            std::array::from_fn::<u32, 4, _>(|m| pair(at(m, g, t), at(m, g, t + 1)))
        };
        let turned = |l: usize| {
            let (g, t) = lane(l);
            std::array::from_fn::<u32, 4, _>(|m| pair(at(m, t, g), at(m, t + 1, g)))
        };
        let each = |of: &dyn Fn(usize) -> [u32; 4]| (0..LANES).map(of).collect::<Vec<_>>();
        for (wrapper, wanted) in
            [("load_matrices", each(&straight)), ("load_matrices_transposed", each(&turned))]
        {
            all.push(Trial::new(wrapper, &rows, &wanted, Close::Bits).with_mask(mask as u32));
        }
    }
    all
}

fn copies() -> Vec<Trial> {
    let mut random = Random(5);
    let mut all = Vec::new();
    let rows: Vec<[u32; 8]> = (0..3 * LANES).map(|_| std::array::from_fn(|_| random.bits() as u32)).collect();
    fn arrived<const N: usize>(rows: &[[u32; N]], mask: u32) -> Vec<[u32; N]> {
        let valid = |i: usize| mask >> (i % LANES) & 1 == 1;
        (0..rows.len()).map(|i| i ^ 1).map(|i| if valid(i) { rows[i] } else { [0; N] }).collect()
    }
    let (fours, twos): (Vec<[u32; 4]>, Vec<[u32; 2]>) =
        rows.iter().map(|r| ([r[0], r[1], r[2], r[3]], [r[4], r[5]])).unzip();
    for mask in [u32::MAX, 0, 0x5a5a_1234] {
        let wanted = arrived(&fours, mask);
        all.push(Trial::new("copy_async_16", &fours, &wanted, Close::Bits).with_mask(mask));
        let wanted = arrived(&twos, mask);
        all.push(Trial::new("copy_async_8", &twos, &wanted, Close::Bits).with_mask(mask));
    }
    all.push(Trial::new("copy_wait", &rows, &rows, Close::Bits));
    all
}
