//! The configuration of a command: its sources, and the settings that its options set.

use ironforge::config::{Effective, Sources};
use ironforge::dag::LinkRule;
use ironforge::pipeline::Error;
use serde_json::Value;

use crate::args::{ConfigArgs, InputArgs};
use crate::output::Failure;

/// A setting that an option sets: key, value, the option as typed.
pub type OptionSetting = (&'static str, Value, String);

/// The effective configuration of a command; `options` are the settings that its options set.
pub fn effective(args: &ConfigArgs, options: Vec<OptionSetting>) -> Result<Effective, Failure> {
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

/// The settings of the options of a run: column map, link rule and threads.
pub fn input_options(input: &InputArgs) -> Vec<OptionSetting> {
    let (columns, format) = (&input.columns, &input.format);
    let header = if format.no_header { Some("absent") } else { format.header.then_some("present") };
    let mut options = Vec::new();
    for (key, option, value) in [
        ("session.time", "--time", columns.time.as_deref()),
        ("session.seq", "--seq", columns.seq.as_deref()),
        ("session.zone", "--zone", columns.zone.as_deref()),
        ("session.kind", "--kind", columns.kind.as_deref()),
        ("session.group", "--group", columns.group.as_deref()),
        ("session.price", "--price", columns.price.as_deref()),
        ("session.input_format", "--input-format", format.input_format.as_deref()),
        ("session.delimiter", "--delimiter", format.delimiter.as_deref()),
        ("session.comment", "--comment", format.comment.as_deref()),
        ("session.header", if format.no_header { "--no-header" } else { "--header" }, header),
        ("session.quote", "--quote", format.quote.as_deref()),
        ("session.decimal", "--decimal", format.decimal.as_deref()),
        ("session.thousands", "--thousands", format.thousands.as_deref()),
        ("session.bad_rows", "--bad-rows", format.bad_rows.as_deref()),
    ] {
        if let Some(value) = value {
            options.push((key, Value::from(value), format!("{option} {value}")));
        }
    }
    for (key, option, names) in
        [("session.keys", "--key", &columns.keys), ("session.numeric", "--num", &columns.numeric)]
    {
        if !names.is_empty() {
            options.push((key, Value::from(names.clone()), format!("{option} {}", names.join(" "))));
        }
    }
    if !input.link.is_empty() {
        let mut rules = Vec::new();
        for rule in input.link.iter().flat_map(|choice| choice.rules()) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        let names: Vec<&str> = rules.into_iter().map(LinkRule::name).collect();
        let typed: Vec<String> =
            input.link.iter().map(|choice| format!("--link {}", choice.name())).collect();
        options.push(("dag.links", Value::from(names), typed.join(" ")));
    }
    if let Some(threads) = input.threads {
        options.push(("limits.threads", Value::from(threads), format!("--threads {threads}")));
    }
    options
}
