//! Error rates on noise: the table of all rows, and its bounds.

use std::time::Instant;

use ironforge::motif::{MiningResult, Verdict};
use rayon::prelude::*;

use super::adapter::mined;
use super::noise::{NOISE, NoiseRow};
use super::plan::Plan;
use super::rates::{Share, bound, mean};

/// Family-wise level of the stratified null, and of promotion by any means.
const LEVEL: f64 = 0.05;

/// What was found in one log of noise.
#[derive(Debug, Clone, Copy)]
struct Findings {
    /// Some pattern has a `p_fwer` of at most [`LEVEL`].
    any_significant: bool,
    any_promoted: bool,
    any_parked: bool,
    patterns: usize,
}

impl Findings {
    fn of(result: &MiningResult) -> Self {
        let any_verdict = |verdict| result.rows.iter().any(|row| row.verdict == verdict);
        Self {
            any_significant: result.rows.iter().any(|row| row.significance.unwrap().p_fwer <= LEVEL),
            any_promoted: any_verdict(Verdict::Promote),
            any_parked: any_verdict(Verdict::Park),
            patterns: result.rows.len(),
        }
    }
}

/// Prints the table of the rows in the plan. Returns the failures: error rates above the level on rows that meet the
/// assumption of the null, and rates of promotion above it on any row.
fn print_error_rates(rows: &[NoiseRow], plan: &Plan) -> Vec<String> {
    let chosen: Vec<&NoiseRow> = rows.iter().filter(|row| plan.includes(row.name)).collect();
    println!("\n{}; bound {:.3}\n", plan.describe(), bound(LEVEL, plan.logs.len() as u32));
    println!("| noise | exchangeable | logs | any p_fwer <= .05 | any promote | any park | patterns | s |");
    println!("|---|---|---|---|---|---|---|---|");
    chosen.into_iter().flat_map(|row| print_row(row, plan)).collect()
}

/// Prints a row of the table, and returns its failures.
fn print_row(row: &NoiseRow, plan: &Plan) -> Vec<String> {
    let start = Instant::now();
    let of_log = |number: u32| Findings::of(&mined(&row.log(number), number.into(), &plan.config()));
    let logs: Vec<Findings> = plan.logs.clone().into_par_iter().map(of_log).collect();
    let seconds = start.elapsed().as_secs_f64();
    let significant = Share::of(&logs, |log| log.any_significant);
    let promoted = Share::of(&logs, |log| log.any_promoted);
    let parked = Share::of(&logs, |log| log.any_parked);
    let patterns = mean(logs.iter().map(|log| log.patterns as f64));
    let (name, exchangeable) = (row.name, if row.exchangeable { "yes" } else { "no" });
    println!(
        "| {name} | {exchangeable} | {} | {significant} | {promoted} | {parked} | {patterns:.0} | {seconds:.1} |",
        logs.len()
    );
    let failed = |failed: bool, what, share| failed.then(|| format!("{name}: {what} in {share} of the logs"));
    [
        failed(row.exchangeable && significant.exceeds(LEVEL), "p_fwer <= .05", significant),
        failed(promoted.exceeds(LEVEL), "promoted", promoted),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
#[ignore = "minutes; cargo xtask calibration"]
fn calibration_of_error_rates_on_noise() {
    let failures = print_error_rates(NOISE, &Plan::new(400, 199, 4).with_environment());
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn error_rates_on_some_rows_of_noise_are_within_bounds() {
    // one row of each kind: exchangeable, dependent, with keys, on other clocks
    let names = ["independent", "bursts", "sticky .5", "wave of 2 h", "shared key", "independent, 30 s"];
    let rows: Vec<NoiseRow> = NOISE.iter().filter(|row| names.contains(&row.name)).copied().collect();
    assert_eq!(rows.len(), names.len());
    let failures = print_error_rates(&rows, &Plan::new(20, 99, 3));
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn noise_is_a_function_of_the_row_and_the_number() {
    for (at, row) in NOISE.iter().enumerate() {
        assert!(NOISE[..at].iter().all(|other| other.name != row.name), "{}", row.name);
        assert_eq!(row.log(3), row.log(3), "{}", row.name);
        assert_ne!(row.log(3), row.log(4), "{}", row.name);
        let sessions = row.log(0).sessions;
        assert!(sessions.iter().all(|session| session.len() >= 80), "{}", row.name);
        assert_ne!(sessions[0], sessions[1], "{}", row.name);
    }
}
