//! Configuration files in YAML, each key with its line.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::ConfigError;
use super::keys::{Assignment, SettingOrigin};

/// A node of a YAML document, with the line of each key.
enum YamlNode {
    Leaf(Value),
    Section(Vec<(Spanned<String>, YamlNode)>),
}

/// The settings of a YAML text, in order. The parser bounds aliases, depth and size, and refuses a key given twice.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Assignment>, ConfigError> {
    let root: YamlNode = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(0, |at| at.line());
        // The first line is the message; the rest quotes the file.
        let message = error.without_snippet().to_string();
        let reason = format!("not YAML: {}", message.lines().next().unwrap_or_default());
        ConfigError::Syntax { path: format!("{path}:{line}"), reason }
    })?;
    let mut found = Vec::new();
    match root {
        // A file of comments sets nothing.
        YamlNode::Leaf(Value::Null) => {}
        YamlNode::Leaf(_) => {
            let reason = "a configuration is a YAML mapping".to_owned();
            return Err(ConfigError::Syntax { path: path.to_owned(), reason });
        }
        YamlNode::Section(entries) => walk(path, "", entries, &mut found),
    }
    Ok(found)
}

fn walk(path: &str, prefix: &str, entries: Vec<(Spanned<String>, YamlNode)>, found: &mut Vec<Assignment>) {
    for (name, node) in entries {
        let key = if prefix.is_empty() { name.value } else { format!("{prefix}.{}", name.value) };
        match node {
            YamlNode::Section(entries) => walk(path, &key, entries, found),
            YamlNode::Leaf(value) => {
                let line = usize::try_from(name.referenced.line()).unwrap_or(0);
                found.push(Assignment::new(key, value, SettingOrigin::File { path: path.to_owned(), line }));
            }
        }
    }
}

impl<'de> Deserialize<'de> for YamlNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(YamlVisitor)
    }
}

struct YamlVisitor;

impl<'de> Visitor<'de> for YamlVisitor {
    type Value = YamlNode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting: text, a number, true or false, a list, or a section of settings")
    }

    fn visit_bool<E>(self, value: bool) -> Result<YamlNode, E> {
        Ok(YamlNode::Leaf(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<YamlNode, E> {
        Ok(YamlNode::Leaf(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<YamlNode, E> {
        Ok(YamlNode::Leaf(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<YamlNode, E> {
        let number = serde_json::Number::from_f64(value);
        number.map(|n| YamlNode::Leaf(Value::Number(n))).ok_or_else(|| E::custom("a number must be finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<YamlNode, E> {
        Ok(YamlNode::Leaf(value.into()))
    }

    fn visit_unit<E>(self) -> Result<YamlNode, E> {
        Ok(YamlNode::Leaf(Value::Null))
    }

    fn visit_none<E>(self) -> Result<YamlNode, E> {
        Ok(YamlNode::Leaf(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<YamlNode, D::Error> {
        YamlNode::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<YamlNode, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<YamlNode>()? {
            match item {
                YamlNode::Leaf(value) => list.push(value),
                YamlNode::Section(_) => {
                    return Err(serde::de::Error::custom("no setting is a list of sections"));
                }
            }
        }
        Ok(YamlNode::Leaf(Value::Array(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<YamlNode, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<Spanned<String>>()? {
            entries.push((name, map.next_value()?));
        }
        Ok(YamlNode::Section(entries))
    }
}
