//! The rules of ARCHITECTURE.md, read off the sources: which module imports which, cycles, the size of folders, and
//! one name for one type.

mod code;
mod graph;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use graph::cycles;
use source::{Sources, imports, module_of};

/// The modules in layers, lowest first, each with the modules that it may import: only earlier ones.
const LAYERS: &[(&str, &[&str])] = &[
    ("geometry", &[]),
    ("csr", &[]),
    ("table", &[]),
    ("philox", &[]),
    ("suggest", &[]),
    ("scale", &[]),
    ("events", &["table", "philox", "suggest"]),
    ("legacy", &["events", "table", "suggest"]),
    ("dag", &["table", "csr", "scale"]),
    ("attention", &["csr", "geometry"]),
    ("store", &["table", "suggest"]),
    ("motif", &["dag", "table", "csr", "scale", "philox", "suggest"]),
    ("tgat", &["attention", "table", "csr", "geometry", "philox", "suggest"]),
    ("cuda", &["attention", "csr", "geometry"]),
    ("backend", &["attention", "cuda", "geometry"]),
    ("config", &["suggest", "events", "legacy", "attention", "backend", "dag", "motif", "store", "tgat"]),
    (
        "pipeline",
        &[
            "attention",
            "backend",
            "config",
            "csr",
            "dag",
            "events",
            "geometry",
            "legacy",
            "motif",
            "scale",
            "store",
            "suggest",
            "table",
            "tgat",
        ],
    ),
];

/// Crates that only the named modules may use.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("arrow_array", &["store"]),
    ("arrow_buffer", &["store"]),
    ("arrow_ipc", &["store"]),
    ("arrow_schema", &["store"]),
    ("brotli_decompressor", &["store"]),
    ("flate2", &["store"]),
    ("flatbuffers", &["store"]),
    ("glob", &["pipeline"]),
    ("lz4_flex", &["store"]),
    ("memmap2", &["store"]),
    ("bytes", &["store"]),
    ("rustix", &["store"]),
    ("sha2", &["store"]),
    ("parquet", &["store"]),
    ("snap", &["store"]),
    ("zstd", &["store"]),
    ("jiff", &["events", "legacy"]),
    ("csv", &["events"]),
    ("petgraph", &["dag"]),
    ("sprs", &["dag"]),
    ("ndarray", &["tgat"]),
    ("cudarc", &["cuda"]),
    ("libloading", &["cuda"]),
    ("clap", &["bin"]),
    ("indicatif", &["bin"]),
    ("ctrlc", &["bin"]),
    ("toml", &["config"]),
    ("serde_saphyr", &["config"]),
];

/// Files side by side in one folder of src/, its map `mod.rs` not counted.
const MOST_FILES: usize = 15;

/// Imports that [`LAYERS`] or [`ONLY_IN`] does not allow, each with its file.
fn upward(sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    for (file, text) in sources.files() {
        let module = module_of(file);
        if ["lib", "bin"].contains(&module) {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            found.push(format!("{file}: give the module `{module}` a layer in tests/it/architecture.rs"));
            continue;
        };
        found.extend(source::hidden_imports(file, text).into_iter().map(|why| format!("{file}: {why}")));
        for path in imports(file, text) {
            let imported = path[0].as_str();
            let known = LAYERS.iter().any(|(name, _)| *name == imported);
            if known && imported != module && !allowed.contains(&imported) {
                found.push(format!("{file}: {module} imports {imported}"));
            }
        }
    }
    found
}

/// Uses of a crate outside the modules that may name it.
fn misplaced_crates(sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    for (file, text) in sources.files() {
        let module = module_of(file);
        for (name, modules) in ONLY_IN {
            if source::names_crate(text, name) && !modules.contains(&module) {
                found.push(format!("{file}: {module} names the crate {name}"));
            }
        }
    }
    found
}

/// Cycles of imports inside any folder, src/ included, between what lies side by side in it.
fn import_cycles(sources: &Sources) -> Vec<Vec<String>> {
    let mut levels: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (file, to) in sources.resolved() {
        if ["lib", "bin"].contains(&module_of(&file)) {
            continue;
        }
        let (a, b): (Vec<&str>, Vec<&str>) = (file.split('/').collect(), to.split('/').collect());
        let depth = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        let unit = |path: &[&str]| path[..=depth].join("/").trim_end_matches(".rs").to_owned();
        let level = levels.entry(a[..depth].join("/")).or_default();
        level.entry(unit(&a)).or_default().insert(unit(&b));
    }
    // Files of one folder may refer to each other; a folder is a module of its own.
    let crosses =
        |cycle: &Vec<String>| cycle.iter().any(|unit| !unit.contains('/') || sources.is_folder(unit));
    levels.values().flat_map(cycles).filter(crosses).collect()
}

/// Public or crate-visible type names that more than one file declares.
fn shared_names(sources: &Sources) -> Vec<String> {
    let mut declared: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (file, text) in sources.files() {
        for name in source::exported_types(text) {
            declared.entry(name).or_default().insert(file);
        }
    }
    declared.retain(|_, files| files.len() > 1);
    declared.into_iter().map(|(name, files)| format!("{name}: {files:?}")).collect()
}

