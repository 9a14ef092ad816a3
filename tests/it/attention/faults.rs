//! Tests of the property suite: a backend with a planted fault fails it.

use ironforge::attention::{
    Attention, AttentionBackend, AttentionError, Cpu, EmptyRow, Inputs, Keys, Output, TimeBias,
};
use ironforge::csr::CsrPattern;

use super::dense;
use super::strategies::{Batch, Mask, Shape};
use super::suite::Property;

/// A backend with a planted fault.
struct Faulty(fn(&Attention<'_>) -> Output);

impl AttentionBackend for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        Ok((self.0)(problem))
    }
}

fn right(problem: &Attention<'_>) -> Output {
    Cpu.forward(problem).unwrap()
}

fn changed<'a>(problem: &Attention<'a>, change: impl FnOnce(&mut Inputs<'a>)) -> Output {
    let mut inputs = problem.inputs().clone();
    change(&mut inputs);
    right(&Attention::new(inputs).unwrap())
}

fn one_value_off(problem: &Attention<'_>) -> Output {
    let mut output = right(problem);
    output.out[17] += 1e-4;
    output
}

fn one_log_sum_exp_off(problem: &Attention<'_>) -> Output {
    let mut output = right(problem);
    output.lse[9] += 1e-4;
    output
}

fn one_key_dropped(problem: &Attention<'_>) -> Output {
    let Keys::Edges(pattern) = problem.inputs().keys else { return right(problem) };
    let (row_ptr, col_idx) = (pattern.row_ptr().to_vec(), pattern.col_idx().to_vec());
    let at = row_ptr[2] as usize;
    let shorter: Vec<u32> = row_ptr.iter().map(|&p| if p as usize > at { p - 1 } else { p }).collect();
    let columns = [&col_idx[..at], &col_idx[at + 1..]].concat();
    let pattern = CsrPattern::new(&shorter, &columns, problem.nodes()).unwrap();
    let mut inputs = problem.inputs().clone();
    inputs.keys = Keys::Edges(pattern);
    right(&Attention::new(inputs).unwrap())
}

fn bias_of_other_times(problem: &Attention<'_>) -> Output {
    let times: Vec<i64> =
        problem.inputs().t_ms.unwrap().iter().enumerate().map(|(i, t)| t + 600 * i as i64).collect();
    let mut inputs = problem.inputs().clone();
    inputs.t_ms = Some(&times);
    right(&Attention::new(inputs).unwrap())
}

fn scale_of_the_padded_head(problem: &Attention<'_>) -> Output {
    let scale = problem.scale() * (11.0_f32 / 16.0).sqrt();
    changed(problem, |inputs| inputs.scale = Some(scale))
}

fn no_bias(problem: &Attention<'_>) -> Output {
    changed(problem, |inputs| inputs.bias = TimeBias::None)
}

#[test]
fn a_planted_fault_is_found() {
    type Fault = (&'static str, fn(&Attention<'_>) -> Output);
    let faults: [Fault; 6] = [
        ("one value", one_value_off),
        ("one log-sum-exp", one_log_sum_exp_off),
        ("one key", one_key_dropped),
        ("other times", bias_of_other_times),
        ("padded scale", scale_of_the_padded_head),
        ("no bias", no_bias),
    ];
    let batch = Batch::new(&dense());
    Property::MatchesReference.check(&Faulty(right), &batch).unwrap();
    for (name, fault) in faults {
        let verdict = Property::MatchesReference.check(&Faulty(fault), &batch);
        assert!(verdict.is_err(), "{name} is not found");
    }
}

#[test]
fn stale_outputs_wrong_empty_rows_other_graphs_and_leaking_nan_are_found() {
    // The output of an earlier run.
    static LEFT_OVER: std::sync::OnceLock<Output> = std::sync::OnceLock::new();
    let stale = Faulty(|p| LEFT_OVER.get_or_init(|| right(p)).clone());
    let batch = Batch::new(&dense());
    assert!(Property::NothingStale.check(&stale, &batch).is_err());
    // Zeros for rows without keys where the mean is configured.
    let zeros = Faulty(|p| changed(p, |inputs| inputs.empty_row = EmptyRow::Zero));
    let empty = Batch::new(&Shape { mask: Mask::Nothing, uniform: true, ..dense() });
    assert!(Property::EmptyRows.check(&zeros, &empty).is_err());
    // A row that depends on another graph of the batch.
    let neighbour = Faulty(|p| {
        let mut output = right(p);
        let last = output.out.len() - 1;
        output.out[0] += output.out[last] * 1e-7;
        output
    });
    assert!(Property::AloneAsInABatch.check(&neighbour, &batch).is_err());
    // NaN that reaches every row of its graph.
    let leaky = Faulty(|p| {
        let mut output = right(p);
        let nan = output.out.iter().any(|x| x.is_nan());
        output.lse.iter_mut().filter(|_| nan).for_each(|x| *x = f32::NAN);
        output
    });
    let few = Batch::new(&Shape { mask: Mask::Band(2), ..dense() });
    assert!(Property::NonFinitePropagates.check(&leaky, &few).is_err());
}
