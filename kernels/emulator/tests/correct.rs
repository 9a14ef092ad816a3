//! Correct kernels give no finding and correct results, in any order of the threads.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::OnceLock;

use common::{compiled, params};
use half::{bf16, f16};
use ironforge_emulator::{Kernels, Launch, Memory, Order, Report};

const ORDERS: [Order; 3] = [Order::Forward, Order::Reverse, Order::Random(11)];
const SIZE: usize = 64;

fn sm_80() -> Option<&'static Kernels> {
    static COMPILED: OnceLock<Option<Kernels>> = OnceLock::new();
    COMPILED.get_or_init(|| compiled("correct.cu", "correct_80", &["EMULATED_ARCH=80"])).as_ref()
}

fn sm_75() -> Option<&'static Kernels> {
    static COMPILED: OnceLock<Option<Kernels>> = OnceLock::new();
    COMPILED.get_or_init(|| compiled("correct.cu", "correct_75", &["EMULATED_ARCH=75"])).as_ref()
}

/// Small integers, whose products and sums are exact in every type.
fn integers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7 + i / 5 * 3 + seed) % 15) as f32 - 7.0).collect()
}

fn bytes(values: &[f32], narrow: fn(f32) -> u16) -> Vec<u8> {
    values.iter().flat_map(|&x| narrow(x).to_le_bytes()).collect()
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    words(bytes).into_iter().map(f32::from_bits).collect()
}

/// Compares a product on the emulator with plain arithmetic; `depth` is a multiple of 64.
#[track_caller]
fn product_is_right(kernels: &Kernels, entry: &str, narrow: fn(f32) -> u16, depth: usize, b_by_rows: bool) {
    let (a, b) = (integers(SIZE * depth, 3), integers(depth * SIZE, 8));
    let b_at = |k: usize, column: usize| if b_by_rows { b[k * SIZE + column] } else { b[column * depth + k] };
    let wanted: Vec<f32> = (0..SIZE * SIZE)
        .map(|at| (0..depth).map(|k| a[at / SIZE * depth + k] * b_at(k, at % SIZE)).sum())
        .collect();
    for order in ORDERS {
        let mut memory = Memory::new();
        let a = memory.input("a", &bytes(&a, narrow));
        let b = memory.input("b", &bytes(&b, narrow));
        let c = memory.output("c", SIZE * SIZE * 4);
        let flags = (depth as u64) << 32 | u64::from(b_by_rows);
        let params = params(&[a.address(), b.address(), c.address(), flags]);
        let launch = Launch { entry, grid: 1, block: 128, shared_bytes: 32 << 10, params: &params, order };
        let stats = kernels.launch(&launch, &mut memory).clean();
        assert_eq!(floats(memory.bytes(c)), wanted, "{order:?}");
        assert_eq!(stats.bank_conflicts, 0);
    }
}

fn to_f16(x: f32) -> u16 {
    f16::from_f32(x).to_bits()
}

fn to_bf16(x: f32) -> u16 {
    bf16::from_f32(x).to_bits()
}

#[test]
fn f16_tile_products_equal_plain_arithmetic() {
    let Some(kernels) = sm_80() else { return };
    product_is_right(kernels, "product_f16", to_f16, 64, false);
    product_is_right(kernels, "product_f16", to_f16, 192, false);
}

#[test]
fn bf16_tile_products_equal_plain_arithmetic() {
    let Some(kernels) = sm_80() else { return };
    product_is_right(kernels, "product_bf16", to_bf16, 128, false);
}

#[test]
fn transposed_matrices_are_read_by_columns() {
    let Some(kernels) = sm_80() else { return };
    product_is_right(kernels, "product_f16", to_f16, 128, true);
    product_is_right(kernels, "product_bf16", to_bf16, 64, true);
}

#[test]
fn turing_multiplies_at_half_depth_and_copies_synchronously() {
    let Some(kernels) = sm_75() else { return };
    assert!(!kernels.has("product_bf16"));
    product_is_right(kernels, "product_f16", to_f16, 128, false);
    product_is_right(kernels, "product_f16", to_f16, 128, true);
}

