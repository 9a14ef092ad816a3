//! The column map of `session.*`, and the check that some input uses each of its settings.

use crate::config::SessionConfig;
use crate::events::{ColumnMap, TimeColumn, Years};
use crate::legacy::forms;
use crate::pipeline::error::{Error, SkippedInput};
use crate::table::{Session, SourceForm};

/// Value of `session.zone` that leaves the zone to the input.
const AUTO_ZONE: &str = "auto";

/// The column map of the settings.
pub(super) fn column_map(session: &SessionConfig) -> Result<ColumnMap, Error> {
    let named = |text: &String| (!text.is_empty()).then(|| text.clone());
    Ok(ColumnMap {
        time: named(&session.time).map(|text| TimeColumn::parse(&text)).transpose()?,
        seq: named(&session.seq),
        zone: (session.zone != AUTO_ZONE).then(|| session.zone.clone()),
        kind: named(&session.kind),
        group: named(&session.group),
        keys: session.keys.clone(),
        numeric: (!session.numeric.is_empty()).then(|| session.numeric.clone()),
        price: named(&session.price),
        missing: session.missing.clone(),
        missing_keys: session.missing_keys.clone(),
        years: Years { first: session.years.0, last: session.years.1 },
        bad_rows: session.bad_rows,
    })
}

/// Refuses a column setting that no input uses. Session files and shards define their fields themselves, and shards
/// and the sample have no wall-clock times.
pub(super) fn check_used(
    session: &SessionConfig,
    sessions: &[Session],
    skipped: &[SkippedInput],
) -> Result<(), Error> {
    let any = |form: &dyn Fn(SourceForm) -> bool| sessions.iter().any(|session| form(session.origin.form));
    let has_table = any(&|form| form == SourceForm::TABLE);
    let has_wall_clock = any(&|form| form != forms::SHARD && form != SourceForm::SAMPLE);
    let (table, wall_clock) = ((has_table, "a table"), (has_wall_clock, "a table or a session file"));
    let settings = [
        ("time", !session.time.is_empty(), table),
        ("seq", !session.seq.is_empty(), table),
        ("kind", !session.kind.is_empty(), table),
        ("group", !session.group.is_empty(), table),
        ("keys", !session.keys.is_empty(), table),
        ("numeric", !session.numeric.is_empty(), table),
        ("price", !session.price.is_empty(), table),
        ("zone", session.zone != AUTO_ZONE, wall_clock),
    ];
    match settings.into_iter().find(|&(_, set, (used, _))| set && !used) {
        Some((key, _, (_, applies_to))) => {
            Err(Error::UnusedSetting { key, applies_to, skipped: skipped.to_vec() })
        }
        None => Ok(()),
    }
}
