//! The house rule: a room imports only from the floors below it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Who may import whom. Rooms of the ground floor know nobody, and workshops do not know one another. `philox` is
/// ground floor since seeded weights, nulls and the sample draw from one generator, `suggest` since every room that
/// reads names from outside says which one was meant.
const FLOORS: &[(&str, &[&str])] = &[
    ("geometry", &[]),
    ("csr", &[]),
    ("table", &[]),
    ("philox", &[]),
    ("suggest", &[]),
    ("events", &["table", "philox", "suggest"]),
    ("legacy", &["events", "table", "suggest"]),
    ("dag", &["table", "csr"]),
    ("attention", &["csr", "geometry"]),
    ("store", &["table", "suggest"]),
    ("motif", &["dag", "table", "csr", "philox", "suggest"]),
    ("tgat", &["attention", "table", "csr", "philox", "suggest"]),
    ("cuda", &["attention", "csr", "geometry"]),
    ("backend", &["attention", "cuda", "geometry"]),
    ("config", &["suggest", "legacy", "attention", "backend", "dag", "motif", "store", "tgat"]),
    (
        "error",
        &["legacy", "attention", "backend", "config", "dag", "events", "motif", "pipeline", "store", "tgat"],
    ),
    (
        "pipeline",
        &[
            "attention",
            "backend",
            "config",
            "csr",
            "dag",
            "error",
            "events",
            "geometry",
            "legacy",
            "motif",
            "suggest",
            "store",
            "table",
            "tgat",
        ],
    ),
];

/// Crates that only one room may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("arrow_array", &["store"]),
    ("arrow_buffer", &["store"]),
    ("arrow_ipc", &["store"]),
    ("arrow_schema", &["store"]),
    ("brotli_decompressor", &["store"]),
    ("flate2", &["store"]),
    ("flatbuffers", &["store"]),
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

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The room a file of src/ belongs to.
fn room(path: &Path) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let first = path.strip_prefix(src).unwrap().iter().next().unwrap().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The code of a file: comments cut, so that a link in a doc comment is no import.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The names that follow `prefix` in a text, those of a brace list included.
fn named_after(text: &str, prefix: &str) -> BTreeSet<String> {
    let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices(prefix) {
        let starts_word =
            text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
        let rest = &text[at + prefix.len()..];
        if !starts_word {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(list) => names.extend(top_level(list).into_iter().map(|item| word(item.trim()))),
            None => {
                names.insert(word(rest));
            }
        }
    }
    names
}

/// The items of a brace list, without what their own braces hold.
fn top_level(list: &str) -> Vec<String> {
    let (mut depth, mut items) = (0, vec![String::new()]);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            c if depth == 0 => items.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    items
}

fn breaches(room: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == room) {
        for import in named_after(text, "crate::") {
            let known = FLOORS.iter().any(|(name, _)| *name == import);
            if known && import != room && !allowed.contains(&import.as_str()) {
                found.push(format!("{room} imports {import}"));
            }
        }
    }
    for (name, rooms) in ONLY_IN {
        let named = !named_after(text, &format!("{name}::")).is_empty();
        if named && !rooms.contains(&room) {
            found.push(format!("{room} names the crate {name}"));
        }
    }
    found
}

#[test]
fn rooms_import_only_from_below() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut found = Vec::new();
    for file in files {
        let room = room(&file);
        assert!(
            ["lib", "bin"].contains(&room.as_str()) || FLOORS.iter().any(|(name, _)| *name == room),
            "{}: give room `{room}` a floor in this file",
            file.display()
        );
        let text = code(&std::fs::read_to_string(&file).unwrap());
        found.extend(breaches(&room, &text).into_iter().map(|b| format!("{}: {b}", file.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_breach_is_seen_in_every_spelling() {
    assert_eq!(breaches("dag", "use crate::attention::Keys;"), ["dag imports attention"]);
    assert_eq!(breaches("dag", "use crate::{csr::CsrPattern, motif::{mine, table}};"), ["dag imports motif"]);
    assert_eq!(breaches("tgat", "let x = crate::store::read();"), ["tgat imports store"]);
    assert_eq!(breaches("events", "use parquet::file;"), ["events names the crate parquet"]);
    assert_eq!(breaches("tgat", "use crate::cuda::Cuda;"), ["tgat imports cuda"]);
    assert_eq!(breaches("cuda", "use crate::tgat::Model;"), ["cuda imports tgat"]);
    assert_eq!(breaches("backend", "cudarc::driver::sys::x()"), ["backend names the crate cudarc"]);
    assert!(
        breaches("dag", "use crate::csr::CsrPattern; use super::order; let c = my_parquet::x();").is_empty()
    );
}
