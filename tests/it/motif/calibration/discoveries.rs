//! The false discovery rate, on logs in which some patterns are true and the others are not.

use std::time::Instant;

use ironforge::motif::{MiningResult, MotifRow, Significance};
use rayon::prelude::*;

use super::adapter::mined;
use super::plan::Plan;
use super::planted::{MIXED, PlantedRow};
use super::rates::{Share, bound, mean};

/// A value that decides what is a discovery, and its name in the table.
type Criterion = (&'static str, fn(&Significance) -> f64);

/// `p_fwer` is there to compare with: whatever controls the family-wise error controls this rate too.
const CRITERIA: [Criterion; 2] = [("q_value", |s| s.q_value), ("p_fwer", |s| s.p_fwer)];
const LEVELS: [f64; 2] = [0.05, 0.1];

/// The discoveries of one log.
#[derive(Debug, Clone, Copy)]
struct Discoveries {
    all: usize,
    /// Those of patterns that are there for a reason.
    right: usize,
    target: bool,
}

impl Discoveries {
    fn of(row: &PlantedRow, result: &MiningResult, (_, value): Criterion, level: f64) -> Self {
        let discovered: Vec<&MotifRow> =
            result.rows.iter().filter(|row| value(&row.significance.unwrap()) <= level).collect();
        let target = row.target();
        Self {
            all: discovered.len(),
            right: discovered.iter().filter(|found| row.is_true(found.pattern.labels())).count(),
            target: row.planted > 0 && discovered.iter().any(|found| found.pattern.labels() == target),
        }
    }

    /// Share of false ones among them; 0 if there are none.
    fn false_share(self) -> f64 {
        (self.all - self.right) as f64 / self.all.max(1) as f64
    }
}

/// Prints the discoveries of a row at every level; returns the failures: rates above the level.
fn print_row(row: &PlantedRow, plan: &Plan) -> Vec<String> {
    let start = Instant::now();
    let of_log = |number: u32| {
        let result = mined(&row.log(number), number.into(), &plan.config());
        CRITERIA.map(|criterion| LEVELS.map(|level| Discoveries::of(row, &result, criterion, level)))
    };
    let logs: Vec<_> = plan.logs.clone().into_par_iter().map(of_log).collect();
    let seconds = start.elapsed().as_secs_f64();
    let mut failures = Vec::new();
    for (c, (name, _)) in CRITERIA.iter().enumerate() {
        for (l, level) in LEVELS.iter().enumerate() {
            let found: Vec<Discoveries> = logs.iter().map(|log| log[c][l]).collect();
            let any = Share::of(&found, |log| log.all > 0);
            let rate = mean(found.iter().map(|log| log.false_share()));
            let variance = mean(found.iter().map(|log| (log.false_share() - rate).powi(2)));
            let error = (variance / found.len() as f64).sqrt();
            let all = mean(found.iter().map(|log| log.all as f64));
            let right = mean(found.iter().map(|log| log.right as f64));
            let target = Share::of(&found, |log| log.target);
            println!(
                "| {} | {} | {name} <= {level} | {any} | {rate:.3} ({error:.3}) | {all:.1} | {right:.1} | {target} | {seconds:.1} |",
                row.name,
                found.len()
            );
            // a share between 0 and 1 with mean `level` varies at most as much as a share of logs
            if rate > bound(*level, found.len() as u32) {
                failures.push(format!("{}: {name} <= {level} is false at a rate of {rate:.3}", row.name));
            }
        }
    }
    failures
}

/// Prints the table of the rows in the plan; returns the failures.
fn print_discoveries(plan: &Plan) -> Vec<String> {
    println!("\n{}\n", plan.describe());
    println!(
        "| log | logs | discovery | any | false discovery rate | discoveries | true ones | target | s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    MIXED.iter().filter(|row| plan.includes(row.name)).flat_map(|row| print_row(row, plan)).collect()
}

#[test]
#[ignore = "minutes; cargo xtask calibration"]
fn calibration_of_false_discoveries() {
    let failures = print_discoveries(&Plan::new(100, 199, 4).with_environment());
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn patterns_with_two_planted_labels_are_true() {
    let [noise, mixed] = [&MIXED[0], &MIXED[1]];
    assert_eq!(mixed.target(), [3, 4, 5]);
    assert!(mixed.is_true(&[3, 0, 5]) && mixed.is_true(&[3, 4, 5, 5]));
    assert!(!mixed.is_true(&[3, 3, 0]) && !noise.is_true(&[3, 4, 5]));
}
