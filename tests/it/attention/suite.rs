//! Properties of every backend. Each is written once, for any backend; it returns an error text rather than
//! panicking, so that tests can show that it finds a planted fault.

use std::fmt;
use std::sync::Arc;

use ironforge::attention::{
    Accuracy, AttentionBackend, AttentionError, BlockMask, EmptyRow, Keys, NonFinite, Output, Reference,
    TimeBias,
};
use ironforge::csr::CsrPattern;

use super::strategies::{Batch, Dtype, Random, Values};
use crate::close::Tolerance;

pub type Verdict = Result<(), String>;

/// Tolerance for logits of magnitude up to 16, and up to 256; above 256 it grows in proportion.
const CLOSE: f64 = 1e-5;
const FAR: f64 = 1e-4;

/// A property of every backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    MatchesReference,
    FormsAgree,
    PermutationEquivariant,
    ConstantMovesLseAlone,
    EmptyRows,
    NonFinitePropagates,
    /// Does not hold for a backend that chooses one kernel for the whole batch.
    AloneAsInABatch,
    AnyThreads,
    NothingStale,
    PlansFitTheirBatch,
}

impl Property {
    pub const ALL: [Self; 10] = [
        Self::MatchesReference,
        Self::FormsAgree,
        Self::PermutationEquivariant,
        Self::ConstantMovesLseAlone,
        Self::EmptyRows,
        Self::NonFinitePropagates,
        Self::AloneAsInABatch,
        Self::AnyThreads,
        Self::NothingStale,
        Self::PlansFitTheirBatch,
    ];

    /// Checks the property of a backend on one batch.
    pub fn check(self, backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
        let check = match self {
            Self::MatchesReference => agrees_with_reference,
            Self::FormsAgree => forms_agree,
            Self::PermutationEquivariant => permuting_changes_nothing,
            Self::ConstantMovesLseAlone => a_constant_changes_nothing,
            Self::EmptyRows => empty_rows_are_as_configured,
            Self::NonFinitePropagates => a_masked_nan_never_leaks,
            Self::AloneAsInABatch => a_batch_is_its_graphs,
            Self::AnyThreads => threads_change_nothing,
            Self::NothingStale => nothing_is_stale,
            Self::PlansFitTheirBatch => plans_fit_their_batch,
        };
        check(backend, batch)
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MatchesReference => "the output is within the tolerance of the reference",
            Self::FormsAgree => "the same edges in any form give the same output",
            Self::PermutationEquivariant => "permuting the nodes permutes the output",
            Self::ConstantMovesLseAlone => "a constant added to all logits changes the log-sum-exp only",
            Self::EmptyRows => "a row without keys is as configured",
            Self::NonFinitePropagates => "NaN propagates only to the rows that attend to it",
            Self::AloneAsInABatch => "a graph gives the same bits alone and in a batch",
            Self::AnyThreads => "any number of threads gives the same bits",
            Self::NothingStale => "nothing is left over from another run",
            Self::PlansFitTheirBatch => "a plan gives the same bits, and is refused for another batch",
        })
    }
}

/// Tolerance of outputs against the reference.
fn out_tolerance(batch: &Batch) -> Tolerance {
    let largest = batch.v.widened().iter().filter(|v| v.is_finite()).fold(1.0_f32, |a, v| a.max(v.abs()));
    Tolerance::abs(lse_tolerance(batch).abs * f64::from(largest))
}

/// Tolerance of the log-sum-exp, relative too: it is as large as the logits, and is rounded as they are.
fn lse_tolerance(batch: &Batch) -> Tolerance {
    let tolerance = if batch.logits <= 16.0 { CLOSE } else { FAR * (batch.logits / 256.0).max(1.0) };
    Tolerance { abs: tolerance, rel: tolerance }
}

