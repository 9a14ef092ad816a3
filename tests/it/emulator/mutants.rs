//! Planted bugs: each is compiled into a copy of the kernels and must be found, by the numbers or by what was seen.
//! The list of what found each is printed (`cargo test emulator::mutants -- --nocapture`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ironforge::attention::plan::Kernel;
use ironforge::attention::{AttentionBackend, Output, Reference};
use ironforge_emulator::{Failure, Kernels, require};

use super::backend::Emulated;
use crate::attention::strategies::{Batch, Bias, Dtype, Mask, Shape, Times};
use crate::attention::suite;

/// A change of one place of the kernels: file, what stands there, what shall stand there.
struct Mutant {
    name: String,
    file: &'static str,
    from: String,
    to: String,
    /// Which occurrence of `from`.
    nth: usize,
}

impl Mutant {
    /// The kernels, those that it touches first.
    fn kernels(&self) -> [Kernel; 3] {
        let [edge, flash, sparse] = Kernel::ALL;
        if self.file == "gather.cuh" { [edge, flash, sparse] } else { [flash, sparse, edge] }
    }
}

fn planted() -> Vec<Mutant> {
    let bugs: &[(&str, &str, &str, &str)] = &[
        (
            "swapped halves of the key fragments",
            "softmax.cuh",
            "q[n], b[0], b[1], s[2 * part]",
            "q[n], b[0], b[2], s[2 * part]",
        ),
        (
            "keys of the second fragment from the first",
            "softmax.cuh",
            "q[n], b[2], b[3], s",
            "q[n], b[0], b[1], s",
        ),
        (
            "missing transpose of the values",
            "softmax.cuh",
            "load_matrices_transposed(b, v",
            "load_matrices(b, v",
        ),
        (
            "query row off by one",
            "softmax.cuh",
            "queries.chunk(first + (lane & 15)",
            "queries.chunk((first + (lane & 15) + 1) % 64",
        ),
        ("lost rescale of the output", "softmax.cuh", "out[n][e] *= alpha[e >> 1]", "out[n][e] *= 1"),
        ("lost rescale of the sum", "softmax.cuh", "sum[i] *= alpha[i];", ""),
        (
            "rescale by the other row",
            "softmax.cuh",
            "out[n][e] *= alpha[e >> 1]",
            "out[n][e] *= alpha[e & 1]",
        ),
        ("maximum without the neighbouring lanes", "softmax.cuh", "x = fmaxf(x, shuffle_xor(x, 1));", ""),
        ("sum without the neighbouring lanes", "softmax.cuh", "x += shuffle_xor(x, 1);", ""),
        ("start as low as what is masked", "softmax.cuh", "START = -1e15f", "START = -1e30f"),
        ("mask too weak", "softmax.cuh", "MASKED = -1e30f", "MASKED = -1e2f"),
        (
            "low part of the probabilities dropped",
            "softmax.cuh",
            "if (EXACT) T::mma(out[2 * n], low",
            "if (false) T::mma(out[2 * n], low",
        ),
        ("shift of the exponent not undone", "output.cuh", "(log2_approx(sum) - shift)", "log2_approx(sum)"),
        (
            "writes row past the end of the graph",
            "output.cuh",
            "if (r >= item.graph_end - item.row_start) continue;",
            "",
        ),
        ("writes dimensions past the head", "output.cuh", "if (d < p.head_dim)", "if (d < D)"),
        ("output of the wrong head", "output.cuh", "p.heads + head;", "p.heads + (head ^ 1);"),
        (
            "mask row shifted",
            "mask.cuh",
            "tiles(p.tiles + threadIdx.x)",
            "tiles(p.tiles + (threadIdx.x + 4) % 128)",
        ),
        (
            "rows of the fragment's halves swapped",
            "mask.cuh",
            "(e >> 1) * 16 + 2 * j",
            "(1 - (e >> 1)) * 16 + 2 * j",
        ),
        (
            "columns off by one",
            "mask.cuh",
            "end <= tile ? 0 : end - tile >= BLOCK ? BLOCK : end - tile;",
            "end <= tile ? 0 : end - tile >= BLOCK ? BLOCK : end - tile - 1;",
        ),
        (
            "full tiles run past the graph",
            "mask.cuh",
            "columns_below(graph_len, entry.column * BLOCK, threadIdx.x & 3) * 0x10001u",
            "0xffffffffu",
        ),
        (
            "causal without the diagonal",
            "mask.cuh",
            "end = node + 1 - item.graph_start;",
            "end = node - item.graph_start;",
        ),
        (
            "a part that is seen passes for dead",
            "mask.cuh",
            "0x000f000fu << 4 * part",
            "0x0000000fu << 4 * part",
        ),
        (
            "reach of the first half of the rows alone",
            "mask.cuh",
            "(threadIdx.x & 31) + 32 * i, lo, hi",
            "(threadIdx.x & 31), lo, hi",
        ),
        (
            "wrong swizzle on the way in",
            "tile.cuh",
            "tiles[h].chunk(r, c % (D / 8))",
            "tiles[h].chunk(r ^ 1, c % (D / 8))",
        ),
        (
            "tail rows of the next graph",
            "tile.cuh",
            "r < end - first && head + h < heads",
            "r < end - first + 1 && head + h < heads",
        ),
        ("head stride without padding", "tile.cuh", "head * D + 8 * c", "head * D + 8 * c + 8"),
        (
            "times in the wrong row",
            "attention.cuh",
            "t_q[i] = p.t_ms[row + 8 * i]",
            "t_q[i] = p.t_ms[row + 4 * i]",
        ),
        (
            "bias column off by one",
            "attention.cuh",
            "t_k[8 * j + 2 * t + (e & 1)]",
            "t_k[8 * j + 2 * t + 1 - (e & 1)]",
        ),
        (
            "plain tile without a look at the mask",
            "attention.cuh",
            "tile.constant && !warp_any(word != 0xffffffffu)",
            "tile.constant",
        ),
        (
            "the tile before in place of this one",
            "attention.cuh",
            "shared.stage[n & 1]",
            "shared.stage[~n & 1]",
        ),
        ("the last tile left out", "attention.cuh", "n < keys.count; n++", "n + 1 < keys.count; n++"),
        (
            "step taken too late",
            "bias.cuh",
            "passed += bias.steps_ms[n] <= dt",
            "passed += bias.steps_ms[n] < dt",
        ),
        (
            "bias in the unit of logits",
            "bias.cuh",
            "-sqrt_approx(dt * bias.factor) * bias.inv_scale",
            "-sqrt_approx(dt * bias.factor)",
        ),
        (
            "the column block beside the next one",
            "attention.cuh",
            "keys.column(n + 1), head",
            "keys.column(n) + 1, head",
        ),
        (
            "gap from the wrong end",
            "bias.cuh",
            "between(k.first, q.last) : 0",
            "between(k.last, q.first) : 0",
        ),
        (
            "first step of a tile taken too late",
            "bias.cuh",
            "bias.steps_ms[n] <= dt) n++",
            "bias.steps_ms[n] < dt) n++",
        ),
        (
            "a tile with one step passes for constant",
            "bias.cuh",
            "tile.first == tile.last",
            "tile.first + 1 >= tile.last",
        ),
        ("the value of a plain tile dropped", "attention.cuh", "plain, tile.base)", "plain, 0.0f)"),
        ("narrow beyond 31 bits", "bias.cuh", "longest < (1ull << 31)", "longest < (1ull << 32)"),
        ("always narrow", "bias.cuh", "longest < (1ull << 31)", "true"),
        ("gathered sum without rescale", "gather.cuh", "sum = fmaf(sum, alpha, weight);", "sum += weight;"),
        (
            "gathered lanes not added up",
            "gather.cuh",
            "mask < LANES; mask *= 2",
            "mask < LANES / 2; mask *= 2",
        ),
        (
            "gathered value of the wrong key",
            "gather.cuh",
            "widen<T>(v, p.v + at)",
            "widen<T>(v, p.v + (size_t)node * p.heads * D)",
        ),
        ("every row of a short warp counted", "gather.cuh", "if (!more) continue;", ""),
    ];
    let mutants = bugs.iter().map(|&(name, file, from, to)| Mutant {
        name: name.to_owned(),
        file,
        from: from.to_owned(),
        to: to.to_owned(),
        nth: 0,
    });
    mutants.collect()
}

