//! What the texts of an event say: the words that the features look for.

use crate::table::{Labels, MISSING};

/// Declares the words with their texts, so that neither can lack the other.
macro_rules! words {
    ($($word:ident $text:literal),* $(,)?) => {
        /// A word that features look for in lower-case text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Word { $($word),* }

        /// Every word with its text.
        const WORDS: &[(Word, &str)] = &[$((Word::$word, $text)),*];
    };
}

words! {
    Breakout "breakout",
    ChangeOfCharacter "change_of_character",
    Consolidation "consolidation",
    Correction "correction",
    Discount "discount",
    Equilibrium "equilibrium",
    Expansion "expansion",
    ExpansionPhase "expansion_phase",
    FairValueGap "fair_value_gap",
    Fpfvg "fpfvg",
    Fvg "fvg",
    FvgFormation "fvg_formation",
    FvgRedelivery "fvg_redelivery",
    Impulse "impulse",
    LiqSweep "liq_sweep",
    Liquidity "liquidity",
    LiquiditySweep "liquidity_sweep",
    Momentum "momentum",
    Mss "mss",
    OrderBlock "order_block",
    PdArray "pd_array",
    Premium "premium",
    Pullback "pullback",
    Ranging "ranging",
    Redelivery "redelivery",
    Retrace "retrace",
    Retracement "retracement",
    Reversal "reversal",
    Sideways "sideways",
    StopHunt "stop_hunt",
    Structure "structure",
    StructureShift "structure_shift",
    Sweep "sweep",
    Trending "trending",
}

/// The words of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Words {
    /// Bit `w` is set where the text contains word `w`.
    within: u64,
    /// The word that is the whole text.
    whole: Option<Word>,
}

impl Words {
    /// The words of a text, whatever its case.
    pub(super) fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let mut words = Self::default();
        for &(word, name) in WORDS.iter().filter(|(_, name)| text.contains(name)) {
            words.within |= 1 << word as u32;
            if text.len() == name.len() {
                words.whole = Some(word);
            }
        }
        words
    }

    /// Whether the text contains a word.
    pub(super) fn has(self, word: Word) -> bool {
        self.within >> (word as u32) & 1 == 1
    }

    /// Whether the text contains any of the words.
    pub(super) fn any(self, words: &[Word]) -> bool {
        words.iter().any(|&word| self.has(word))
    }

    /// Whether the text is the word.
    pub(super) fn is(self, word: Word) -> bool {
        self.whole == Some(word)
    }
}

/// The words of each event's text in one column. Each distinct text is read once.
#[derive(Debug, Clone)]
pub(super) struct Said<'a> {
    codes: Option<&'a [u32]>,
    of_code: Vec<Words>,
}

impl<'a> Said<'a> {
    /// Reads a column; where there is none, no event says anything.
    pub(super) fn of(labels: Option<&'a Labels>) -> Self {
        Self {
            codes: labels.map(|labels| labels.codes.as_slice()),
            of_code: labels
                .map_or_else(Vec::new, |labels| labels.names.iter().map(|name| Words::of(name)).collect()),
        }
    }

    /// The words of an event; none where the text is missing.
    pub(super) fn at(&self, i: usize) -> Words {
        match self.codes.map(|codes| codes[i]) {
            None | Some(MISSING) => Words::default(),
            Some(code) => self.of_code[code as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_bit_of_its_own() {
        assert!(WORDS.len() <= 64);
        for &(word, text) in WORDS {
            let words = Words::of(&text.to_uppercase());
            assert!(words.has(word) && words.is(word), "{text}");
            let around = Words::of(&format!("x{text}_y"));
            assert!(around.has(word) && !around.is(word), "{text}");
        }
        assert_eq!(Words::of(""), Words::default());
        assert_eq!(Words::of("sweeps").within.count_ones(), 1);
    }

    #[test]
    fn a_missing_text_says_nothing() {
        let labels = Labels::encode([Some("sweep"), None]);
        let said = Said::of(Some(&labels));
        assert!(said.at(0).is(Word::Sweep));
        assert_eq!(said.at(1), Words::default());
        assert_eq!(Said::of(None).at(9), Words::default());
    }
}
