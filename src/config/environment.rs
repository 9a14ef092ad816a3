//! Environment variables that set keys.

use super::aliases::ALIASES;
use super::keys::{Assignment, SettingOrigin};
use crate::legacy::options::OPTIONS;

/// Prefix of the environment variables that set keys.
const PREFIX: &str = "IRONFORGE_";
/// Prefix of the variables of the Python system; two underscores separate the section from the name.
const LEGACY_PREFIX: &str = "IFG_";
/// Variables with [`PREFIX`] that are not settings: paths and switches of tests, benches and the build.
const NOT_SETTINGS: [&str; 9] = [
    "IRONFORGE_GOLDENS",
    "IRONFORGE_DATA",
    "IRONFORGE_CACHE",
    "IRONFORGE_BENCH_OUT",
    "IRONFORGE_INTEROP_OUT",
    "IRONFORGE_REQUIRE_GOLDENS",
    "IRONFORGE_REQUIRE_GPU",
    "IRONFORGE_REQUIRE_PTX",
    "IRONFORGE_REQUIRE_EMULATOR",
];

/// The assignments of the environment, sorted by key; `keys` are those of the configuration.
///
/// `IRONFORGE_TGAT_NUM_LAYERS` sets `tgat.num_layers`, and so does `IFG_TGAT__NUM_LAYERS`. A variable with a prefix
/// that names no key is kept, to be refused as an unknown key.
pub(super) fn assignments(env: &[(String, String)], keys: &[String]) -> Vec<Assignment> {
    let options = OPTIONS.iter().copied().flatten().map(|option| option.name);
    let known: Vec<&str> = keys.iter().map(String::as_str).chain(ALIASES).chain(options).collect();
    let mut found = Vec::new();
    for (name, value) in env {
        if let Some(rest) = name.strip_prefix(LEGACY_PREFIX) {
            let key = rest.to_lowercase().replace("__", ".");
            found.push(Assignment::from_text(key, value, SettingOrigin::Env(name.clone())));
            continue;
        }
        let Some(rest) = name.strip_prefix(PREFIX).filter(|_| !NOT_SETTINGS.contains(&name.as_str())) else {
            continue;
        };
        let key = known.iter().find(|k| k.replace('.', "_").eq_ignore_ascii_case(rest));
        let key = key.map_or_else(|| below_section(&known, &rest.to_lowercase()), |key| (*key).to_owned());
        found.push(Assignment::from_text(key, value, SettingOrigin::Env(name.clone())));
    }
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}

/// The dotted form of a name in a section whose keys are not listed one by one (`m1.*`): `m1_event_types` is
/// `m1.event_types`.
fn below_section(known: &[&str], name: &str) -> String {
    let mut sections = known.iter().filter_map(|k| k.strip_suffix(".*"));
    let below = sections.find_map(|section| {
        let rest = name.strip_prefix(&section.replace('.', "_"))?.strip_prefix('_')?;
        Some(format!("{section}.{rest}"))
    });
    below.unwrap_or_else(|| name.to_owned())
}