/// Checks that two outputs agree within the tolerances of the batch.
pub fn compare(batch: &Batch, got: &Output, want: &Output) -> Verdict {
    let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>().into_iter();
    out_tolerance(batch).compare(wide(&got.out), wide(&want.out)).map_err(|e| format!("out: {e}"))?;
    lse_tolerance(batch).compare(wide(&got.lse), wide(&want.lse)).map_err(|e| format!("lse: {e}"))?;
    Ok(())
}

pub fn same_bits(got: &Output, want: &Output) -> Verdict {
    let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<u32>>();
    for (what, got, want) in [("out", &got.out, &want.out), ("lse", &got.lse, &want.lse)] {
        let (got, want) = (bits(got), bits(want));
        if got != want {
            let index = got.iter().zip(&want).position(|(a, b)| a != b);
            return Err(format!("{what}: bits differ at {index:?}, {} and {} values", got.len(), want.len()));
        }
    }
    Ok(())
}

fn run(backend: &dyn AttentionBackend, batch: &Batch) -> Result<Output, String> {
    batch.with_edges(|problem| backend.forward(problem)).map_err(|e| e.to_string())
}

fn agrees_with_reference(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    let got = run(backend, batch)?;
    if got.out.iter().chain(&got.lse).any(|x| x.is_nan()) {
        return Err("NaN out of finite input".to_owned());
    }
    compare(batch, &got, &run(&Reference, batch)?)
}

