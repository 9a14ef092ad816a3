//! The known name that an unknown one most resembles, for a message's "did you mean".

/// Number of characters that are compared: an untrusted name may be of any length.
const MAX_CHARS: usize = 64;

/// The known name nearest to `name` by Damerau-Levenshtein distance, ignoring case; `None` if the distance exceeds a
/// third of the longer name's length.
pub(crate) fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = |text: &str| text.chars().take(MAX_CHARS).flat_map(char::to_lowercase).collect::<String>();
    let wanted = folded(name);
    let near = |text: &&'a str| {
        let other = folded(text);
        let edits = strsim::damerau_levenshtein(&wanted, &other);
        let length = wanted.chars().count().max(other.chars().count());
        (3 * edits <= length.max(3)).then_some(edits)
    };
    known
        .into_iter()
        .filter_map(|text| Some((near(&text)?, text)))
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_recognised_and_another_word_is_not() {
        let known = ["timestamp", "price", "src"];
        assert_eq!(suggest("timestmp", known), Some("timestamp"));
        assert_eq!(suggest("SRC", known), Some("src"));
        assert_eq!(suggest("volume", known), None);
        assert_eq!(suggest(&"x".repeat(100_000), known), None);
    }
}
