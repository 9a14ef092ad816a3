//! JSON strings: names of labels inside a text, whatever they hold.

use std::iter::Peekable;
use std::str::CharIndices;

/// A JSON string.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// What the JSON string at the start of `text` says, and its length in bytes; `None` if there is none.
pub(crate) fn unquote(text: &str) -> Option<(String, usize)> {
    let mut chars = text.char_indices().peekable();
    chars.next_if(|&(_, c)| c == '"')?;
    let mut name = String::new();
    loop {
        match chars.next()? {
            (end, '"') => return Some((name, end + 1)),
            (_, '\\') => name.push(escape(&mut chars)?),
            (_, c) if c < ' ' => return None,
            (_, c) => name.push(c),
        }
    }
}

/// The character of an escape, its backslash being read.
fn escape(chars: &mut Peekable<CharIndices<'_>>) -> Option<char> {
    Some(match chars.next()?.1 {
        c @ ('"' | '\\' | '/') => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = unit(chars)?;
            // a character beyond the first 2^16 is two units
            let low = if (0xD800..0xDC00).contains(&unit) {
                chars.next_if(|&(_, c)| c == '\\')?;
                chars.next_if(|&(_, c)| c == 'u')?;
                Some(self::unit(chars)?)
            } else {
                None
            };
            char::decode_utf16(std::iter::once(unit).chain(low)).next()?.ok()?
        }
        _ => return None,
    })
}

/// Four hexadecimal digits.
fn unit(chars: &mut Peekable<CharIndices<'_>>) -> Option<u16> {
    (0..4).try_fold(0, |unit, _| Some(unit << 4 | chars.next()?.1.to_digit(16)? as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_json_and_comes_back() {
        for name in ["", "a\"b\\c|d,\n\u{1}é", "\\u0041", "\u{1F600}\u{7f}\u{2028}", "\"", "\\"] {
            let quoted = quote(name);
            assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), name);
            assert_eq!(unquote(&format!("{quoted}\"rest")), Some((name.to_owned(), quoted.len())));
        }
    }

    #[test]
    fn every_escape_of_json_is_read_and_nothing_else() {
        for text in [r#""\"\\\/\b\f\n\r\tA\u00e9\uD83D\uDE00""#, r#""é""#] {
            let want: String = serde_json::from_str(text).unwrap();
            assert_eq!(unquote(text), Some((want, text.len())));
        }
        for text in [
            "",
            "a",
            "\"",
            "\"a",
            r#""\x""#,
            r#""\u12"#,
            r#""\u12g4""#,
            r#""\uD83D""#,
            r#""\uD83Dx""#,
            r#""\uD83D\n""#,
            r#""\uD83DA""#,
            r#""\uDE00""#,
            "\"\n\"",
        ] {
            assert_eq!(unquote(text), None, "{text}");
        }
    }
}
