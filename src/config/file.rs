//! Configuration files: TOML, JSON or YAML, each key with its line.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::keys::{Assignment, SettingOrigin, flatten};
#[cfg(feature = "yaml")]
use super::yaml;

/// Largest configuration file.
const MAX_BYTES: u64 = 4 << 20;

/// Reads a file, TOML unless its name ends in `.json`, `.yml` or `.yaml`.
pub(super) fn read(path: &Path) -> Result<Vec<Assignment>, ConfigError> {
    let name = path.display().to_string();
    let text = read_bounded(path).map_err(|source| ConfigError::Read { path: name.clone(), source })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let found = match extension.as_str() {
        "json" => json(&name, text),
        #[cfg(feature = "yaml")]
        "yml" | "yaml" => yaml::read(&name, text),
        #[cfg(not(feature = "yaml"))]
        "yml" | "yaml" => Err(ConfigError::NoYaml { path: name.clone() }),
        _ => toml(&name, text),
    }?;
    each_key_once(&found)?;
    Ok(found)
}

/// The text of a file of at most [`MAX_BYTES`].
fn read_bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_BYTES {
        true => Err(io::Error::new(io::ErrorKind::InvalidData, "a configuration has at most 4 MiB")),
        false => Ok(text),
    }
}

/// Refuses a key that is set twice in a file: `dag.k` is also `k` below `dag`.
fn each_key_once(found: &[Assignment]) -> Result<(), ConfigError> {
    let mut first: HashMap<&str, &Assignment> = HashMap::new();
    for second in found {
        if let Some(first) = first.insert(&second.key, second) {
            return Err(ConfigError::twice(first, second, &second.key));
        }
    }
    Ok(())
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|&&b| b == b'\n').count()
}

fn toml(path: &str, text: &str) -> Result<Vec<Assignment>, ConfigError> {
    let table = DeTable::parse(text).map_err(|e| {
        let line = e.span().map_or(0, |s| line_at(text, s.start));
        ConfigError::Syntax { path: format!("{path}:{line}"), reason: format!("not TOML: {}", e.message()) }
    })?;
    let mut found = Vec::new();
    walk(path, text, "", table.get_ref(), &mut found)?;
    Ok(found)
}

fn walk(
    path: &str,
    text: &str,
    prefix: &str,
    table: &DeTable<'_>,
    found: &mut Vec<Assignment>,
) -> Result<(), ConfigError> {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.get_ref().to_string()
        } else {
            format!("{prefix}.{}", name.get_ref())
        };
        let origin = SettingOrigin::File { path: path.to_owned(), line: line_at(text, name.span().start) };
        match value.get_ref() {
            DeValue::Table(inner) => walk(path, text, &key, inner, found)?,
            _ => match to_json(value) {
                Ok(value) => found.push(Assignment::new(key, value, origin)),
                Err(reason) => {
                    let value = text[value.span()].to_owned();
                    return Err(ConfigError::Value { origin, key, value, reason });
                }
            },
        }
    }
    Ok(())
}

fn to_json(value: &Spanned<DeValue<'_>>) -> Result<Value, String> {
    Ok(match value.get_ref() {
        DeValue::String(s) => Value::from(s.as_ref()),
        DeValue::Integer(i) => {
            let parsed = i64::from_str_radix(i.as_str(), i.radix());
            Value::from(parsed.map_err(|_| "an integer must fit 64 bits".to_owned())?)
        }
        DeValue::Float(f) => {
            let parsed: f64 = f.as_str().parse().map_err(|_| "not a number".to_owned())?;
            serde_json::Number::from_f64(parsed).map(Value::Number).ok_or("a number must be finite")?
        }
        DeValue::Boolean(b) => Value::from(*b),
        DeValue::Array(items) => Value::Array(items.iter().map(to_json).collect::<Result<_, _>>()?),
        DeValue::Datetime(_) => return Err("no setting is a date or a time".to_owned()),
        DeValue::Table(_) => return Err("no setting is a list of tables".to_owned()),
    })
}

/// The value of a text, as `--set` and environment variables give it: TOML if it parses as TOML, else the text
/// itself. `True` and `False`, Python's spelling, are true and false.
pub(super) fn scalar(text: &str) -> Value {
    match text {
        "True" => return Value::from(true),
        "False" => return Value::from(false),
        _ => {}
    }
    let document = format!("v = {text}");
    let parsed = DeTable::parse(&document).ok().filter(|t| t.get_ref().len() == 1);
    let value = parsed.as_ref().and_then(|t| t.get_ref().get("v")).and_then(|v| to_json(v).ok());
    value.unwrap_or_else(|| Value::from(text))
}

fn json(path: &str, text: &str) -> Result<Vec<Assignment>, ConfigError> {
    let value: Value = serde_json::from_str(text).map_err(|e| ConfigError::Syntax {
        path: format!("{path}:{}", e.line()),
        reason: format!("not JSON: {e}"),
    })?;
    if !value.is_object() {
        return Err(ConfigError::Syntax {
            path: path.to_owned(),
            reason: "a configuration is a JSON object".to_owned(),
        });
    }
    let lines = key_lines(path, text)?;
    let mut found = Vec::new();
    flatten("", value, &mut |key, value| {
        let line = lines.get(&key).copied().unwrap_or(0);
        found.push(Assignment::new(key, value, SettingOrigin::File { path: path.to_owned(), line }));
    });
    Ok(found)
}

/// The line of each key of a JSON text that is known to be valid. A key given twice is an error; the parser would
/// silently keep the last one.
fn key_lines(path: &str, text: &str) -> Result<HashMap<String, usize>, ConfigError> {
    let mut lines = HashMap::new();
    let mut sections: Vec<Option<String>> = Vec::new();
    let mut key = String::new();
    let (bytes, mut at) = (text.as_bytes(), 0);
    while at < bytes.len() {
        match bytes[at] {
            b'{' => sections.push(Some(std::mem::take(&mut key))),
            b'[' => sections.push(None),
            b'}' | b']' => {
                sections.pop();
            }
            b'"' => {
                let start = at;
                at += 1;
                while bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let is_key = text[at + 1..].trim_start().starts_with(':');
                if let (true, Some(Some(section))) = (is_key, sections.last()) {
                    let name: String = serde_json::from_str(&text[start..=at]).unwrap_or_default();
                    key = if section.is_empty() { name } else { format!("{section}.{name}") };
                    let line = line_at(text, start);
                    if lines.insert(key.clone(), line).is_some() {
                        let reason = format!("key `{key}` is given twice");
                        return Err(ConfigError::Syntax { path: format!("{path}:{line}"), reason });
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    Ok(lines)
}
