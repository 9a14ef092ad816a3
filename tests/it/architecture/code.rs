//! The code of a source file: comments, strings and unit tests told apart from the rest.

/// The code of a file: without comments and unit tests, and with one spelling for each path.
pub fn code(text: &str) -> String {
    let (mut kept, mut blank) = lexed(text);
    // Unit tests, documentation-only imports: the item after the attribute, to its `;` or its closing brace.
    for attribute in ["#[cfg(test)]", "#[cfg(doc)]"] {
        while let Some(at) = blank.find(attribute) {
            let end = at + attribute.len() + item_end(&blank[at + attribute.len()..]);
            kept.replace_range(at..end, "");
            blank.replace_range(at..end, "");
        }
    }
    let mut kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    for (from, to) in
        [(" ::", "::"), (":: ", "::"), ("r#", ""), ("$crate", "crate"), ("self::super", "super")]
    {
        kept = kept.replace(from, to);
    }
    kept = kept.replace("use::", "use ::");
    // The crate's own name: with or without the leading colons.
    kept = kept.replace("::ironforge::", "crate::").replace(" ironforge::", " crate::");
    kept
}

/// The text with comments as spaces, and the same with strings as spaces too; of equal length.
fn lexed(text: &str) -> (String, String) {
    let (mut kept, mut blank, mut rest) = (String::new(), String::new(), text);
    while let Some(c) = rest.chars().next() {
        let before = kept.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let hashes = rest[1..].bytes().take_while(|b| *b == b'#').count();
        let (len, comment) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), true)
        } else if rest.starts_with("/*") {
            (rest.find("*/").map_or(rest.len(), |i| i + 2), true)
        } else if !before && c == 'r' && rest[1 + hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let open = 2 + hashes;
            (rest[open..].find(&close).map_or(rest.len(), |i| open + i + close.len()), false)
        } else if c == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            (end.map_or(rest.len(), |i| i + 2), false)
        } else if rest.starts_with("'\\") {
            (rest[3..].find('\'').map_or(rest.len(), |i| i + 4), false)
        } else if c == '\'' && rest.chars().nth(2) == Some('\'') {
            (2 + rest.chars().nth(1).map_or(0, char::len_utf8), false)
        } else {
            kept.push(c);
            blank.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        let spaces = " ".repeat(len);
        kept += if comment { &spaces } else { &rest[..len] };
        blank += &spaces;
        rest = &rest[len..];
    }
    (kept, blank)
}

/// Where the item at the start of a text ends: behind its `;` or its closing brace.
fn item_end(text: &str) -> usize {
    let use_item = text
        .split_whitespace()
        .find(|w| !w.starts_with('#'))
        .is_some_and(|w| w == "use" || w.starts_with("pub"));
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 && !(use_item && text[i + 1..].trim_start().starts_with(';')) {
                    return i + 1;
                }
            }
            ';' if depth == 0 => return i + 1,
            _ => {}
        }
    }
    text.len()
}
