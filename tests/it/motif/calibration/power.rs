//! Power: how often a planted pattern is found.

use std::time::Instant;

use ironforge::motif::{MotifConfig, Verdict};
use rayon::prelude::*;

use super::adapter::mined;
use super::plan::Plan;
use super::planted::{POWER, PlantedRow};
use super::rates::{Share, mean};

/// The result of the planted pattern in one log, over the shapes that have its labels in its order.
#[derive(Debug, Clone, Copy)]
struct Target {
    /// Smallest family-wise p; 1 if the pattern is not there.
    p_fwer: f64,
    promoted: bool,
    /// Most occurrences of a shape.
    count: u64,
}

impl Target {
    fn of(row: &PlantedRow, number: u32, config: &MotifConfig) -> Self {
        let result = mined(&row.log(number), number.into(), config);
        let target = row.target();
        let found = || result.rows.iter().filter(|row| row.pattern.labels() == target);
        Self {
            p_fwer: found().map(|row| row.significance.unwrap().p_fwer).fold(1.0, f64::min),
            promoted: found().any(|row| row.verdict == Verdict::Promote),
            count: found().map(|row| row.count).max().unwrap_or(0),
        }
    }
}

/// The planted pattern of each log of the plan.
fn targets(row: &PlantedRow, plan: &Plan, config: &MotifConfig) -> Vec<Target> {
    plan.logs.clone().into_par_iter().map(|number| Target::of(row, number, config)).collect()
}

/// Share of logs in which the planted pattern has a family-wise p of at most `level`.
fn found(targets: &[Target], level: f64) -> Share {
    Share::of(targets, |target| target.p_fwer <= level)
}

/// Settings that test patterns of as many events as the planted one alone.
fn own_size(row: &PlantedRow, plan: &Plan) -> MotifConfig {
    let size = row.target().len();
    MotifConfig { min_nodes: size, max_nodes: size, ..plan.config() }
}

/// Prints the power grid.
fn print_power(plan: &Plan) {
    println!("\n{}; the planted pattern is found\n", plan.describe());
    println!(
        "| planted | logs | joint, .05 | joint, .01 | joint, promote | own size, .05 | own size, .01 | own size, promote | count | s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for row in POWER.iter().filter(|row| plan.includes(row.name)) {
        let start = Instant::now();
        let mut line = format!("| {} | {} |", row.name, plan.logs.len());
        let mut count = 0.0;
        for config in [plan.config(), own_size(row, plan)] {
            let targets = targets(row, plan, &config);
            let promoted = Share::of(&targets, |target| target.promoted);
            line += &format!(" {} | {} | {promoted} |", found(&targets, 0.05), found(&targets, 0.01));
            count = mean(targets.iter().map(|target| target.count as f64));
        }
        println!("{line} {count:.1} | {:.1} |", start.elapsed().as_secs_f64());
    }
}

#[test]
#[ignore = "minutes; cargo xtask calibration"]
fn calibration_of_power_on_planted_patterns() {
    print_power(&Plan::new(100, 199, 5).with_environment());
}

#[test]
fn a_triple_planted_three_times_a_session_is_found_among_triples() {
    let plan = Plan::new(10, 99, 3);
    let row = POWER.iter().find(|row| row.name == "rare3").unwrap();
    let found = found(&targets(row, &plan, &own_size(row, &plan)), 0.05);
    assert!(found.rate() >= 0.5, "{found}");
}

#[test]
fn planted_logs_have_the_events_of_their_row() {
    for row in POWER {
        let log = row.log(0);
        assert_eq!(log, row.log(0), "{}", row.name);
        let events = if row.name.starts_with("common") { 80 } else { 71 };
        let each = if row.name.starts_with("common") { 16 } else { 7 };
        for session in &log.sessions {
            assert_eq!(session.len(), events, "{}", row.name);
            for label in row.target() {
                let count = session.iter().filter(|event| event.kind == label).count();
                assert_eq!(count, each, "{}, label {label}", row.name);
            }
        }
    }
}
