//! The keywords that the features look for in the texts of an event.

use crate::table::{Labels, MISSING};

/// Declares each keyword with its text.
macro_rules! keywords {
    ($($keyword:ident $text:literal),* $(,)?) => {
        /// A keyword that features look for in lower-case text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Keyword { $($keyword),* }

        /// Every keyword with its text.
        const KEYWORDS: &[(Keyword, &str)] = &[$((Keyword::$keyword, $text)),*];
    };
}

keywords! {
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

/// The keywords of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Keywords {
    /// Bit `k` is set if the text contains keyword `k`.
    contained: u64,
    /// The keyword that is the whole text.
    whole: Option<Keyword>,
}

impl Keywords {
    /// The keywords of a text, in any case.
    pub(super) fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let mut keywords = Self::default();
        for &(keyword, name) in KEYWORDS.iter().filter(|(_, name)| text.contains(name)) {
            keywords.contained |= 1 << keyword as u32;
            if text.len() == name.len() {
                keywords.whole = Some(keyword);
            }
        }
        keywords
    }

    /// Returns whether the text contains the keyword.
    pub(super) fn has(self, keyword: Keyword) -> bool {
        self.contained >> (keyword as u32) & 1 == 1
    }

    /// Returns whether the text contains any of the keywords.
    pub(super) fn any(self, keywords: &[Keyword]) -> bool {
        keywords.iter().any(|&keyword| self.has(keyword))
    }

    /// Returns whether the text is the keyword.
    pub(super) fn is(self, keyword: Keyword) -> bool {
        self.whole == Some(keyword)
    }
}

/// The keywords of each event's text in one column. Each distinct text is searched once.
#[derive(Debug, Clone)]
pub(super) struct KeywordColumn<'a> {
    codes: Option<&'a [u32]>,
    /// Keywords of each distinct text.
    of_code: Vec<Keywords>,
}

impl<'a> KeywordColumn<'a> {
    /// The keywords of a column; no event has any if there is no column.
    pub(super) fn of(labels: Option<&'a Labels>) -> Self {
        Self {
            codes: labels.map(|labels| &labels.codes[..]),
            of_code: labels
                .map_or_else(Vec::new, |labels| labels.names.iter().map(|name| Keywords::of(name)).collect()),
        }
    }

    /// The keywords of event `i`; none if its text is missing.
    pub(super) fn at(&self, i: usize) -> Keywords {
        match self.codes.map(|codes| codes[i]) {
            None | Some(MISSING) => Keywords::default(),
            Some(code) => self.of_code[code as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_has_its_own_bit() {
        assert!(KEYWORDS.len() <= 64);
        for &(keyword, text) in KEYWORDS {
            let keywords = Keywords::of(&text.to_uppercase());
            assert!(keywords.has(keyword) && keywords.is(keyword), "{text}");
            let around = Keywords::of(&format!("x{text}_y"));
            assert!(around.has(keyword) && !around.is(keyword), "{text}");
        }
        assert_eq!(Keywords::of(""), Keywords::default());
        assert_eq!(Keywords::of("sweeps").contained.count_ones(), 1);
    }

    #[test]
    fn a_missing_text_has_no_keywords() {
        let labels = Labels::encode([Some("sweep"), None]);
        let column = KeywordColumn::of(Some(&labels));
        assert!(column.at(0).is(Keyword::Sweep));
        assert_eq!(column.at(1), Keywords::default());
        assert_eq!(KeywordColumn::of(None).at(9), Keywords::default());
    }
}
