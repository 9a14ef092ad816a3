//! The forms of the original's session files.
//!
//! Several files may contain the same session. The file of the form with the highest rank is read and supersedes the
//! others.

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
/// As [`ENHANCED`], with values measured over the whole session.
pub const ENHANCED_REL: SourceForm = form("enhanced_rel", 4);
/// As [`ADAPTED`], with the trading day and its news, and without the hours of the session.
pub const DAY_NEWS: SourceForm = form("day_news", 5);
/// JSON with one list of uniform events.
pub const ADAPTED: SourceForm = form("adapted", 6);

/// Returns whether a form is one of the original's.
pub fn is_session_file(form: SourceForm) -> bool {
    [SHARD, RECORDS, ENHANCED, ENHANCED_REL, DAY_NEWS, ADAPTED].contains(&form)
}
