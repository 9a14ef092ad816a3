//! The id of a session, from the name of its file.

/// Prefixes of the form of a file, which are not part of the id.
const PREFIXES: [&str; 4] = ["day_news_", "adapted_", "enhanced_", "rel_"];
/// A token of every file name that is not part of the id.
const LEVEL: &str = "Lvl-1";

/// The id of the session in a file with this stem (its name without the extension).
///
/// In a stem with a date `YYYY_MM_DD` the prefixes `day_news_`, `adapted_`, `enhanced_`, `rel_` and
/// the token `Lvl-1` are dropped, the date is written `YYYY-MM-DD`, and the rest is kept. Any other stem is unchanged.
///
/// ```
/// use ironforge::legacy::session_id_from_stem;
/// assert_eq!(session_id_from_stem("adapted_enhanced_rel_NY_AM_Lvl-1_2025_07_24"), "NY_AM_2025-07-24");
/// assert_eq!(session_id_from_stem("collegemsg"), "collegemsg");
/// ```
pub fn session_id_from_stem(stem: &str) -> String {
    let mut rest = stem;
    while let Some(shorter) = PREFIXES.iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        rest = shorter;
    }
    let tokens: Vec<&str> = rest.split('_').collect();
    let Some(at) = (0..tokens.len()).rev().find(|&at| is_date(&tokens[at..])) else {
        return stem.to_owned();
    };
    let mut parts: Vec<String> =
        tokens[..at].iter().filter(|&&token| token != LEVEL).map(|&token| token.to_owned()).collect();
    parts.push(tokens[at..at + 3].join("-"));
    parts.extend(tokens[at + 3..].iter().map(|&token| token.to_owned()));
    parts.join("_")
}

fn is_date(tokens: &[&str]) -> bool {
    let number = |token: &str, digits: usize| {
        let plain = token.len() == digits && token.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| token.parse::<u32>().ok()).flatten()
    };
    let [year, month, day, ..] = tokens else { return false };
    number(year, 4).is_some()
        && number(month, 2).is_some_and(|m| (1..=12).contains(&m))
        && number(day, 2).is_some_and(|d| (1..=31).contains(&d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_the_name_and_date_of_the_session() {
        for (stem, id) in [
            ("adapted_enhanced_rel_NYAM_Lvl-1_2025_08_07_FRESH", "NYAM_2025-08-07_FRESH"),
            ("enhanced_rel_LONDON_Lvl-1_2025_07_24", "LONDON_2025-07-24"),
            ("day_news_enhanced_rel_NY_AM_Lvl-1_2025_08_05", "NY_AM_2025-08-05"),
            ("trades_2024_01_31", "trades_2024-01-31"),
            ("rel_notes", "rel_notes"),
            ("x_2024_13_01", "x_2024_13_01"),
            ("2024_01_02", "2024-01-02"),
            ("", ""),
        ] {
            assert_eq!(session_id_from_stem(stem), id);
        }
    }
}
