//! `ironforge config show` and `config check`.

use ironforge::config::check_file;
use ironforge::pipeline::Error;
use serde_json::{Map, Value, json};

use crate::args::{CheckArgs, ShowArgs};
use crate::output::{self, Failure};
use crate::settings::effective;

/// Prints every setting and its origin.
pub fn show(args: &ShowArgs) -> Result<(), Failure> {
    let effective = effective(&args.configuration, Vec::new())?;
    if args.json {
        let settings: Map<String, Value> = effective
            .entries()
            .iter()
            .map(|e| {
                let mut setting = json!({ "value": e.value, "origin": e.origin.to_string() });
                if let Some(original) = &e.legacy_option {
                    setting["original"] = Value::from(original.as_str());
                }
                (e.key.clone(), setting)
            })
            .collect();
        return output::json(&json!({
            "schema_version": 1, "preset": effective.preset.name(), "settings": settings,
            "original": effective.legacy_settings(),
        }));
    }
    let mut text = String::new();
    for entry in effective.entries() {
        let original =
            entry.legacy_option.as_ref().map_or(String::new(), |name| format!(", given as {name}"));
        text.push_str(&format!("{} = {}  # {}{original}\n", entry.key, entry.value, entry.origin));
    }
    output::result(&text)
}

/// Checks a configuration file.
pub fn check(args: &CheckArgs) -> Result<(), Failure> {
    let effective = check_file(&args.file).map_err(Error::from)?;
    output::result(&format!("{}: ok, preset {}\n", args.file.display(), effective.preset.name()))
}