/// Each barrier, wait, commit and rescale of the sources, deleted.
fn deletions(kernels: &Path) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for file in FILES {
        let source = fs::read_to_string(kernels.join("include").join(file)).unwrap();
        for what in ["block_sync();", "copy_wait<1>();", "copy_commit();", "sum[i] *= alpha[i];"] {
            for nth in 0..source.matches(what).count() {
                let name = format!("{file}: {what} number {nth} deleted");
                mutants.push(Mutant { name, file, from: what.to_owned(), to: String::new(), nth });
            }
        }
    }
    mutants
}

/// The sources that are changed: all but the wrappers, of which the emulator has its own bodies.
const FILES: [&str; 7] =
    ["attention.cuh", "bias.cuh", "gather.cuh", "mask.cuh", "output.cuh", "softmax.cuh", "tile.cuh"];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels")
}

/// A copy of the kernels with one place changed.
fn plant(mutant: &Mutant, to: &Path) {
    fs::create_dir_all(to.join("include")).unwrap();
    for folder in ["", "include"] {
        for entry in fs::read_dir(sources().join(folder)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), to.join(folder).join(entry.file_name())).unwrap();
            }
        }
    }
    let path = to.join("include").join(mutant.file);
    let source = fs::read_to_string(&path).unwrap();
    let (at, _) = source
        .match_indices(&mutant.from)
        .nth(mutant.nth)
        .unwrap_or_else(|| panic!("{}: {} does not hold `{}`", mutant.name, mutant.file, mutant.from));
    fs::write(&path, format!("{}{}{}", &source[..at], mutant.to, &source[at + mutant.from.len()..])).unwrap();
}

