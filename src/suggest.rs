//! The known name that an unknown one most resembles, for a message's "did you mean".

/// Letters of a name that are looked at: a name from outside may be of any length.
const LETTERS: usize = 64;

/// The known name most like `name`, `None` if none is near: at most a third of the letters edited or swapped, upper and
/// lower case alike.
pub(crate) fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = |text: &str| text.chars().take(LETTERS).flat_map(char::to_lowercase).collect::<String>();
    let wanted = letters(name);
    let near = |text: &&'a str| {
        let other = letters(text);
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
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["timestamp", "price", "src"];
        assert_eq!(suggest("timestmp", known), Some("timestamp"));
        assert_eq!(suggest("SRC", known), Some("src"));
        assert_eq!(suggest("volume", known), None);
        assert_eq!(suggest(&"x".repeat(100_000), known), None);
    }
}