/// Runs the entry `numbers` on these values: eight words of results for each, and the first 65,536 numbers as widened f16.
fn numbers(kernels: &Kernels, values: &[f32]) -> Vec<u32> {
    let mut padded = values.to_vec();
    padded.resize(values.len().next_multiple_of(256), 0.0);
    let mut memory = Memory::new();
    let bytes: Vec<u8> = padded.iter().flat_map(|x| x.to_le_bytes()).collect();
    let in_ = memory.input("in", &bytes);
    let out = memory.in_out("out", &vec![0; padded.len() * 32]);
    let params = params(&[in_.address(), out.address()]);
    let grid = (padded.len() / 256) as u32;
    let launch = Launch {
        entry: "numbers",
        grid,
        block: 256,
        shared_bytes: 0,
        params: &params,
        order: Order::Forward,
    };
    kernels.launch(&launch, &mut memory).clean();
    let mut words = words(memory.bytes(out));
    words.truncate(values.len() * 8);
    words
}

/// Every 16-bit value, the midpoints between neighbours, and values slightly below and above these.
fn roundings(widen: fn(u16) -> f32) -> Vec<f32> {
    let mut values = Vec::new();
    for bits in (0..=u16::MAX).step_by(3).chain(0x7b00..0x7c01).chain(0..1100) {
        let (x, next) = (f64::from(widen(bits)), f64::from(widen(bits.wrapping_add(1))));
        let middle = ((x + next) / 2.0) as f32;
        let near = |by: i32| f32::from_bits(middle.to_bits().wrapping_add_signed(by));
        values.extend([x as f32, near(-1), middle, near(1)]);
    }
    values.extend([
        65519.99,
        65520.0,
        65536.0,
        1e30,
        f32::MAX,
        f32::INFINITY,
        f32::MIN_POSITIVE,
        1e-45,
        -0.0,
    ]);
    values
}

fn same_or_nan(got: u16, wanted: u16, is_nan: bool) -> bool {
    if is_nan { got == 0x7fff } else { got == wanted }
}

#[test]
fn rounding_to_16_bits_is_to_nearest_even() {
    let Some(kernels) = sm_80() else { return };
    let mut values = roundings(|bits| f16::from_bits(bits).to_f32());
    values.extend(roundings(|bits| bf16::from_bits(bits).to_f32()));
    for (&x, got) in values.iter().zip(numbers(kernels, &values).chunks(8)) {
        let half = |x: f32| f16::from_f32(x).to_bits();
        let brain = |x: f32| bf16::from_f32(x).to_bits();
        let nan = x.is_nan();
        assert!(same_or_nan(got[0] as u16, half(x), nan), "{x:e}");
        assert!(same_or_nan(got[2] as u16, half(x), nan), "low {x:e}");
        assert!(same_or_nan((got[2] >> 16) as u16, half(-x), nan), "high {x:e}");
        assert!(same_or_nan(got[3] as u16, brain(x), nan), "{x:e}");
        assert!(same_or_nan(got[4] as u16, brain(-x), nan), "low {x:e}");
        assert!(same_or_nan((got[4] >> 16) as u16, brain(x), nan), "high {x:e}");
    }
}

#[test]
fn every_f16_is_widened_exactly() {
    let Some(kernels) = sm_75() else { return };
    let values = vec![0.0; 1 << 16];
    for (bits, got) in (0..=u16::MAX).zip(numbers(kernels, &values).chunks(8)) {
        let (got, wanted) = (f32::from_bits(got[1]), f16::from_bits(bits).to_f32());
        assert!(got.to_bits() == wanted.to_bits() || (got.is_nan() && wanted.is_nan()), "{bits:#x}");
    }
}

