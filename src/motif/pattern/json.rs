//! JSON strings: label names that may hold any character.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

/// `value` as JSON, every control character below U+0020 written as `\u00xx`.
pub(crate) fn to_json(value: &(impl Serialize + ?Sized)) -> String {
    let mut json = Vec::new();
    let written = value.serialize(&mut serde_json::Serializer::with_formatter(&mut json, LongControlEscapes));
    debug_assert!(written.is_ok(), "strings and lists of strings always serialise");
    String::from_utf8_lossy(&json).into_owned()
}

/// Writes every control character in the long form (`\u000a`), even if JSON has a short one (`\n`): the text of a
/// pattern is an identifier and must not change between versions.
struct LongControlEscapes;

impl Formatter for LongControlEscapes {
    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let escape = match escape {
            CharEscape::Backspace => CharEscape::AsciiControl(0x08),
            CharEscape::Tab => CharEscape::AsciiControl(b'\t'),
            CharEscape::LineFeed => CharEscape::AsciiControl(b'\n'),
            CharEscape::FormFeed => CharEscape::AsciiControl(0x0C),
            CharEscape::CarriageReturn => CharEscape::AsciiControl(b'\r'),
            other => other,
        };
        CompactFormatter.write_char_escape(writer, escape)
    }
}

/// The value of the JSON string that `text` begins with, and its length in bytes, quotes included; `None` if `text`
/// does not begin with one.
pub(super) fn leading_string(text: &str) -> Option<(String, usize)> {
    // serde_json would skip leading white space
    text.starts_with('"').then_some(())?;
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_json_requires_is_escaped() {
        let escaped = |c: char| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c < ' ' => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        };
        // controls, quotes, backslashes, DEL, the line separators U+2028 and U+2029, and a character of two UTF-16
        // units
        for c in ('\0'..='\u{3000}').chain(['\u{D7FF}', '\u{E000}', '\u{FFFF}', '\u{1F600}', char::MAX]) {
            assert_eq!(to_json(&c.to_string()), format!("\"{}\"", escaped(c)), "{c:?}");
        }
        assert_eq!(to_json("a\nb\t\u{8}\u{c}\r/\u{7f}"), "\"a\\u000ab\\u0009\\u0008\\u000c\\u000d/\u{7f}\"");
        assert_eq!(to_json(&["a", "", "b|\"c\""]), r#"["a","","b|\"c\""]"#);
        assert_eq!(to_json(&[""; 0]), "[]");
    }

    #[test]
    fn a_quoted_name_is_json_and_reads_back() {
        for name in ["", "a\"b\\c|d,\n\u{1}é", "\\u0041", "\u{1F600}\u{7f}\u{2028}", "\"", "\\"] {
            let quoted = to_json(name);
            assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), name);
            for rest in ["", "\"rest", " rest", "x", "#2 -> \"b\"", "\n"] {
                let read = leading_string(&format!("{quoted}{rest}"));
                assert_eq!(read, Some((name.to_owned(), quoted.len())), "{rest:?}");
            }
        }
    }

    #[test]
    fn every_escape_of_json_is_read_and_nothing_else() {
        for (text, want) in [
            (r#""\"\\\/\b\f\n\r\t\u0041\u00e9\uD83D\uDE00""#, "\"\\/\u{8}\u{c}\n\r\tA\u{e9}\u{1F600}"),
            (
                r#""\u0000\u001F\u007f\u2028\uFFFF\uffff\udbff\udfff""#,
                "\0\u{1F}\u{7f}\u{2028}\u{FFFF}\u{FFFF}\u{10FFFF}",
            ),
            ("\"é\u{7f}\u{2028}\"", "é\u{7f}\u{2028}"),
        ] {
            assert_eq!(leading_string(text), Some((want.to_owned(), text.len())));
        }
        for text in [
            "",
            "a",
            " \"a\"",
            "\"",
            "\"a",
            r#""\x""#,
            r#""\u12""#,
            r#""\u12g4""#,
            r#""\uD83D""#,
            r#""\uD83Dx""#,
            r#""\uD83D\n""#,
            r#""\uD83DA""#,
            r#""\uD83D\u0041""#,
            r#""\uD83D\uD83D""#,
            r#""\uDE00""#,
            "\"\n\"",
            "\"\0\"",
            "\"\u{1f}\"",
        ] {
            assert_eq!(leading_string(text), None, "{text}");
        }
    }
}
