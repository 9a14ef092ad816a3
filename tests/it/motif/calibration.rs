//! The false-alarm rate of each null on logs without structure, and its power on a planted pattern; and the suite that
//! the default settings are judged by, on logs with the structure of real ones.
//!
//! Each file imports only from those above it:
//!
//! - `data`: the logs of the tests in this file.
//! - `random`: draws from distributions.
//! - `log`: the rows of a log.
//! - `times`, `marks`: processes of times, and of labels.
//! - `noise`: noise, by row of the table of error rates.
//! - `planted`: logs with a planted pattern, for power and false discoveries.
//! - `adapter`: from a log to tested patterns.
//! - `plan`: how much is simulated; its environment variables.
//! - `rates`: shares of logs, with their standard errors.
//! - `error_rates`, `power`, `discoveries`: the three tables.

mod adapter;
mod data;
mod discoveries;
mod error_rates;
mod log;
mod marks;
mod noise;
mod plan;
mod planted;
mod power;
mod random;
mod rates;
mod times;

use ironforge::motif::{MiningResult, MotifConfig, Null, Verdict, mine};
use rayon::prelude::*;

use data::{Generator, Log, PLANTED};

/// Largest family-wise p that counts as an alarm.
const LEVEL: f64 = 0.05;

/// False alarms of a null on the logs of one generator.
#[derive(Debug, Clone, Copy, Default)]
struct Alarms {
    logs: u32,
    /// Logs with a pattern at `p_fwer <= LEVEL`.
    raised: u32,
    /// Logs with a promoted pattern.
    promoted: u32,
}

impl Alarms {
    fn of(generator: Generator, logs: u32, config: &MotifConfig) -> Self {
        let of_log = |seed: u32| {
            let rows = mined(&generator.log(seed), seed, config).rows;
            let raised = rows.iter().any(|row| row.significance.unwrap().p_fwer <= LEVEL);
            let promoted = rows.iter().any(|row| row.verdict == Verdict::Promote);
            Self { logs: 1, raised: raised.into(), promoted: promoted.into() }
        };
        (0..logs).into_par_iter().map(of_log).reduce(Self::default, |a, b| Self {
            logs: a.logs + b.logs,
            raised: a.raised + b.raised,
            promoted: a.promoted + b.promoted,
        })
    }

    fn rate(self) -> f64 {
        f64::from(self.raised) / f64::from(self.logs)
    }

    /// The level plus two standard errors.
    fn limit(self) -> f64 {
        LEVEL + 2.0 * (LEVEL * (1.0 - LEVEL) / f64::from(self.logs)).sqrt()
    }
}

fn mined(log: &Log, seed: u32, config: &MotifConfig) -> MiningResult {
    mine(&log.views(), config, seed.into(), &|_, _| {}).unwrap()
}

fn config(null: Null, iterations: u32, max_nodes: usize) -> MotifConfig {
    // Set, since the rates depend on the widths: `auto` would follow each log.
    let (block_minutes, jitter_minutes) = (15.0.into(), 30.0.into());
    MotifConfig { null, iterations, max_nodes, block_minutes, jitter_minutes, ..MotifConfig::default() }
}

/// Returns whether a generator's logs meet the assumption of the null.
fn meets_assumption(config: &MotifConfig, generator: Generator) -> bool {
    // the number of widths per period is such that the mix of labels changes by about a fifth within a width
    let slow = |min_period: f64| generator.period_minutes().is_none_or(|period| min_period <= period);
    match config.null {
        Null::StratifiedPermutation => slow(8.0 * config.block_minutes.minutes().unwrap()),
        Null::LabelPermutation | Null::Pairs => generator.period_minutes().is_none(),
        Null::IntervalJitter => {
            slow(10.0 * config.jitter_minutes.minutes().unwrap()) && generator != Generator::Bursts
        }
    }
}

/// Prints the alarm rates of a null; returns the failures: rates above the level on logs that meet its assumption,
/// and promotions by a null that must not promote.
fn print_rates(config: &MotifConfig, generators: &[Generator], logs: u32) -> Vec<String> {
    let mut failures = Vec::new();
    let mut line = format!("{:24}", config.null.name());
    for &generator in generators {
        let alarms = Alarms::of(generator, logs, config);
        let assumed = meets_assumption(config, generator);
        let mark = if assumed { ' ' } else { '*' };
        line += &format!("{:>10.3}{mark} ({:>2})", alarms.rate(), alarms.promoted);
        if assumed && alarms.rate() > alarms.limit() {
            failures.push(format!("{} on {generator:?}: {alarms:?}", config.null.name()));
        }
        if config.null != Null::StratifiedPermutation && alarms.promoted > 0 {
            failures.push(format!("{} promotes: {alarms:?}", config.null.name()));
        }
    }
    println!("{line}");
    failures
}