#[test]
fn the_table_of_layers_has_no_cycle() {
    for (i, (module, allowed)) in LAYERS.iter().enumerate() {
        for name in *allowed {
            assert!(
                LAYERS[..i].iter().any(|(lower, _)| lower == name),
                "{module} may import {name}, which is not below it"
            );
        }
    }
}

#[test]
fn modules_import_only_from_lower_layers() {
    let found = upward(&Sources::of_crate());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let found = misplaced_crates(&Sources::of_crate());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_modules_or_folders_import_each_other() {
    let found = import_cycles(&Sources::of_crate());
    let text: Vec<String> = found.iter().map(|cycle| cycle.join(" -> ")).collect();
    assert!(found.is_empty(), "{}", text.join("\n"));
}

#[test]
fn a_type_that_other_files_use_has_a_name_of_its_own() {
    let found = shared_names(&Sources::of_crate());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn folders_are_small_and_their_maps_name_every_file() {
    let sources = Sources::of_crate();
    for (folder, files) in sources.folders() {
        let listed: Vec<&str> =
            files.iter().filter(|f| !["mod", "tests"].contains(&f.as_str())).map(String::as_str).collect();
        assert!(
            folder.is_empty() || listed.len() <= MOST_FILES,
            "src/{folder} holds {} files, {MOST_FILES} at most",
            listed.len()
        );
        let Some(map) = sources.text(&format!("{folder}/mod.rs")) else { continue };
        let docs: String = map.lines().filter(|l| l.starts_with("//!")).collect();
        let missing: Vec<&&str> = listed.iter().filter(|f| !source::mentions(&docs, f)).collect();
        assert!(missing.is_empty(), "src/{folder}/mod.rs has no line for {missing:?}");
    }
}

/// The crate with one line added to a file.
fn planted(file: &str, line: &str) -> Sources {
    let mut sources = Sources::of_crate();
    sources.plant(file, line);
    sources
}

#[test]
fn an_upward_import_is_found_in_every_spelling() {
    for line in [
        "use crate::attention::Keys;",
        "use crate::{csr::CsrPattern, attention::{Keys, Cpu}};",
        "fn planted() { let x = crate::attention::Cpu; }",
        "use super::attention::Keys;",
        "use self::super::attention::Keys;",
        "use ironforge::attention::Keys;",
        "#[cfg(feature = \"store\")] use crate::{attention::Keys};",
        "fn planted(_: crate :: attention::Cpu) {}",
        "use crate::r#attention::Keys;",
    ] {
        let mut found = upward(&planted("dag/mod.rs", line));
        found.dedup();
        assert_eq!(found, ["dag/mod.rs: dag imports attention"], "{line}");
    }
    let mut nested = upward(&planted("store/read/scan.rs", "use super::super::super::pipeline::discover;"));
    nested.dedup();
    assert_eq!(nested, ["store/read/scan.rs: store imports pipeline"]);
    for line in ["use parquet::file;", "use ::parquet::file;", "use parquet as p;", "extern crate parquet;"] {
        let found = misplaced_crates(&planted("events/mod.rs", line));
        assert_eq!(found, ["events/mod.rs: events names the crate parquet"], "{line}");
    }
}

#[test]
fn spellings_that_hide_an_import_are_refused() {
    for line in [
        "use crate as c;",
        "use super::*;",
        "use crate::store::*;",
        "extern crate self as ironforge;",
        "mod inner { use super::super::attention::Cpu; }",
        "#[path = \"../attention/mod.rs\"] mod a;",
        "include!(\"../attention/cost/workload.rs\");",
        "macro_rules! m { ($m:ident) => { crate::$m::Cpu } }",
    ] {
        assert!(!upward(&planted("dag/mod.rs", line)).is_empty(), "{line}");
    }
}

#[test]
fn a_planted_cycle_is_found_between_modules_and_between_folders() {
    let found = import_cycles(&planted("table/mod.rs", "use crate::store::StoreError;"));
    assert!(found.iter().any(|c| c.contains(&"table".into()) && c.contains(&"store".into())), "{found:?}");
    let found = import_cycles(&planted("store/untrusted/thrift.rs", "use crate::store::read_table;"));
    let both = |c: &&Vec<String>| c.contains(&"store/untrusted".into()) && c.contains(&"store/read".into());
    assert!(found.iter().any(|c| both(&c)), "{found:?}");
    let line = "use crate::pipeline::commands::edge_list::EdgeListReport;";
    let mut sources = planted("pipeline/commands/attend/mod.rs", line);
    sources
        .plant("pipeline/commands/edge_list/mod.rs", "use crate::pipeline::commands::attend::AttendReport;");
    let found = import_cycles(&sources);
    assert!(found.iter().any(|c| c.contains(&"pipeline/commands/attend".into())), "{found:?}");
}

#[test]
fn a_second_type_of_one_name_is_found() {
    let found = shared_names(&planted("table/mod.rs", "pub(crate) struct StoreError;"));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn architecture_md_names_every_module() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for (module, _) in LAYERS {
        assert!(source::mentions(&text, module), "ARCHITECTURE.md does not name `{module}`");
    }
}
