//! One file a command.

pub mod attend;
pub mod config;
pub mod dag;
pub mod discover;
pub mod info;

use ironforge::config::{Effective, Sources};
use ironforge::error::Error;
use serde_json::Value;

use crate::args::ConfigArgs;
use crate::output::Failure;

/// The effective configuration of a command; `options` are settings that options of their own spell.
fn effective(args: &ConfigArgs, options: Vec<(&'static str, Value, String)>) -> Result<Effective, Failure> {
    let sources = Sources {
        preset: args.preset.as_deref(),
        file: args.config.as_deref(),
        env: std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect(),
        sets: &args.sets,
        options,
    };
    Effective::load(&sources).map_err(|e| Error::from(e).into())
}
