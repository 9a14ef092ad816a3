//! Events of equal time have no order but that of a hash: results do not depend on the order of a file's rows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ironforge::philox::Philox;
use ironforge::pipeline::MotifReport;
use ironforge::table::{EventTable, Table};
use proptest::prelude::*;

use super::{Run, events_of, motifs_of, numbers};

/// Columns of a log: two sessions, times in minutes with many ties, kinds that differ in case or are missing.
const HEADER: &str = "when,day,turn,what,who,whom,cost,size";

/// Settings of the logs: `turn` orders ties only if a test says so.
const SETS: [&str; 4] =
    ["session.group=day", "session.numeric=[\"size\"]", "motif.max_nodes=4", "dag.dt_min_minutes=0"];

/// Rows without their `turn`, some of them equal.
fn rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    let text = |of: &'static [&'static str]| prop::sample::select(of);
    let row = (
        0..25_u32,
        text(&["mon", "tue"]),
        text(&["buy", "Buy", "sell", ""]),
        text(&["u1", "u2", "u3"]),
        text(&["u2", "u4", ""]),
        text(&["1", "2.5", ""]),
        text(&["1", "-0.0", "0", "7", ""]),
    );
    let row = row.prop_map(|(minute, day, kind, who, whom, cost, size)| {
        [&(60 * minute).to_string(), day, kind, who, whom, cost, size].map(str::to_owned).to_vec()
    });
    prop::collection::vec(row, 20..70)
}

/// CSV of the rows; row `i` has `turns[i]`.
fn csv(rows: &[Vec<String>], turns: &[usize]) -> String {
    let line = |(row, turn): (&Vec<String>, &usize)| {
        format!("{},{},{turn},{}\n", row[0], row[1], row[2..].join(","))
    };
    format!("{HEADER}\n{}", rows.iter().zip(turns).map(line).collect::<String>())
}

/// Bytes of every file of a run but `run.json` and the nodes, whose `event_index` follows the file.
fn files(run: &Run) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = crate::outputs::contents(&run.folder.path().join("out"), |_| {});
    files.retain(|path, _| !path.starts_with("nodes") && !path.ends_with("run.json"));
    files
}

/// The columns of a node table but `event_index`.
fn nodes(run: &Run, session: &str) -> (Vec<usize>, Table) {
    let table = run.table("nodes", session);
    let index = numbers(&table, "event_index").iter().map(|i| i.unwrap() as usize).collect();
    let columns = table.columns().iter().filter(|column| column.name != "event_index").cloned().collect();
    (index, Table::new(columns))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn shuffled_rows_give_the_same_results(
        (rows, shuffled) in rows().prop_flat_map(|rows| {
            let order = Just((0..rows.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(rows), order)
        }),
        fold_case in any::<bool>(),
    ) {
        let moved: Vec<_> = shuffled.iter().map(|&row| rows[row].clone()).collect();
        let turns = vec![0; rows.len()];
        let fold_case = format!("motif.fold_case={fold_case}");
        for links in ["window-knn", "shared-key", "both"] {
            let link = format!("dag.link={links}");
            let sets = [&SETS[..], &[fold_case.as_str(), link.as_str()]].concat();
            let run = |rows: &[Vec<String>]| Run::new(&[("log.csv", &csv(rows, &turns))], &sets);
            let (one, other) = (run(&rows), run(&moved));
            let (files, others) = (files(&one), files(&other));
            prop_assert!(files.len() > 4 && files.keys().eq(others.keys()));
            for (path, bytes) in &files {
                prop_assert!(bytes == &others[path], "{links}: {} differs", path.display());
            }
            for session in one.report.sessions.iter().map(|session| &session.id) {
                let ((index, table), (other_index, other_table)) = (nodes(&one, session), nodes(&other, session));
                prop_assert_eq!(table, other_table, "{}: {}", links, session);
                for (&row, &other) in index.iter().zip(&other_index) {
                    prop_assert_eq!(&rows[row], &moved[other], "{}: {}", links, session);
                }
            }
            prop_assert_eq!(one.report.run.ties, other.report.run.ties);
        }
    }

    #[test]
    fn the_order_that_the_source_gives_is_kept(
        (rows, turns) in rows().prop_flat_map(|rows| {
            let turns = Just((0..rows.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(rows), turns)
        }),
    ) {
        let sets = [&SETS[..], &["session.seq=turn"]].concat();
        let run = Run::new(&[("log.csv", &csv(&rows, &turns))], &sets);
        for session in run.report.sessions.iter().map(|session| &session.id) {
            let (index, _) = nodes(&run, session);
            let at = |&row: &usize| (rows[row][0].parse::<u32>().unwrap(), turns[row]);
            prop_assert!(index.iter().map(at).is_sorted(), "{session}");
        }
        prop_assert_eq!(run.report.run.ties.unordered, 0);
        prop_assert!(run.report.run.notes.iter().all(|note| note.code != "ties"));
    }
}

/// Labels drawn independently at times of a minute's resolution, 6 sessions of 10 hours: noise.
fn noise(seed: u64) -> Vec<(i64, usize, &'static str)> {
    let mut random = Philox::new(seed).stream(0, 0);
    let mut rows: Vec<_> = (0..6 * 250)
        .map(|i| {
            let minute = i64::from(random.below(600));
            (minute, i / 250, ["a", "b", "c"][random.below(3) as usize])
        })
        .collect();
    rows.sort_by_key(|&(minute, session, _)| (session, minute));
    rows
}

fn mined(rows: &[(i64, usize, &str)]) -> MotifReport {
    let line = |(minute, session, kind): &(i64, usize, &str)| format!("{},{session},{kind}\n", minute * 60);
    let text = format!("when,day,what\n{}", rows.iter().map(line).collect::<String>());
    let sets = ["session.time=when:s", "session.group=day", "session.kind=what", "motif.iterations=199"];
    motifs_of(&text, &[&sets[..], &["motif.max_nodes=3"]].concat())
}

#[test]
fn noise_whose_equal_times_are_sorted_by_label_shows_no_pattern() {
    let (rows, mut by_label) = (noise(3), noise(3));
    by_label.sort_by_key(|&(minute, session, kind)| (session, minute, kind));
    assert_ne!(rows, by_label);
    let (one, other) = (mined(&rows), mined(&by_label));
    assert_eq!(one.motifs, other.motifs);
    assert_eq!((other.summary.promote, other.summary.park), (0, 0));
    let ties = other.run.ties;
    assert!(
        ties.share > 0.2 && ties.unordered == ties.events && ties.resolution_ms == Some(60_000.0),
        "{ties:?}"
    );
    assert_eq!(other.run.notes.iter().map(|note| note.code).collect::<Vec<_>>(), ["ties"]);
    let coarse: Vec<_> =
        rows.iter().map(|&(minute, session, kind)| (minute / 15 * 15, session, kind)).collect();
    let notes = mined(&coarse).run.notes;
    assert_eq!(notes.iter().map(|note| note.code).collect::<Vec<_>>(), ["ties", "coarse-times"]);
    assert!(notes[1].text.starts_with("warning: ") && notes[1].text.contains("15 min"), "{}", notes[1].text);
}

#[test]
fn sorting_the_result_again_changes_nothing() {
    let events: EventTable = events_of(&super::csv(60, 1));
    assert!(events.t_ms.windows(2).any(|pair| pair[0] == pair[1]), "the log has ties");
    assert!(events.t_ms.iter().zip(&events.seq).is_sorted_by(|a, b| a < b));
}
