//! The motifs of a run equal those mined directly from all its sessions.

use ironforge::dag::Dag;
use ironforge::motif::{MotifGraph, mine};
use ironforge::table::EventTable;

use super::{Run, csv, events_of_session, links, numbers, settings, texts, wide};

#[test]
fn motifs_are_those_of_all_sessions_with_the_requested_labels() {
    let (a, b) = (csv(60, 1), csv(60, 2));
    let tables = [events_of_session(&a, "a", 42), events_of_session(&b, "b", 42)];
    let files = [("a.csv", a.as_str()), ("b.csv", b.as_str())];
    for column in ["kind", "none", "whom"] {
        let set = format!("motif.labels={column}");
        let run = Run::new(&files, &[&set, "motif.max_nodes=4"]);
        let config = settings(&[&set, "motif.max_nodes=4"]).config;
        let label = |events: &EventTable, i: usize| match column {
            "none" => None,
            "kind" => events.kind.get(i).map(str::to_owned),
            _ => events.keys[1].labels.get(i).map(str::to_owned),
        };
        let mut names: Vec<Option<String>> =
            tables.iter().flat_map(|t| (0..t.len()).map(|i| label(t, i))).collect();
        names.sort();
        names.dedup();
        let codes = tables.each_ref().map(|t| -> Vec<u32> {
            (0..t.len()).map(|i| names.binary_search(&label(t, i)).unwrap() as u32).collect()
        });
        let rules = links(&config.dag, &tables.each_ref());
        let dags = tables.each_ref().map(|t| Dag::from_events(t, &rules).unwrap());
        let graphs: Vec<_> =
            (0..2).map(|i| MotifGraph::new(dags[i].pattern(), &codes[i], &tables[i].t_ms).unwrap()).collect();
        let want = mine(&graphs, &config.motif, config.seed, &|_, _| {}).unwrap().rows;
        assert!(!want.is_empty(), "{column}");

        let motifs = run.motifs();
        let labels = want.iter().map(|row| Some(row.labels_json(&names))).collect::<Vec<_>>();
        assert_eq!(texts(&motifs, "labels"), labels, "{column}");
        let patterns = want.iter().map(|row| Some(row.pattern.text(&names))).collect::<Vec<_>>();
        assert_eq!(texts(&motifs, "pattern"), patterns, "{column}");
        let verdicts = want.iter().map(|row| Some(row.verdict.name().to_owned())).collect::<Vec<_>>();
        assert_eq!(texts(&motifs, "verdict"), verdicts, "{column}");
        type Of<'a> = &'a dyn Fn(usize) -> f64;
        let statistic = |i: usize| want[i].significance.unwrap();
        let columns: [(&str, Of<'_>); 13] = [
            ("k", &|i| want[i].pattern.k().into()),
            ("mask", &|i| want[i].pattern.mask().into()),
            ("class_id", &|i| want[i].class_id.into()),
            ("count", &|i| want[i].count as f64),
            ("support", &|i| want[i].support.into()),
            ("null_mean", &|i| statistic(i).null_mean),
            ("null_sd", &|i| statistic(i).null_sd),
            ("lift", &|i| statistic(i).lift),
            ("non_overlapping", &|i| want[i].non_overlapping as f64),
            ("disjoint", &|i| want[i].disjoint as f64),
            ("score", &|i| statistic(i).score),
            ("p_fwer", &|i| statistic(i).p_fwer),
            ("q_value", &|i| statistic(i).q_value),
        ];
        for (name, of) in columns {
            assert_eq!(numbers(&motifs, name), wide((0..want.len()).map(of)), "{column}: {name}");
        }
        type Perhaps<'a> = &'a dyn Fn(usize) -> Option<f64>;
        let columns: [(&str, Perhaps<'_>); 5] = [
            ("lift_low", &|i| statistic(i).lift_interval.map(|ends| ends.0)),
            ("lift_high", &|i| statistic(i).lift_interval.map(|ends| ends.1)),
            ("p_pairs", &|i| statistic(i).p_pairs),
            ("p_holdout", &|i| statistic(i).p_holdout),
            ("lots", &|i| statistic(i).lots.map(f64::from)),
        ];
        for (name, of) in columns {
            assert_eq!(
                numbers(&motifs, name),
                (0..want.len()).map(of).collect::<Vec<_>>(),
                "{column}: {name}"
            );
        }
    }
}
