//! Hive folder names: `session_id=<id>`, one path segment, which cannot leave the folder of the dataset.

use crate::store::StoreError;

/// Maximum length of a path segment on common file systems, bytes.
const MAX_SEGMENT_BYTES: usize = 255;
/// The value that Hive readers interpret as missing.
const HIVE_MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// The folder name `key=value` of a Hive dataset.
///
/// ASCII letters, digits, `.`, `_` and `-` are kept; every other byte of the UTF-8 text is written as `%XX`, `=` and
/// `%` included, and so is a `.` at the end, which Windows drops. Readers that know Hive paths (pyarrow, DuckDB,
/// Spark) decode `%XX`. They may convert a value like `007` to a number unless told that the column is text.
///
/// ```
/// # use ironforge::store::partition_dir;
/// assert_eq!(partition_dir("session_id", "NY_AM 2025/08")?, "session_id=NY_AM%202025%2F08");
/// # Ok::<(), ironforge::store::StoreError>(())
/// ```
///
/// # Errors
/// [`StoreError::Partition`] if the key or the value is empty, if readers would interpret the value as missing,
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
        return refuse("readers interpret this name as a missing value".to_owned());
    }
    let name = format!("{}={}", percent_encode(key), percent_encode(value));
    if name.len() > MAX_SEGMENT_BYTES {
        return refuse(format!(
            "the folder name takes {} bytes, {MAX_SEGMENT_BYTES} are allowed",
            name.len()
        ));
    }
    Ok(name)
}

/// The value in a folder name that [`partition_dir`] gives for the key; `None` for any other name.
pub(crate) fn partition_value(key: &str, name: &str) -> Option<String> {
    let (encoded_key, value) = name.split_once('=')?;
    if encoded_key != percent_encode(key) {
        return None;
    }
    let value = percent_decode(value)?;
    // A session has exactly one folder name: other encodings of the same value are not accepted.
    (partition_dir(key, &value).ok()? == name).then_some(value)
}

/// The key and the value of a folder name `key=value` of any writer; the value is `None` where the name says that it is
/// missing. `None` for any other name.
pub fn hive_segment(name: &str) -> Option<(String, Option<String>)> {
    let (key, value) = name.split_once('=').filter(|(key, _)| !key.is_empty())?;
    let (key, value) = (percent_decode(key)?, percent_decode(value)?);
    Some((key, Some(value).filter(|value| value != HIVE_MISSING && !value.is_empty())))
}

fn percent_encode(text: &str) -> String {
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

/// Decodes the `%XX` of a folder name of any writer; `None` if two hexadecimal digits are missing after a `%`, or if
/// the result is not UTF-8 text.
pub(crate) fn percent_decode(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn plain_ids_are_kept() {
        let name = partition_dir("session_id", "NYAM_2025-08-07_FRESH").unwrap();
        assert_eq!(name, "session_id=NYAM_2025-08-07_FRESH");
    }

    #[test]
    fn no_value_leaves_the_folder() {
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
    fn the_value_is_decoded_from_the_name() {
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
    fn folder_names_are_decoded() {
        assert_eq!(percent_decode("..%2Fx%3Dy").as_deref(), Some("../x=y"));
        assert_eq!(percent_decode("%C3%A9").as_deref(), Some("é"));
        assert_eq!([percent_decode("%4"), percent_decode("%zz"), percent_decode("%ff")], [None, None, None]);
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