/// Problems small enough to run often, that reach every turn of the story.
fn problems() -> Vec<(Batch, Output)> {
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
    // Rows without a key in tiles that others see, under scales that round either way.
    for seed in 10..14 {
        let logits = 5.0 + seed as f64;
        batches.push(Batch::new(&Shape {
            logits,
            lengths: vec![40],
            ..shape(Mask::Mixed, Bias::None, 16, seed)
        }));
    }
    // Rows whose first tile is all hidden, and a largest logit that keeps rising.
    let mut late = Batch::new(&shape(Mask::Nothing, Bias::None, 11, 7));
    for (i, row) in late.rows.iter_mut().enumerate().take(130) {
        *row = (100 + i as u32 % 20..130).collect();
    }
    batches.push(late);
    // Rows that reach forward, so that only the last of a block row reach the next tile.
    let mut ahead = Batch::new(&shape(Mask::Nothing, Bias::None, 11, 8));
    for (i, row) in ahead.rows.iter_mut().enumerate().take(130) {
        *row = (i as u32..130.min(i as u32 + 20)).collect();
    }
    batches.push(ahead);
    // Tiles that lie apart, with nothing in between.
    let mut apart = Batch::new(&Shape { lengths: vec![192], ..shape(Mask::Nothing, Bias::None, 11, 9) });
    apart.rows.iter_mut().take(64).for_each(|row| *row = (0..6).chain(130..141).collect());
    batches.push(apart);
    // Times as data have them: in order, all at once, at the ends of buckets, and too far apart for 32 bits.
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
            two.bias = ironforge::attention::TimeBias::Sqrt { scale_minutes: 5_000.0 };
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

/// What finds a mutant first: what was seen, or the numbers.
fn found_by(kernels: &Kernels, problems: &[(Batch, Output)], order: [Kernel; 3]) -> Option<String> {
    for kernel in order {
        let backend = Emulated::tolerant(kernels, 80, kernel);
        for (batch, want) in problems {
            let numbers = suite::each_form(batch, |form, keys| {
                batch.with_keys(keys, |problem| {
                    let got = backend.forward(problem).map_err(|e| e.to_string())?;
                    suite::compare(batch, &got, want).map_err(|e| format!("{kernel}, {form}: {e}"))
                })
            });
            if let Some(found) = backend.found.lock().unwrap().first() {
                return Some(format!("seen: {found}"));
            }
            if let Err(error) = numbers {
                return Some(format!("numbers: {error}"));
            }
        }
    }
    None
}

/// Compiles and runs every mutant, some at a time; gives what found each.
fn hunt(mutants: &[Mutant]) -> Vec<Option<String>> {
    // A bug whose place is gone is known before anything is compiled.
    for mutant in mutants {
        let source = fs::read_to_string(sources().join("include").join(mutant.file)).unwrap();
        let places = source.matches(&mutant.from).count();
        assert!(places > mutant.nth, "{}: {} does not hold `{}`", mutant.name, mutant.file, mutant.from);
    }
    let problems = problems();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(vec![None; mutants.len()]));
    let work = || {
        while let Some((n, mutant)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, mutants.get(n)?)))
        {
            let folder = tempfile::tempdir().unwrap();
            plant(mutant, folder.path());
            let by = match Kernels::compile(folder.path(), &folder.path().join("out"), &["FEW_ENTRIES"]) {
                Ok(kernels) => found_by(&kernels, &problems, mutant.kernels()),
                Err(Failure::Compile(messages)) => panic!("{}: {messages}", mutant.name),
                Err(failure) => panic!("{}: {failure}", mutant.name),
            };
            println!("{} <- {}", mutant.name, by.as_deref().unwrap_or("NOT FOUND"));
            found.lock().unwrap()[n] = by;
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    found.into_inner().unwrap()
}

#[test]
fn the_true_kernels_pass_where_the_mutants_must_fail() {
    let Some(kernels) = require(80) else { return };
    assert_eq!(found_by(kernels, &problems(), Kernel::ALL), None);
}

#[test]
fn every_planted_bug_is_found() {
    if require(80).is_none() {
        return;
    }
    let mutants = planted();
    assert!(mutants.len() >= 15);
    let found = hunt(&mutants);
    let missed: Vec<&str> =
        mutants.iter().zip(&found).filter(|(_, by)| by.is_none()).map(|(m, _)| m.name.as_str()).collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn nine_in_ten_deleted_barriers_waits_and_rescales_are_found() {
    if require(80).is_none() {
        return;
    }
    let mutants = deletions(&sources());
    assert!(mutants.len() >= 8, "{} places", mutants.len());
    let found = hunt(&mutants);
    let missed: Vec<&str> =
        mutants.iter().zip(&found).filter(|(_, by)| by.is_none()).map(|(m, _)| m.name.as_str()).collect();
    assert!(missed.len() * 10 <= mutants.len(), "not found: {missed:?}");
}
