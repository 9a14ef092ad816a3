//! The format of an input, by its first bytes.

use crate::config::InputFormat;

/// How the bytes of an input are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Delimited,
    Json,
    Parquet,
    Arrow,
}

/// Extensions of logs. A file in a folder with another one may be anything: that it cannot be read ends no run.
const LOG_EXTENSIONS: [&str; 11] =
    ["csv", "tsv", "json", "jsonl", "ndjson", "parquet", "pq", "arrow", "feather", "ipc", "arrows"];
/// Extensions of compressions, behind which the one of the format stands.
const COMPRESSIONS: [&str; 4] = ["gz", "gzip", "zst", "zstd"];

/// The format of a file; `None` if it is neither text nor a format that is known.
pub(super) fn format(head: &[u8], setting: InputFormat) -> Option<Format> {
    let found = match head {
        [b'P', b'A', b'R', b'1' | b'E', ..] => Some(Format::Parquet),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] | [0xff, 0xff, 0xff, 0xff, ..] => Some(Format::Arrow),
        head if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") => Some(Format::Delimited),
        head if head.contains(&0) => None,
        head => {
            let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
            match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
                Some(b'{' | b'[') => Some(Format::Json),
                _ => Some(Format::Delimited),
            }
        }
    };
    match setting {
        InputFormat::Auto => found,
        InputFormat::Delimited => Some(Format::Delimited),
        InputFormat::Json => Some(Format::Json),
        InputFormat::Parquet => Some(Format::Parquet),
        InputFormat::Arrow => Some(Format::Arrow),
    }
}

/// Returns whether the name of a file says that it is a log.
pub(super) fn is_named_as_log(name: &str) -> bool {
    let mut parts = name.rsplit('.').map(str::to_lowercase);
    let last = parts.next().unwrap_or_default();
    let extension =
        if COMPRESSIONS.contains(&last.as_str()) { parts.next().unwrap_or_default() } else { last };
    LOG_EXTENSIONS.contains(&extension.as_str())
}

/// The name of a file without the extensions of its format and compression.
pub(super) fn stem(name: &str) -> &str {
    let cut = |name: &'_ str, extensions: &[&str]| {
        let (stem, extension) = name.rsplit_once('.')?;
        extensions.contains(&extension.to_lowercase().as_str()).then_some(stem.len())
    };
    let bare = cut(name, &COMPRESSIONS).map_or(name, |length| &name[..length]);
    match bare.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_the_format_and_the_name_whether_it_must_be_read() {
        let auto = |head: &[u8]| format(head, InputFormat::Auto);
        assert_eq!(auto(b"PAR1.."), Some(Format::Parquet));
        assert_eq!(auto(b"\xff\xff\xff\xff\x10"), Some(Format::Arrow));
        assert_eq!(auto(b"\xef\xbb\xbf\n {\"a\":1}"), Some(Format::Json));
        assert_eq!(auto(b"t,u\n1,2"), Some(Format::Delimited));
        assert_eq!(auto(b"a\0b"), None);
        assert_eq!(format(b"{a};b", InputFormat::Delimited), Some(Format::Delimited));
        assert!(is_named_as_log("a.csv.gz") && is_named_as_log("A.PARQUET") && !is_named_as_log("README.md"));
        assert_eq!(
            [stem("a.b.csv.gz"), stem("part-00000"), stem("x.csv"), stem(".csv")],
            ["a.b", "part-00000", "x", ".csv"]
        );
    }
}
