//! What form a session came in, and what stood out in it.

use std::collections::BTreeMap;

/// The form of a source. Those that hold the same session in several ways are ordered, the poorer before the
/// richer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A table of the user's: no other form holds its session.
    #[default]
    Table,
    /// The built-in sample.
    Sample,
    /// A folder of Parquet files with the nodes of one session.
    Shard,
    /// JSON records that say their date each.
    Records,
    /// JSON with lists of price movements and liquidity events.
    Enhanced,
    /// The same with what was measured over the finished session.
    EnhancedRel,
    /// As [`Form::Adapted`], with the day and its news; it says no window.
    DayNews,
    /// JSON with one list of events in one shape.
    Adapted,
}

impl Form {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Sample => "sample",
            Self::Shard => "shard",
            Self::Records => "records",
            Self::Enhanced => "enhanced",
            Self::EnhancedRel => "enhanced_rel",
            Self::DayNews => "day_news",
            Self::Adapted => "adapted",
        }
    }

    /// Whether another form may hold the same session.
    pub fn has_rank(self) -> bool {
        self > Self::Sample
    }
}

/// Where a session comes from, and what stood out in it. What is counted here is kept among the events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The form of the source.
    pub form: Form,
    /// Symbol and bars of a shard, as in `NQ_M5`.
    pub dataset: Option<String>,
    /// Events outside the window that the source gives the session; `None` where it gives none.
    pub outside_window: Option<usize>,
    /// Events at a time that stands for one not known; `None` where the source has no wall clock.
    pub placeholder_times: Option<usize>,
    /// Fields that were left out because nothing is known of them, and columns of types that no event can use, with the
    /// number of events that have them.
    pub unknown_fields: BTreeMap<String, usize>,
}
