//! What the caller sets about the format of text files.

use super::number::NumberFormat;
use crate::events::raw::BadRows;

/// What separates cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// One ASCII character.
    Byte(u8),
    /// Blanks and tabs, any number of them.
    Blanks,
}

impl Delimiter {
    /// The delimiters that are looked for, in order of preference.
    pub(super) const DETECTED: [Self; 4] =
        [Self::Byte(b','), Self::Byte(b'\t'), Self::Byte(b';'), Self::Byte(b'|')];

    /// The name of the setting: `tab`, `blanks`, or the character.
    pub fn name(self) -> String {
        match self {
            Self::Byte(b'\t') => "tab".to_owned(),
            Self::Byte(byte) => char::from(byte).to_string(),
            Self::Blanks => "blanks".to_owned(),
        }
    }

    /// The delimiter called `name`; `None` if it is no printable ASCII character that can separate cells.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "tab" | "\\t" | "\t" => Some(Self::Byte(b'\t')),
            "blanks" | "space" | " " => Some(Self::Blanks),
            "comma" => Some(Self::Byte(b',')),
            _ => match name.as_bytes() {
                &[byte] if byte.is_ascii_punctuation() && byte != b'"' => Some(Self::Byte(byte)),
                _ => None,
            },
        }
    }
}

/// Which lines are comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comments {
    /// Lines at the top of the file that begin with `#` or `%`.
    #[default]
    Leading,
    /// Every line that begins with this ASCII character.
    Begin(u8),
    /// None.
    None,
}

/// What is known about text files before they are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOptions {
    /// What separates cells; `None`: found in the first rows.
    pub delimiter: Option<Delimiter>,
    /// Which lines are comments.
    pub comments: Comments,
    /// Whether the first row names the columns; `None`: found in the first rows. Without names columns are called
    /// `0`, `1`, ...
    pub header: Option<bool>,
    /// Whether `"` quotes cells.
    pub quotes: bool,
    /// How numbers are written.
    pub numbers: NumberFormat,
    /// Words that stand for a missing number.
    pub missing: Vec<String>,
    /// What becomes of rows that cannot be read.
    pub bad_rows: BadRows,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            delimiter: None,
            comments: Comments::default(),
            header: None,
            quotes: true,
            numbers: NumberFormat::default(),
            missing: Self::missing_words(),
            bad_rows: BadRows::default(),
        }
    }
}

impl TextOptions {
    /// The default of `missing`.
    pub fn missing_words() -> Vec<String> {
        let words = [
            "NA", "N/A", "n/a", "#N/A", "<NA>", "NULL", "Null", "null", "None", "nan", "NaN", "NaT", "-",
            ".", "\\N", "?",
        ];
        words.map(str::to_owned).to_vec()
    }
}