#[test]
fn approximations_flush_subnormal_values() {
    let Some(kernels) = sm_80() else { return };
    let values = [0.5, 4.0, -126.0, -126.5, 1e-40, -1.0, f32::INFINITY, f32::NEG_INFINITY, 0.0];
    let got = numbers(kernels, &values);
    let of = |value: usize, function: usize| f32::from_bits(got[8 * value + function]);
    let exp2: Vec<f32> = (0..values.len()).map(|i| of(i, 5)).collect();
    assert_eq!(exp2, [2f32.sqrt(), 16.0, f32::MIN_POSITIVE, 0.0, 1.0, 0.5, f32::INFINITY, 0.0, 1.0]);
    assert_eq!((of(1, 6), of(4, 6), of(8, 6)), (2.0, f32::NEG_INFINITY, f32::NEG_INFINITY));
    assert!(of(5, 6).is_nan() && of(5, 7).is_nan());
    assert_eq!((of(1, 7), of(4, 7), of(6, 7)), (2.0, 0.0, f32::INFINITY));
}

#[test]
fn structs_lanes_and_copies_of_nothing() {
    for kernels in [sm_80(), sm_75()].into_iter().flatten() {
        for order in ORDERS {
            let values: Vec<f32> = (0..128).map(|i| i as f32).collect();
            let mut memory = Memory::new();
            let in_ = memory.input("in", &values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
            let out = memory.output("out", 512);
            let params = params(&[in_.address(), out.address()]);
            let launch =
                Launch { entry: "copies", grid: 1, block: 32, shared_bytes: 1024, params: &params, order };
            kernels.launch(&launch, &mut memory).clean();
            let wanted =
                |at: usize| values[at ^ 4] + if (at / 4).is_multiple_of(2) { values[at] } else { 0.0 };
            assert_eq!(floats(memory.bytes(out)), (0..128).map(wanted).collect::<Vec<f32>>(), "{order:?}");
        }
    }
}

fn read_rows(kernels: &Kernels, chunks: u64) -> Report {
    let params = (chunks as u32).to_le_bytes();
    let launch = Launch {
        entry: "matrix_rows",
        grid: 1,
        block: 32,
        shared_bytes: 4096,
        params: &params,
        order: Order::Forward,
    };
    kernels.launch(&launch, &mut Memory::new())
}

#[test]
fn rows_on_the_same_banks_take_a_pass_each() {
    let Some(kernels) = sm_80() else { return };
    for (chunks, passes) in [(1, 1), (9, 1), (2, 2), (4, 4), (8, 8), (0, 1)] {
        let stats = read_rows(kernels, chunks).clean();
        assert_eq!(
            (stats.matrix_reads, stats.bank_conflicts),
            (4, 4 * (passes - 1)),
            "{chunks} chunks a row"
        );
    }
}

#[test]
fn entries_are_listed_by_name() {
    let (Some(sm_80), Some(sm_75)) = (sm_80(), sm_75()) else { return };
    let names: Vec<&str> = sm_80.entries().collect();
    assert_eq!(names, ["copies", "matrix_rows", "numbers", "product_bf16", "product_f16"]);
    assert_eq!(sm_75.entries().count(), 4);
}

#[test]
fn a_sparse_buffer_reaches_past_two_gigabytes() {
    let Some(kernels) = sm_80() else { return };
    let mut memory = Memory::new();
    let far = 5 << 30;
    let (Some(in_), Some(out)) = (
        memory.reserve("in", far + 512, ironforge_emulator::Access::ReadOnly),
        memory.reserve("out", far + 512, ironforge_emulator::Access::WritableUninitialised),
    ) else {
        eprintln!("SKIP: the system lends no {far} bytes");
        return;
    };
    memory.bytes_mut(in_)[far..][..4].copy_from_slice(&7f32.to_le_bytes());
    let params = params(&[in_.address() + far as u64, out.address() + far as u64]);
    let order = Order::Forward;
    let launch = Launch { entry: "copies", grid: 1, block: 32, shared_bytes: 1024, params: &params, order };
    kernels.launch(&launch, &mut memory).clean();
    assert_eq!(floats(&memory.bytes(out)[far..far + 20]), [7.0, 0.0, 0.0, 0.0, 7.0]);
}

#[test]
fn launches_can_run_concurrently() {
    let Some(kernels) = sm_80() else { return };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..20).for_each(|_| product_is_right(kernels, "product_f16", to_f16, 64, true)));
        }
    });
}
