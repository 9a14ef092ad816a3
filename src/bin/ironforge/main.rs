//! The command `ironforge`: one result on stdout, everything else on stderr.
//!
//! - `args/`: the command line.
//! - `settings.rs`: the configuration of a command.
//! - `commands/`: one file for each command.
//! - `event_run.rs`: notes of a run over event logs, and the handling of Ctrl-C.
//! - `scale_line.rs`: the scale of a run in its summary.
//! - `progress.rs`: progress on stderr.
//! - `output.rs`: stdout, stderr, and the failure of a command.

#![allow(unreachable_pub, reason = "a binary exports nothing: pub marks items that other files use")]

mod args;
mod commands;
mod event_run;
mod output;
mod progress;
mod scale_line;
mod settings;

use std::process::ExitCode;

use clap::Parser;
use ironforge::pipeline::exit;

use args::{Cli, Command, ConfigCommand};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Discover(args) => commands::discover::run(args),
        Command::BuildGraph(args) => commands::build_graph::run(args),
        Command::Motifs(args) => commands::motifs::run(args),
        Command::Attend(args) => commands::attend::run(args),
        Command::Dag(args) => commands::dag::run(args),
        Command::Convert(args) => commands::convert::run(args),
        Command::Inspect(args) => commands::inspect::run(args),
        Command::Config(ConfigCommand::Show(args)) => commands::config::show(args),
        Command::Config(ConfigCommand::Check(args)) => commands::config::check(args),
        Command::Info(args) => commands::info::run(args),
    };
    match result {
        Ok(()) => ExitCode::from(exit::OK),
        Err(failure) => {
            output::error(&failure.text);
            ExitCode::from(failure.code)
        }
    }
}