fn print_heading(generators: &[Generator]) {
    let names = generators.iter().map(|generator| format!("{:>16}", format!("{generator:?}")));
    println!("\n{:24}{}", "", names.collect::<String>());
}

#[test]
#[ignore = "minutes; cargo test --release --test it -- --ignored calibration --nocapture"]
fn calibration_of_every_null_on_every_generator() {
    println!("alarms in 300 logs (and promotions); * where the logs do not meet the assumption of the null");
    print_heading(&Generator::ALL);
    let mut failures = Vec::new();
    for (null, max_nodes) in Null::ALL.into_iter().zip([4, 4, 4, 3]) {
        failures.extend(print_rates(&config(null, 199, max_nodes), &Generator::ALL, 300));
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
#[ignore = "minutes; cargo test --release --test it -- --ignored calibration --nocapture"]
fn calibration_of_widths_against_clusters() {
    println!("alarms of blocks of 10, 15, 20, 30 and 60 minutes on clusters of one and of two hours");
    print_heading(&[Generator::Clusters60, Generator::Clusters120]);
    let mut failures = Vec::new();
    for block_minutes in [10.0, 15.0, 20.0, 30.0, 60.0] {
        let block_minutes = block_minutes.into();
        let config = MotifConfig { block_minutes, ..config(Null::StratifiedPermutation, 199, 3) };
        failures.extend(print_rates(&config, &[Generator::Clusters60, Generator::Clusters120], 300));
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Share of logs in which the planted pattern gets the verdict, or a better one.
fn power(logs: u32, config: &MotifConfig, verdict: Verdict) -> f64 {
    let found = |&seed: &u32| {
        let rows = mined(&Log::planted(seed), seed, config).rows;
        rows.iter().any(|row| row.verdict <= verdict && row.pattern.labels() == PLANTED)
    };
    f64::from((0..logs).into_par_iter().filter(found).count() as u32) / f64::from(logs)
}

#[test]
#[ignore = "minutes; cargo test --release --test it -- --ignored calibration --nocapture"]
fn calibration_of_power_on_a_planted_pattern() {
    println!("share of 100 logs in which the planted pattern is parked, and promoted");
    for null in Null::ALL {
        let config = config(null, 999, 3);
        let (parked, promoted) = (power(100, &config, Verdict::Park), power(100, &config, Verdict::Promote));
        println!("{:24}{parked:>10.2}{promoted:>10.2}", null.name());
        assert!(parked >= 0.8, "{}: {parked}", null.name());
        assert!(promoted >= 0.8 || null != Null::StratifiedPermutation, "{promoted}");
        assert!(promoted == 0.0 || null == Null::StratifiedPermutation, "{promoted}");
    }
}

#[test]
fn the_default_null_keeps_its_level() {
    let config = config(Null::StratifiedPermutation, 39, 3);
    let generators: Vec<Generator> =
        Generator::ALL.into_iter().filter(|&g| meets_assumption(&config, g)).collect();
    print_heading(&generators);
    let failures = print_rates(&config, &generators, 100);
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn only_the_default_null_promotes() {
    for null in [Null::LabelPermutation, Null::Pairs] {
        let alarms = Alarms::of(Generator::Clusters60, 20, &config(null, 99, 3));
        assert_eq!(alarms.promoted, 0, "{null:?}");
    }
}

#[test]
fn a_planted_pattern_is_found_under_each_permutation() {
    for null in [Null::StratifiedPermutation, Null::LabelPermutation] {
        let power = power(10, &config(null, 99, 3), Verdict::Park);
        assert!(power >= 0.8, "{null:?}: {power}");
    }
}

#[test]
fn under_every_null_the_smallest_p_of_noise_lies_on_either_side_of_a_half() {
    for null in Null::ALL {
        let smallest = |seed: u32| {
            let rows = mined(&Generator::Stationary.log(seed), seed, &config(null, 19, 3)).rows;
            rows.iter().map(|row| row.significance.unwrap().p_fwer).fold(1.0, f64::min)
        };
        let below = (0..40).filter(|&seed| smallest(seed) <= 0.5).count();
        // a half of 40, standard deviation 3
        assert!((8..=32).contains(&below), "{null:?}: {below} of 40");
    }
}
