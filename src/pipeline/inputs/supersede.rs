//! Keeps a session that is present in several forms once, in the richest form.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::legacy::forms;
use crate::table::Session;

/// An input whose session another input holds in a richer form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Superseded {
    /// The file, or the folder of a shard.
    pub file: String,
    /// The session id.
    pub session: String,
    /// The file that the session is read from.
    pub by: String,
    /// Reason for the preference.
    pub why: String,
    /// Events of the superseded file.
    pub events: usize,
    /// Events of the file that the session is read from.
    pub by_events: usize,
}

/// Keeps each session in its richest form; from richest to poorest: adapted, day_news, enhanced_rel, enhanced,
/// records, shard. If a session is present in shards only, all of them are kept, with symbol and bars prefixed to the
/// id.
///
/// Tables, and two files of one form, are not ranked: they keep the same id, which the caller refuses.
pub(super) fn keep_richest(sessions: Vec<Session>) -> (Vec<Session>, Vec<Superseded>) {
    let mut by_id: BTreeMap<String, Vec<Session>> = BTreeMap::new();
    for session in sessions {
        by_id.entry(session.id.clone()).or_default().push(session);
    }
    let (mut kept, mut superseded) = (Vec::new(), Vec::new());
    for mut same in by_id.into_values() {
        // A table has no rank: only the user knows whether it holds the same session.
        if same.iter().all(|session| session.origin.form.richness.is_some()) {
            same.sort_by(|a, b| richness(b).cmp(&richness(a)).then_with(|| a.source.cmp(&b.source)));
            let best = same.first().map_or(forms::SHARD, |session| session.origin.form);
            let others = same.split_off(same.partition_point(|session| session.origin.form == best));
            superseded.extend(others.into_iter().map(|session| superseded_by(session, &same[0])));
            if best == forms::SHARD && same.len() > 1 {
                same.iter_mut().for_each(prefix_dataset);
            }
        }
        kept.extend(same);
    }
    superseded.sort_by(|a, b| (&a.file, &a.session).cmp(&(&b.file, &b.session)));
    (kept, superseded)
}

/// Rank of the form of a session; `None` if it has none.
fn richness(session: &Session) -> Option<u8> {
    session.origin.form.richness
}

fn superseded_by(session: Session, kept: &Session) -> Superseded {
    let [own, other] = [session.origin.form, kept.origin.form].map(|form| form.name);
    let why = format!("a session is read once, and {other} comes before {own}");
    let [events, by_events] = [&session, kept].map(|session| session.events.len());
    Superseded { file: session.source, session: session.id, by: kept.source.clone(), why, events, by_events }
}

fn prefix_dataset(session: &mut Session) {
    if let Some(dataset) = &session.origin.dataset {
        session.id = format!("{dataset}_{}", session.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::forms::{ADAPTED, DAY_NEWS, ENHANCED, ENHANCED_REL, RECORDS, SHARD};
    use crate::table::{SessionOrigin, SourceForm};

    fn session(source: &str, form: SourceForm, dataset: Option<&str>) -> Session {
        let origin = SessionOrigin { form, dataset: dataset.map(str::to_owned), ..SessionOrigin::default() };
        Session { id: "s".to_owned(), source: source.to_owned(), origin, ..Session::default() }
    }

    fn kept(sessions: Vec<Session>) -> (Vec<String>, Vec<(String, String)>) {
        let (kept, superseded) = keep_richest(sessions);
        let named = |s: Session| format!("{} {}", s.id, s.source);
        (kept.into_iter().map(named).collect(), superseded.into_iter().map(|s| (s.file, s.by)).collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|&(file, by)| (file.to_owned(), by.to_owned())).collect()
    }

    #[test]
    fn the_richest_form_wins_in_any_order_of_the_inputs() {
        let all = [SHARD, RECORDS, ENHANCED, ENHANCED_REL, DAY_NEWS, ADAPTED];
        let mut sessions: Vec<_> = all.iter().map(|&form| session(form.name, form, None)).collect();
        let losers =
            ["day_news", "enhanced", "enhanced_rel", "records", "shard"].map(|file| (file, "adapted"));
        for _ in 0..all.len() {
            sessions.rotate_left(1);
            assert_eq!(kept(sessions.clone()), (vec!["s adapted".to_owned()], pairs(&losers)));
        }
    }

    #[test]
    fn shards_of_one_session_are_all_kept_unless_a_json_file_has_it() {
        let two = || vec![session("a", SHARD, Some("NQ_M5")), session("b", SHARD, Some("NQ_M1"))];
        assert_eq!(kept(two()), (vec!["NQ_M5_s a".to_owned(), "NQ_M1_s b".to_owned()], vec![]));
        assert_eq!(kept(two()[..1].to_vec()).0, ["s a"]);
        let beside = [two(), vec![session("c", RECORDS, None)]].concat();
        assert_eq!(kept(beside), (vec!["s c".to_owned()], pairs(&[("a", "c"), ("b", "c")])));
    }

    #[test]
    fn forms_without_a_rank_or_of_equal_rank_are_all_kept() {
        let beside_table = vec![session("a", ADAPTED, None), session("b", SourceForm::TABLE, None)];
        assert_eq!(kept(beside_table).0.len(), 2);
        let twice = [ENHANCED_REL, ENHANCED, ENHANCED_REL].map(|form| session("a", form, None));
        let (kept, superseded) = keep_richest(twice.to_vec());
        assert_eq!((kept.len(), superseded.len()), (2, 1));
    }
}
