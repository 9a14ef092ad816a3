//! The forms of the original's session files.
//!
//! Several files may hold one session. The form with the highest richness is read, the others are superseded.

use crate::table::SourceForm;

const fn form(name: &'static str, richness: u8) -> SourceForm {
    SourceForm { name, richness: Some(richness) }
}

/// A folder of Parquet files with the nodes of one session.
pub const SHARD: SourceForm = form("shard", 1);
/// JSON records, each with its own date.
pub const RECORDS: SourceForm = form("records", 2);
/// JSON with lists of price movements and liquidity events.
pub const ENHANCED: SourceForm = form("enhanced", 3);
/// As [`ENHANCED`], with values measured over the finished session.
pub const ENHANCED_REL: SourceForm = form("enhanced_rel", 4);
/// As [`ADAPTED`], with the day and its news, without the session's window.
pub const DAY_NEWS: SourceForm = form("day_news", 5);
/// JSON with one list of uniform events.
pub const ADAPTED: SourceForm = form("adapted", 6);
