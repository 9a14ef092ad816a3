//! Configuration files in YAML, as the original has them; each key with its line.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::ConfigError;
use super::keys::{Assignment, Origin};

/// A value with the line of each key below it.
enum Node {
    Leaf(Value),
    Section(Vec<(Spanned<String>, Node)>),
}

/// The settings of a YAML text, in order. Aliases, depth and size are bounded by the parser, and a key given twice is
/// an error of its.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Assignment>, ConfigError> {
    let root: Node = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(0, |at| at.line());
        // The first line says it; what follows quotes the file.
        let said = error.without_snippet().to_string();
        let reason = format!("not YAML: {}", said.lines().next().unwrap_or_default());
        ConfigError::Syntax { path: format!("{path}:{line}"), reason }
    })?;
    let mut found = Vec::new();
    match root {
        // A file of comments sets nothing.
        Node::Leaf(Value::Null) => {}
        Node::Leaf(_) => {
            let reason = "a configuration is a YAML mapping".to_owned();
            return Err(ConfigError::Syntax { path: path.to_owned(), reason });
        }
        Node::Section(entries) => walk(path, "", entries, &mut found),
    }
    Ok(found)
}

fn walk(path: &str, prefix: &str, entries: Vec<(Spanned<String>, Node)>, found: &mut Vec<Assignment>) {
    for (name, node) in entries {
        let key = if prefix.is_empty() { name.value } else { format!("{prefix}.{}", name.value) };
        match node {
            Node::Section(entries) => walk(path, &key, entries, found),
            Node::Leaf(value) => {
                let line = usize::try_from(name.referenced.line()).unwrap_or(0);
                found.push(Assignment::new(key, value, Origin::File { path: path.to_owned(), line }));
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting: text, a number, true or false, a list, or a section of settings")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Leaf(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Leaf(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Leaf(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        let number = serde_json::Number::from_f64(value);
        number.map(|n| Node::Leaf(Value::Number(n))).ok_or_else(|| E::custom("a number must be finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Leaf(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Node>()? {
            match item {
                Node::Leaf(value) => list.push(value),
                Node::Section(_) => return Err(serde::de::Error::custom("no setting is a list of sections")),
            }
        }
        Ok(Node::Leaf(Value::Array(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<Spanned<String>>()? {
            entries.push((name, map.next_value()?));
        }
        Ok(Node::Section(entries))
    }
}
