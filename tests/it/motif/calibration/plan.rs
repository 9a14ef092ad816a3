//! What a run of the suite simulates: the defaults of each table, changed by environment variables.
//!
//! - `CALIBRATION_LOGS`: logs of a row.
//! - `CALIBRATION_FIRST_LOG`: number of the first one. Who tunes on the first logs reports on later ones.
//! - `CALIBRATION_DRAWS`: draws of the null.
//! - `CALIBRATION_MAX_NODES`: largest pattern.
//! - `CALIBRATION_BLOCK_MINUTES`: width of the blocks; none: `auto`.
//! - `CALIBRATION_ROWS`: rows whose name contains one of these texts, separated by `;`.
//!
//! They do not begin as settings do: the command refuses an `IRONFORGE_` variable that it does not know.

use std::env;
use std::ops::Range;
use std::str::FromStr;

use ironforge::motif::MotifConfig;
use ironforge::scale::WindowMinutes;

/// Extent of a simulation.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Numbers of the logs of each row.
    pub logs: Range<u32>,
    pub draws: u32,
    pub max_nodes: usize,
    block_minutes: Option<f64>,
    /// Parts of the names of the chosen rows; none: all rows.
    rows: Vec<String>,
}

impl Plan {
    /// A plan of all rows that reads no environment.
    pub fn new(logs: u32, draws: u32, max_nodes: usize) -> Self {
        Self { logs: 0..logs, draws, max_nodes, block_minutes: None, rows: Vec::new() }
    }

    /// The plan with what the environment sets.
    pub fn with_environment(self) -> Self {
        let first = variable("FIRST_LOG").unwrap_or(self.logs.start);
        let logs = variable("LOGS").unwrap_or(self.logs.len() as u32);
        let rows: Option<String> = variable("ROWS");
        Self {
            logs: first..first + logs,
            draws: variable("DRAWS").unwrap_or(self.draws),
            max_nodes: variable("MAX_NODES").unwrap_or(self.max_nodes),
            block_minutes: variable("BLOCK_MINUTES").or(self.block_minutes),
            rows: rows.map_or(self.rows, |rows| rows.split(';').map(|row| row.trim().to_owned()).collect()),
        }
    }

    pub fn includes(&self, row: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|part| row.contains(part.as_str()))
    }

    /// The default settings with the plan's draws, for patterns of 3 to `max_nodes` events.
    pub fn config(&self) -> MotifConfig {
        let block_minutes = self.block_minutes.map_or_else(WindowMinutes::default, WindowMinutes::from);
        MotifConfig {
            iterations: self.draws,
            max_nodes: self.max_nodes,
            block_minutes,
            ..MotifConfig::default()
        }
    }

    /// A line on what is simulated.
    pub fn describe(&self) -> String {
        let Self { logs: Range { start, end }, draws, max_nodes, .. } = self;
        let threads = rayon::current_num_threads();
        format!(
            "Logs {start} to {}, {draws} draws, patterns of 3 to {max_nodes}, threads: {threads}",
            end - 1
        )
    }
}

/// The value of a variable.
fn variable<T: FromStr>(name: &str) -> Option<T> {
    let name = format!("CALIBRATION_{name}");
    let text = env::var(&name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is not of its type")))
}