/// Runs `check` with the edges of the batch in every form that can represent them.
pub fn each_form(batch: &Batch, mut check: impl FnMut(&str, Keys<'_>) -> Verdict) -> Verdict {
    let (row_ptr, col_idx) = batch.csr();
    let pattern = CsrPattern::new(&row_ptr, &col_idx, batch.nodes()).unwrap();
    check("edges", Keys::Edges(pattern))?;
    check("mask", Keys::Mask(&BlockMask::new(&batch.offsets, pattern).unwrap()))?;
    let whole = |row: &Vec<u32>| row.windows(2).all(|w| w[1] == w[0] + 1);
    if batch.rows.iter().all(whole) {
        let lo: Vec<u32> = batch.rows.iter().map(|r| r.first().copied().unwrap_or(0)).collect();
        let hi: Vec<u32> = batch.rows.iter().map(|r| r.last().map_or(0, |j| j + 1)).collect();
        check("intervals", Keys::Intervals { lo: &lo, hi: &hi })?;
    }
    let each_row = |end: fn(usize, usize) -> usize| {
        batch.graphs().all(|g| g.clone().all(|i| batch.rows[i].len() == end(i, g.end) - g.start))
    };
    if each_row(|_, end| end) {
        check("all", Keys::All)?;
    }
    let past = batch.rows.iter().enumerate().all(|(i, row)| row.last().is_none_or(|&j| j as usize <= i));
    if past && each_row(|i, _| i + 1) {
        check("causal", Keys::Causal)?;
    }
    Ok(())
}

fn forms_agree(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    let want = run(backend, batch)?;
    each_form(batch, |form, keys| {
        let got = batch.with_keys(keys, |problem| backend.forward(problem)).map_err(|e| e.to_string())?;
        compare(batch, &got, &want).map_err(|e| format!("{form}: {e}"))
    })
}

fn permuting_changes_nothing(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    let mut random = Random(batch.nodes() as u64);
    let mut order: Vec<usize> = (0..batch.nodes()).collect();
    for graph in batch.graphs() {
        for i in (1..graph.len()).rev() {
            order.swap(graph.start + i, graph.start + random.below(i + 1));
        }
    }
    let got = run(backend, &batch.select(&order, batch.offsets.clone()))?;
    let straight = run(backend, batch)?;
    let rows = |x: &[f32], width: usize| -> Vec<f32> {
        order.iter().flat_map(|&i| x[i * width..(i + 1) * width].iter().copied()).collect()
    };
    let want =
        Output { out: rows(&straight.out, batch.heads * batch.dim), lse: rows(&straight.lse, batch.heads) };
    compare(batch, &got, &want)
}

fn a_constant_changes_nothing(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    /// A quarter of the smallest range of logits, and exact in f32.
    const SHIFT: f32 = 0.25;
    let buckets = match &batch.bias {
        TimeBias::Buckets(buckets) => buckets.clone(),
        _ => vec![],
    };
    let plain = Batch { bias: TimeBias::Buckets(buckets.clone()), ..batch.clone() };
    let all_times = (0.0, f32::MAX, SHIFT);
    let shifted = Batch { bias: TimeBias::Buckets([buckets, vec![all_times]].concat()), ..batch.clone() };
    let mut want = run(backend, &plain)?;
    want.lse.iter_mut().for_each(|x| *x += SHIFT);
    compare(batch, &run(backend, &shifted)?, &want)
}

fn empty_rows_are_as_configured(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    let got = run(backend, batch)?;
    let (v, width) = (batch.v.widened(), batch.heads * batch.dim);
    for graph in batch.graphs() {
        let mean =
            |at: usize| graph.clone().map(|j| f64::from(v[j * width + at])).sum::<f64>() / graph.len() as f64;
        for i in graph.clone().filter(|&i| batch.rows[i].is_empty()) {
            if got.lse[i * batch.heads..][..batch.heads].iter().any(|&x| x != f32::NEG_INFINITY) {
                return Err(format!("row {i} is empty, but its log-sum-exp is not -inf"));
            }
            for at in 0..width {
                let x = f64::from(got.out[i * width + at]);
                let right = match batch.empty_row {
                    EmptyRow::Zero => x == 0.0,
                    EmptyRow::Uniform => out_tolerance(batch).holds(x, mean(at)),
                };
                if !right {
                    return Err(format!(
                        "row {i} is empty, but holds {x}, configured as {:?}",
                        batch.empty_row
                    ));
                }
            }
        }
    }
    Ok(())
}

fn a_masked_nan_never_leaks(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    if batch.nodes() == 0 {
        return Ok(());
    }
    let clean = run(backend, batch)?;
    let mut random = Random(batch.nodes() as u64 ^ 7);
    let width = batch.heads * batch.dim;
    let poison = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][random.below(3)];
    let (node, at) = (random.below(batch.nodes()), random.below(width));
    let mut poisoned = Batch { non_finite: NonFinite::Propagate, ..batch.clone() };
    let which = random.below(3);
    let tensor = [&mut poisoned.q, &mut poisoned.k, &mut poisoned.v].into_iter().nth(which).unwrap();
    let mut values = tensor.widened();
    values[node * width + at] = poison;
    *tensor = Values::store(batch.dtype, &values);

    let got = run(backend, &poisoned)?;
    let graph = batch.graphs().find(|g| g.contains(&node)).unwrap();
    let mut want = clean;
    for i in graph {
        let (h, lse) = (at / batch.dim, i * batch.heads + at / batch.dim);
        let averaged = batch.rows[i].is_empty() && batch.empty_row == EmptyRow::Uniform;
        let head = (i * batch.heads + h) * batch.dim..(i * batch.heads + h + 1) * batch.dim;
        let attends = batch.rows[i].contains(&(node as u32));
        match which {
            0 if i == node && !batch.rows[i].is_empty() => {
                want.out[head].fill(f32::NAN);
                want.lse[lse] = f32::NAN;
            }
            1 if attends => {
                want.out[head].fill(f32::NAN);
                want.lse[lse] = f32::NAN;
            }
            2 if attends || averaged => want.out[i * width + at] = f32::NAN,
            _ => {}
        }
    }
    compare(batch, &got, &want).map_err(|e| format!("{poison} at node {node}, tensor {which}: {e}"))
}

fn a_batch_is_its_graphs(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    same_bits(&run(backend, batch)?, &its_graphs(backend, batch)?)
}

