//! Cells that are numbers.

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NumberFormat {
    /// Decimal sign, `.` or `,`; `None`: a point, or a comma where cells are separated by something else and the
    /// numbers of the column leave no doubt.
    pub decimal: Option<char>,
    /// Sign between groups of digits; `None`: there is none.
    pub thousands: Option<char>,
}

/// Signs that may stand before or after an amount once the caller has said how numbers are written.
const CURRENCIES: [char; 7] = ['$', '€', '£', '¥', '₹', '₿', '₩'];

impl NumberFormat {
    /// The number of a cell in this format, whose decimal sign is `decimal`.
    ///
    /// With [`Self::decimal`] or [`Self::thousands`], signs of currencies and `%` are passed over: `5 %` is 5.
    pub(super) fn float(&self, cell: &str, decimal: char) -> Option<f64> {
        if *self == Self::default() && decimal == '.' {
            return cell.parse().ok();
        }
        let bare = if *self == Self::default() { cell } else { without_unit(cell) };
        let (whole, rest) = bare.split_at(bare.find(decimal).unwrap_or(bare.len()));
        let whole = match self.thousands {
            Some(sign) if whole.contains(sign) => without_groups(whole, sign)?,
            _ => whole.to_owned(),
        };
        // The other sign has no place in a number of this format.
        if decimal == ',' && whole.contains('.') {
            return None;
        }
        let plain = format!("{whole}{}", rest.replacen(decimal, ".", 1));
        plain.parse().ok()
    }

    /// The integer of a cell.
    pub(super) fn integer(&self, cell: &str) -> Option<i64> {
        match self.thousands {
            Some(sign) if cell.contains(sign) => without_groups(cell, sign)?.parse().ok(),
            _ => cell.parse().ok(),
        }
    }
}

/// A cell without a sign of a currency, or `%`, and blanks beside it; a sign of the number stays in front.
fn without_unit(cell: &str) -> &str {
    let is_unit = |c: char| CURRENCIES.contains(&c) || c == '%' || c.is_whitespace();
    cell.trim_matches(is_unit)
}

/// The digits of a whole number with signs between groups of three; `None` if the groups are of another size.
fn without_groups(whole: &str, sign: char) -> Option<String> {
    let digits = whole.trim_start_matches(['-', '+']);
    let mut groups = digits.split(sign);
    let first = groups.next()?;
    let is_group = |group: &str, sizes: std::ops::RangeInclusive<usize>| {
        sizes.contains(&group.len()) && group.bytes().all(|b| b.is_ascii_digit())
    };
    let grouped = is_group(first, 1..=3) && groups.all(|group| is_group(group, 3..=3));
    grouped.then(|| whole.replace(sign, ""))
}

/// Returns whether a cell with a decimal comma cannot be a whole number with a comma between thousands.
pub(super) fn has_certain_comma(cell: &str) -> bool {
    cell.split_once(',').is_some_and(|(whole, fraction)| {
        fraction.len() != 3
            || whole.trim_start_matches(['-', '+']).len() > 3
            || whole.trim_start_matches(['-', '+']) == "0"
    })
}

/// Returns whether a cell looks like a number in some format: a row of such cells names no columns.
pub(super) fn looks_numeric(cell: &str) -> bool {
    cell.parse::<f64>().is_ok() || cell.replacen(',', ".", 1).parse::<f64>().is_ok()
}

/// The number in a text of a typed column, with blanks around it; `None` if it is none.
pub(in crate::events) fn number_in(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_format_that_is_set() {
        let european = NumberFormat { decimal: Some(','), thousands: Some('.') };
        let american = NumberFormat { decimal: None, thousands: Some(',') };
        let plain = NumberFormat::default();
        assert_eq!(european.float("1.234.567,5", ','), Some(1_234_567.5));
        assert_eq!(european.float("-1.234 €", ','), Some(-1234.0));
        assert_eq!(european.float("1.23,5", ','), None, "no group of three");
        assert_eq!(american.float("$1,234.50", '.'), Some(1234.5));
        assert_eq!(american.float("5 %", '.'), Some(5.0));
        assert_eq!(american.integer("12,345"), Some(12_345));
        assert_eq!(american.integer("12,34"), None);
        assert_eq!(plain.float("1,5", ','), Some(1.5));
        assert_eq!(plain.float("1.5", ','), None);
        assert_eq!(plain.float("$1", '.'), None);
        assert_eq!(plain.float("1e3", '.'), Some(1000.0));
        assert!(has_certain_comma("1,5") && has_certain_comma("0,125") && has_certain_comma("1234,567"));
        assert!(!has_certain_comma("1,234") && !has_certain_comma("12"));
    }
}
