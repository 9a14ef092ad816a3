//! The sources of the crate as text: imports as paths from the crate's root, and the files that they lead to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::code::code;

/// Every file of src/ by its path there, with `/` on every system, as its code: without comments and unit tests.
pub struct Sources {
    files: BTreeMap<String, String>,
    /// The whole text: documentation included.
    whole: BTreeMap<String, String>,
}

impl Sources {
    /// The sources of this crate.
    pub fn of_crate() -> Self {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut whole = BTreeMap::new();
        collect(&src, "", &mut whole);
        assert!(whole.len() > 100, "src/ holds {} files", whole.len());
        let files = whole.iter().map(|(file, text)| (file.clone(), code(text))).collect();
        Self { files, whole }
    }

    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(file, text)| (file.as_str(), text.as_str()))
    }

    pub fn text(&self, file: &str) -> Option<&str> {
        self.whole.get(file).map(String::as_str)
    }

    /// Adds a line to a file's code.
    pub fn plant(&mut self, file: &str, line: &str) {
        let text = self.files.get_mut(file).unwrap_or_else(|| panic!("there is no src/{file}"));
        text.insert_str(0, &format!("{} ", code(line)));
    }

    /// True if src/ has a folder of that path.
    pub fn is_folder(&self, path: &str) -> bool {
        self.files.keys().any(|file| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }

    /// Each folder, and the names of what lies in it: files without their ending, and folders. `x.rs` and `x/` are one.
    pub fn folders(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in self.files.keys() {
            let mut path = file.trim_end_matches(".rs");
            while let Some((folder, name)) = path.rsplit_once('/') {
                if !(name == "mod" && path.len() + 3 != file.len()) {
                    folders.entry(folder.to_owned()).or_default().insert(name.to_owned());
                }
                path = folder;
            }
        }
        folders
    }

    /// Every import of one file by another: from, to.
    pub fn resolved(&self) -> BTreeSet<(String, String)> {
        let exports: BTreeMap<&str, BTreeMap<String, Vec<String>>> =
            self.files.iter().map(|(file, text)| (file.as_str(), re_exports(file, text))).collect();
        let mut found = BTreeSet::new();
        for (file, text) in &self.files {
            let mut paths = imports(file, text);
            paths.extend(self.children(file, text));
            for path in paths {
                if let Some(to) = self.resolve(&path, &exports, 0)
                    && to != *file
                {
                    found.insert((file.clone(), to));
                }
            }
        }
        found
    }

    /// Paths that start with the name of a child module; re-exports are no use of it.
    fn children(&self, file: &str, text: &str) -> Vec<Vec<String>> {
        let own = module_path(file);
        let mut found = Vec::new();
        for (at, _) in text.match_indices("::") {
            let head = &text[..at];
            let start = head.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |i| i + 1);
            let name = &head[start..];
            let before = head[..start].trim_end_matches("self::");
            let statement = before.rsplit([';', '}', ']']).next().unwrap_or_default().trim_start();
            if name.is_empty()
                || before.ends_with(':')
                || statement.starts_with("pub") && statement.contains(" use ")
                || statement.starts_with("pub use")
            {
                continue;
            }
            let path = [&own[..], &[name.to_owned()]].concat();
            if self.module_file(&path.join("/")).is_some() {
                found.push(path);
            }
        }
        found
    }

    /// The file that declares what a path from the root names.
    fn resolve(
        &self,
        path: &[String],
        exports: &BTreeMap<&str, BTreeMap<String, Vec<String>>>,
        depth: usize,
    ) -> Option<String> {
        let mut module = String::new();
        let mut file = None;
        for (i, name) in path.iter().enumerate() {
            let inner = if module.is_empty() { name.clone() } else { format!("{module}/{name}") };
            if let Some(next) = self.module_file(&inner) {
                (module, file) = (inner, Some(next));
                continue;
            }
            let here = file.clone()?;
            if depth < 8
                && let Some(target) = exports.get(here.as_str()).and_then(|e| e.get(name))
            {
                let onward: Vec<String> = target.iter().chain(&path[i + 1..]).cloned().collect();
                return self.resolve(&onward, exports, depth + 1).or(Some(here));
            }
            return Some(here);
        }
        file
    }

    fn module_file(&self, module: &str) -> Option<String> {
        [format!("{module}.rs"), format!("{module}/mod.rs")].into_iter().find(|f| self.files.contains_key(f))
    }
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else if name.ends_with(".rs") {
            found.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// Spellings that hide an import from these rules: none may stand in src/.
pub fn hidden_imports(file: &str, text: &str) -> Vec<String> {
    let own = module_path(file);
    let mut found = Vec::new();
    if file.ends_with("/tests.rs") {
        return found;
    }
    for (word, why) in [("extern crate ", "extern crate"), ("include!(\"", "include! of a source")] {
        found.extend(text.contains(word).then(|| why.to_owned()));
    }
    if text.contains("#[path") && file != "backend/mod.rs" {
        found.push("#[path]".to_owned());
    }
    for (at, _) in text.match_indices("mod ") {
        let name: String = text[at + 4..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if boundary(text, at) && !name.is_empty() && text[at + 4 + name.len()..].starts_with(" {") {
            found.push(format!("mod {name} {{}}: `super` counts differently in it"));
        }
    }
    for statement in use_statements(text) {
        expand(statement, &mut Vec::new(), &mut |path, _| {
            if absolute(&own, path).is_some_and(|path| path.is_empty()) {
                found.push(format!("use {statement}: an alias or glob of the root"));
            }
        });
        // Variants of an enum and a prelude may come by a glob.
        let globs = statement.match_indices("::*").any(|(at, _)| {
            let of = statement[..at].rsplit([':', '{', ' ', ',']).next().unwrap_or_default();
            of != "prelude" && !of.starts_with(char::is_uppercase)
        });
        if globs || statement.contains("{*") || statement.contains(", *") {
            found.push(format!("use {statement}: a glob"));
        }
    }
    if text.contains("crate::$") {
        found.push("a macro that takes the name of a module".to_owned());
    }
    found
}

fn boundary(text: &str, at: usize) -> bool {
    !text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
}

/// The top module of a file.
pub fn module_of(file: &str) -> &str {
    file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

/// The path of the module that a file is.
fn module_path(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').map(str::to_owned).collect()
}

/// Everything of this crate that a file names, as paths from the root.
pub fn imports(file: &str, text: &str) -> Vec<Vec<String>> {
    let own = module_path(file);
    let mut found = Vec::new();
    let mut add = |path: Vec<String>| {
        if let Some(path) = absolute(&own, &path) {
            found.push(path);
        }
    };
    for statement in use_statements(text) {
        expand(statement, &mut Vec::new(), &mut |path, name| {
            add(path.to_vec());
            // What the imported name is used for: `use crate::store as s; s::read::f()`.
            for (at, _) in text.match_indices(&format!("{name}::")) {
                if boundary(text, at) {
                    let rest = &text[at + name.len()..];
                    let tail: String =
                        rest.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
                    add(path.iter().cloned().chain(segments(&tail)).collect());
                }
            }
        });
    }
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            if !text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                let path: String =
                    text[at..].chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
                add(path.split("::").filter(|s| !s.is_empty()).map(str::to_owned).collect());
            }
        }
    }
    found.retain(|path| !path.is_empty());
    found
}

