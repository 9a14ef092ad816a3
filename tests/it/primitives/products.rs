//! Matrix products on the tensor cores: the fragments of the lanes, and the results.

use bytemuck::{Pod, Zeroable};
use half::{bf16, f16};

use super::trials::{Close, Trial};
use crate::attention::strategies::Random;

/// Number of products per trial.
const PRODUCTS: usize = 24;

/// Allowed error, relative to the sum of the magnitudes: the order of summation is undocumented, and the hardware may
/// truncate addends when it aligns them.
const ERROR: f64 = 1.0 / (1 << 19) as f64;

#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Factors {
    a: [u32; 4],
    b: [u32; 2],
    c: [f32; 4],
}

#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct HalfFactors {
    a: [u32; 2],
    b: u32,
    c: [f32; 4],
}

/// A 16-bit type.
#[derive(Clone, Copy)]
struct Type {
    round: fn(f32) -> u16,
    widen: fn(u16) -> f32,
}

const F16: Type = Type { round: |x| f16::from_f32(x).to_bits(), widen: |x| f16::from_bits(x).to_f32() };
const BF16: Type = Type { round: |x| bf16::from_f32(x).to_bits(), widen: |x| bf16::from_bits(x).to_f32() };

/// `a` is 16 x depth, `b` depth x 8, `c` 16 x 8.
struct Product {
    a: Vec<Vec<u16>>,
    b: Vec<Vec<u16>>,
    c: Vec<Vec<f32>>,
}

impl Product {
    /// If `exact`, small integers, whose sum is exact in any order; else any values, with addends that include -1e30,
    /// the logit of a masked pair.
    fn draw(random: &mut Random, depth: usize, exact: bool, round: fn(f32) -> u16) -> Self {
        let mut value = || if exact { random.below(15) as f32 - 7.0 } else { 4.0 * random.value() };
        let mut matrix = |rows: usize, columns: usize| -> Vec<Vec<f32>> {
            (0..rows).map(|_| (0..columns).map(|_| value()).collect()).collect()
        };
        let (a, b, mut c) = (matrix(16, depth), matrix(depth, 8), matrix(16, 8));
        if !exact {
            c.iter_mut().for_each(|row| row[3] = -1e30);
            c[5].fill(0.0);
            c[6].fill(1e6);
        }
        let rounded = |x: Vec<Vec<f32>>| x.into_iter().map(|r| r.into_iter().map(round).collect()).collect();
        Self { a: rounded(a), b: rounded(b), c }
    }

    /// Result, and sum of the magnitudes.
    fn at(&self, row: usize, column: usize, widen: fn(u16) -> f32) -> (f64, f64) {
        let products =
            self.a[row].iter().zip(&self.b).map(|(&a, b)| f64::from(widen(a)) * f64::from(widen(b[column])));
        let c = f64::from(self.c[row][column]);
        products.fold((c, c.abs()), |(sum, size), p| (sum + p, size + p.abs()))
    }
}

/// Rows and columns of the four results of a lane.
fn positions(lane: usize) -> [(usize, usize); 4] {
    let (g, t) = (lane / 4, lane % 4);
    [(g, 2 * t), (g, 2 * t + 1), (g + 8, 2 * t), (g + 8, 2 * t + 1)]
}

fn pair(low: u16, high: u16) -> u32 {
    u32::from(low) | u32::from(high) << 16
}

/// Two neighbouring columns of `a`, and two rows of `b`: part `i` begins at 8 i.
fn fragments(product: &Product, lane: usize, i: usize) -> ([u32; 2], u32) {
    let (g, k) = (lane / 4, 8 * i + 2 * (lane % 4));
    let of = |row: usize| pair(product.a[row][k], product.a[row][k + 1]);
    ([of(g), of(g + 8)], pair(product.b[k][g], product.b[k + 1][g]))
}

fn trial<F: Pod>(
    wrapper: &'static str,
    depth: usize,
    of: Type,
    exact: bool,
    lane: fn(&Product, usize) -> F,
) -> Trial {
    let mut random = Random(6 + u64::from(exact));
    let products: Vec<Product> =
        (0..PRODUCTS).map(|_| Product::draw(&mut random, depth, exact, of.round)).collect();
    let lanes: Vec<(&Product, usize)> = products.iter().flat_map(|p| (0..32).map(move |l| (p, l))).collect();
    let input: Vec<F> = lanes.iter().map(|&(p, l)| lane(p, l)).collect();
    let results: Vec<[(f64, f64); 4]> =
        lanes.iter().map(|&(p, l)| positions(l).map(|(row, column)| p.at(row, column, of.widen))).collect();
    let wanted: Vec<[f32; 4]> = results.iter().map(|r| r.map(|(sum, _)| sum as f32)).collect();
    let bounds = results.iter().flatten().map(|(_, size)| size * ERROR).collect();
    Trial::new(wrapper, &input, &wanted, if exact { Close::Bits } else { Close::Sums(bounds) })
}

/// Products of sm_80.
pub fn whole() -> Vec<Trial> {
    let lane = |p: &Product, l: usize| {
        let ([(a, b), (a8, b8)], c) =
            ([0, 1].map(|i| fragments(p, l, i)), positions(l).map(|(r, n)| p.c[r][n]));
        Factors { a: [a[0], a[1], a8[0], a8[1]], b: [b, b8], c }
    };
    let types = [("mma_f16", F16), ("mma_bf16", BF16)];
    types.into_iter().flat_map(|(w, of)| [true, false].map(|exact| trial(w, 16, of, exact, lane))).collect()
}

/// Products of sm_75.
pub fn half_depth() -> Vec<Trial> {
    let lane = |p: &Product, l: usize| {
        let (a, b) = fragments(p, l, 0);
        HalfFactors { a, b, c: positions(l).map(|(r, n)| p.c[r][n]) }
    };
    [true, false].map(|exact| trial("mma_f16_k8", 8, F16, exact, lane)).into()
}
