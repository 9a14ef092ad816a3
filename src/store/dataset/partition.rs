//! Hive folder names: `session_id=<id>`, one path segment that cannot leave its folder.

use crate::store::StoreError;

/// Longest name of one path segment that common file systems take, bytes.
const MAX_SEGMENT: usize = 255;
/// What hive readers take for a missing value.
const HIVE_MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// The folder name `key=value` of a hive dataset.
///
/// Letters, digits, `.`, `_` and `-` stand for themselves, every other byte of the UTF-8 text is written `%XX`
/// (`=` and `%` too), as is a `.` at the end of the value, which Windows drops. Readers that know hive paths
/// (pyarrow, DuckDB, Spark) decode `%XX` and read the value back; they may then take a value like `007` for a
/// number, unless told that the column is text.
///
/// # Errors
/// [`StoreError::Partition`] if the key or the value is empty, if readers would take the value for a missing one,
/// or if the name exceeds 255 bytes.
pub fn partition_dir(key: &str, value: &str) -> Result<String, StoreError> {
    let refuse = |why: String| {
        let value = value.chars().take(80).collect();
        Err(StoreError::Partition { key: key.to_owned(), value, why })
    };
    if key.is_empty() || value.is_empty() {
        return refuse("it is empty".to_owned());
    }
    if value == HIVE_MISSING {
        return refuse("readers take this name for a missing value".to_owned());
    }
    let name = format!("{}={}", encode(key), encode(value));
    if name.len() > MAX_SEGMENT {
        return refuse(format!("the name takes {} bytes, {MAX_SEGMENT} are allowed", name.len()));
    }
    Ok(name)
}

/// The value of a folder name that [`partition_dir`] gives for the key; `None` for any other name.
pub(crate) fn partition_value(key: &str, name: &str) -> Option<String> {
    let (own, value) = name.split_once('=')?;
    if own != encode(key) {
        return None;
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            byte => byte,
        });
    }
    let value = String::from_utf8(bytes).ok()?;
    // One session has one name, so that it cannot stand in two folders.
    (partition_dir(key, &value).ok()? == name).then_some(value)
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, byte) in text.bytes().enumerate() {
        let last = i + 1 == text.len();
        match byte {
            b'.' if last => out.push_str("%2E"),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn plain_ids_stand_for_themselves() {
        let name = partition_dir("session_id", "NYAM_2025-08-07_FRESH").unwrap();
        assert_eq!(name, "session_id=NYAM_2025-08-07_FRESH");
    }

    #[test]
    fn nothing_leaves_the_folder() {
        for value in ["../x", "/abs", "a/../../b", "a\0b", "C:\\x", "..", ".", "é=%", "\u{202e}gpj", " "] {
            let name = partition_dir("session_id", value).unwrap();
            let rest = name.strip_prefix("session_id=").unwrap();
            assert!(rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-%".contains(&b)), "{name}");
            assert_eq!(std::path::Path::new(&name).components().count(), 1, "{name}");
            assert!(!rest.ends_with('.'), "{name}");
        }
        assert_eq!(partition_dir("k", "../x=y").unwrap(), "k=..%2Fx%3Dy");
    }

    #[test]
    fn the_name_gives_the_value_back() {
        for value in ["NY_AM", "../x=y", "é=%", ".", "a b"] {
            let name = partition_dir("a.b c", value).unwrap();
            assert_eq!(partition_value("a.b c", &name).as_deref(), Some(value));
        }
        for name in ["k=", "k", "j=x", "k=a b", "k=%41", "k=%2", "k=%zz", "k=%2e", "k=%2E%2e", "k=%FF", "k=é"]
        {
            assert_eq!(partition_value("k", name), None, "{name}");
        }
    }

    #[test]
    fn impossible_names_are_refused() {
        assert!(partition_dir("session_id", &"x".repeat(244)).is_ok());
        for value in [String::new(), HIVE_MISSING.to_owned(), "x".repeat(245), "é".repeat(50)] {
            assert!(
                matches!(partition_dir("session_id", &value), Err(StoreError::Partition { .. })),
                "{value}"
            );
        }
    }
}
