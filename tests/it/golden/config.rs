//! Golden of the presets of the Python system: each option, converted, against the preset of its name here.

use std::path::Path;

use ironforge::config::{Effective, Preset, Sources};
use ironforge::legacy::options::{OptionMapping, find};
use serde_json::Value;

use super::{Run, Tally};

pub fn compare(run: &mut Run) {
    run.each("config_presets", ".json", presets);
}

/// The preset of each part of the golden; the defaults are not a preset.
fn named(part: &str, inner: Option<&str>) -> Option<Preset> {
    let name = match (part, inner) {
        ("original_presets", Some(name)) => format!("original-{name}"),
        ("enhanced_presets", Some(name)) => format!("context7-{name}"),
        (part, None) => part.to_owned(),
        _ => return None,
    };
    Some(Preset::from_name(&name).unwrap_or_else(|| panic!("no preset {name}")))
}

fn presets(path: &Path, tally: &mut Tally) {
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut compared = 0;
    for (part, value) in golden.as_object().unwrap() {
        if part.ends_with("_presets") {
            for (name, value) in value.as_object().unwrap() {
                preset(named(part, Some(name)).unwrap(), value, tally);
                compared += 1;
            }
        } else if !part.ends_with("_defaults") && value.get("__error__").is_none() {
            preset(named(part, None).unwrap(), value, tally);
            compared += 1;
        }
    }
    assert_eq!(compared, 14, "eight presets, and seven functions of which one fails");
}

fn preset(preset: Preset, golden: &Value, tally: &mut Tally) {
    let mut options = Vec::new();
    leaves("", golden, &mut options);
    let flags = golden.get("c7_optimizations").is_some();
    // Not compared: the copies of the flags, whose values are stale; the memory limit, if the flags override it; and
    // the number of threads, which depends on the machine.
    options.retain(|(name, _)| {
        let copy = ["dag.c7_", "tgat.c7_", "storage.c7_"].iter().any(|copy| name.starts_with(copy));
        let stale = flags && name == "memory_limit_gb";
        !(copy || stale || name.ends_with(".cpu_thread_count"))
    });
    let want = Effective::load(&Sources { preset: Some(preset.name()), ..Sources::default() }).unwrap();
    for (name, value) in &options {
        let option = find(name).unwrap_or_else(|| panic!("{name} is not an option"));
        let key = match option.mapping {
            OptionMapping::Sets(key, _) => key,
            OptionMapping::Same => option.name,
            _ => continue,
        };
        // With every other option that sets this key, as one source.
        let together = options.iter().filter(|(other, _)| match find(other).map(|o| o.mapping) {
            Some(OptionMapping::Sets(other, _)) => other == key,
            Some(OptionMapping::Same) => other == name,
            _ => false,
        });
        let sets: Vec<String> = together.map(|(name, value)| format!("{name}={value}")).collect();
        let sources = Sources { preset: Some(preset.name()), sets: &sets, ..Sources::default() };
        let got =
            Effective::load(&sources).unwrap_or_else(|e| panic!("{}: {name} = {value}: {e}", preset.name()));
        let of = |effective: &Effective| {
            effective.entries().iter().find(|entry| entry.key == key).map(|entry| entry.value.clone())
        };
        tally.equal(&format!("{}: {name} = {value}", preset.name()), of(&want), of(&got));
    }
}

fn leaves(prefix: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    match value.as_object() {
        Some(map) => {
            for (name, value) in map {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                leaves(&name, value, found);
            }
        }
        None => found.push((prefix.to_owned(), value.clone())),
    }
}