/// The weaker property of a backend that chooses a kernel for the whole batch: another kernel sums in another order.
pub fn a_batch_is_close_to_its_graphs(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    compare(batch, &run(backend, batch)?, &its_graphs(backend, batch)?)
}

fn its_graphs(backend: &dyn AttentionBackend, batch: &Batch) -> Result<Output, String> {
    let mut want = Output { out: vec![], lse: vec![] };
    for graph in batch.graphs() {
        let alone = batch.select(&graph.clone().collect::<Vec<usize>>(), vec![0, graph.len()]);
        let output = run(backend, &alone)?;
        want.out.extend(output.out);
        want.lse.extend(output.lse);
    }
    Ok(want)
}

fn threads_change_nothing(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(backend, batch))
    };
    same_bits(&with(1)?, &with(2)?)
}

fn nothing_is_stale(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    let first = run(backend, batch)?;
    let mut other = batch.clone();
    other.v = Values::store(batch.dtype, &vec![1.5; batch.v.tensor().len()]);
    compare(batch, &run(backend, &other)?, &run(&Reference, &other)?)?;
    same_bits(&run(backend, batch)?, &first)
}

fn plans_fit_their_batch(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    let plan = batch.with_edges(|problem| backend.plan(problem)).map_err(|e| e.to_string())?;
    let Some(plan) = plan.map(Arc::new) else { return Ok(()) };
    let planned = batch.with_edges(|problem| backend.forward_planned(problem, &plan));
    same_bits(&planned.map_err(|e| e.to_string())?, &run(backend, batch)?)?;

    let refused = |of: &str, batch: &Batch| match batch.with_edges(|p| backend.forward_planned(p, &plan)) {
        Err(AttentionError::PlanMismatch { what }) if what == of => Ok(()),
        other => Err(format!("a plan of other {of}: {:?}", other.map(|_| "ran"))),
    };
    let mut offsets = batch.offsets.clone();
    offsets.push(batch.nodes());
    refused("offsets", &Batch { offsets, ..batch.clone() })?;
    refused("bias", &Batch { bias: TimeBias::Sqrt { scale_minutes: 7.5 }, ..batch.clone() })?;
    let mut other = batch.clone();
    if let (Some(t), false) = (other.t_ms.first_mut(), batch.bias == TimeBias::None) {
        *t += 1;
        refused("t_ms", &other)?;
    }
    let mut other = batch.clone();
    if let Some(row) = other.rows.iter_mut().find(|row| !row.is_empty()) {
        row.pop();
        refused("keys", &other)?;
    }
    Ok(())
}

/// Checks the documented bound of `Accuracy::Fast`.
pub fn fast_keeps_its_bound(backend: &dyn AttentionBackend, batch: &Batch) -> Verdict {
    let unit = match batch.dtype {
        Dtype::F32 => return Ok(()),
        Dtype::F16 => 2.0_f64.powi(-11),
        Dtype::Bf16 => 2.0_f64.powi(-8),
    };
    let want = run(&Reference, batch)?;
    let largest = batch.v.widened().iter().fold(0.0_f32, |a, v| a.max(v.abs()));
    let keys = batch.rows.iter().map(Vec::len).max().unwrap_or(0);
    let below_normal = if batch.dtype == Dtype::F16 { keys as f64 * 2.0_f64.powi(-25) } else { 0.0 };
    let bound = out_tolerance(batch).abs + (unit + below_normal) * f64::from(largest);
    let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>().into_iter();
    let fast = Batch { accuracy: Accuracy::Fast, ..batch.clone() };
    each_form(&fast, |form, keys| {
        let got = fast.with_keys(keys, |problem| backend.forward(problem)).map_err(|e| e.to_string())?;
        let out = Tolerance::abs(bound).compare(wide(&got.out), wide(&want.out));
        out.and_then(|_| lse_tolerance(batch).compare(wide(&got.lse), wide(&want.lse)))
            .map_err(|e| format!("{form}: {e}"))?;
        Ok(())
    })
}