/// The re-exports of a module: name and path from the root. Globs are left out.
fn re_exports(file: &str, text: &str) -> BTreeMap<String, Vec<String>> {
    let own = module_path(file);
    let mut found = BTreeMap::new();
    for statement in use_statements(text) {
        expand(statement, &mut Vec::new(), &mut |path, name| {
            // A path that starts with neither keyword names a child module, or another crate.
            let known = ["crate", "super", "self"].contains(&path[0].as_str());
            let path: Vec<String> =
                if known { path.to_vec() } else { [&["self".to_owned()][..], path].concat() };
            if let Some(path) = absolute(&own, &path) {
                found.insert(name.to_owned(), path);
            }
        });
    }
    found
}

/// A path with `crate`, `self` or `super` at its start, from the root; `None` for any other.
fn absolute(own: &[String], path: &[String]) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|s| *s == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([own, &path[1..]].concat()),
        "super" => Some([&own[..own.len().checked_sub(ups)?], &path[ups..]].concat()),
        _ => None,
    }
}

/// The trees of the `use` statements, without the keyword and the semicolon.
fn use_statements(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("use ")
        .filter(|(at, _)| boundary(text, *at))
        .filter_map(|(at, _)| text[at + 4..].split(';').next())
}

/// Every path of a use tree, and the name that it gets.
fn expand(tree: &str, prefix: &mut Vec<String>, found: &mut dyn FnMut(&[String], &str)) {
    let tree = tree.trim();
    let depth = prefix.len();
    match tree.find('{') {
        Some(open) if tree.ends_with('}') => {
            prefix.extend(segments(&tree[..open]));
            for item in top_level(&tree[open + 1..tree.len() - 1]) {
                expand(&item, prefix, found);
            }
        }
        _ => {
            let (path, name) = match tree.split_once(" as ") {
                Some((path, name)) => (path, Some(name.trim())),
                None => (tree, None),
            };
            prefix.extend(segments(path));
            if prefix.len() > 1 && matches!(prefix.last().map(String::as_str), Some("self" | "*")) {
                prefix.pop();
            }
            if let Some(last) = prefix.last() {
                found(prefix, name.unwrap_or(last));
            }
        }
    }
    prefix.truncate(depth);
}

fn segments(path: &str) -> impl Iterator<Item = String> {
    path.split("::").map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned)
}

/// The items of a brace list, each with its own braces.
fn top_level(list: &str) -> Vec<String> {
    let (mut depth, mut items) = (0, vec![String::new()]);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match items.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => items.push(String::new()),
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

/// True if the code names something of a crate.
pub fn names_crate(text: &str, name: &str) -> bool {
    let path = text.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = text[..at].strip_suffix("::").unwrap_or(&text[..at]);
        !before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
    });
    let whole = |path: &[String]| path.len() == 1 && path[0] == name;
    let mut alone = false;
    for statement in use_statements(text) {
        expand(statement, &mut Vec::new(), &mut |path, _| alone |= whole(path));
    }
    path || alone || text.contains(&format!("extern crate {name}"))
}

/// The types and traits that other files can use.
pub fn exported_types(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("pub").filter(|(at, _)| boundary(text, *at)) {
        let rest = text[at + 3..].trim_start();
        let rest = match rest.strip_prefix('(') {
            Some(scope) => scope.split_once(')').map_or("", |(_, rest)| rest),
            None => rest,
        };
        let mut words = rest.split_whitespace();
        let kind = words.by_ref().find(|w| !["unsafe", "const", "auto"].contains(w));
        if kind.is_some_and(|kind| ["struct", "enum", "trait", "union", "type"].contains(&kind)) {
            let name = words.next().unwrap_or_default();
            found.extend(name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().map(str::to_owned));
        }
    }
    found
}

/// True if a text holds a word.
pub fn mentions(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(part)
            && !text[at + word.len()..].chars().next().is_some_and(part)
    })
}
