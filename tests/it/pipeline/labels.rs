//! Labels of motifs are those of the data: their case counts, and a missing label equals no text.

use ironforge::motif::Pattern;
use ironforge::philox::Philox;
use ironforge::pipeline::ReportedMotif;
use ironforge::table::Values;

use super::{motifs_of, read};

const SETS: [&str; 5] = [
    "session.time=ts:s",
    "session.group=day",
    "session.kind=kind",
    "motif.max_nodes=3",
    "motif.iterations=199",
];

/// A log of messages of the protocol FIX, whose types differ in case: a new order `D`, its report `8` and its cancel
/// request `F` follow one another 5 times in each of 12 sessions, among `d`, `f` and `8`. `name` spells a type.
fn fix(name: fn(&'static str) -> &'static str) -> String {
    let mut random = Philox::new(5).stream(0, 0);
    let mut text = "ts,day,kind\n".to_owned();
    for day in 0..12 {
        let mut t = 0;
        for i in 0..60 {
            t += 50 + random.below(200);
            let types: &[&str] =
                if i % 12 == 5 { &["D", "8", "F"] } else { &[["d", "f", "8"][random.below(3) as usize]] };
            for kind in types {
                text += &format!("{t},{day},{}\n", name(kind));
                t += 150;
            }
        }
    }
    text
}

fn spelled_out(kind: &'static str) -> &'static str {
    match kind {
        "D" => "order",
        "d" => "security",
        "F" => "cancel",
        "f" => "status",
        _ => "report",
    }
}

/// Count and lift of the chain of these labels.
fn chain(motifs: &[ReportedMotif], labels: [&str; 3]) -> Option<(u64, f64, &'static str)> {
    let labels = labels.map(|label| Some(label.to_owned()));
    let found = motifs.iter().filter(|motif| motif.labels == labels).max_by_key(|motif| motif.count)?;
    Some((found.count, found.significance?.lift, found.verdict))
}

#[test]
fn labels_that_differ_only_in_case_are_two() {
    let (codes, named) =
        (motifs_of(&fix(|kind| kind), &SETS).motifs, motifs_of(&fix(spelled_out), &SETS).motifs);
    let (code, name) =
        (chain(&codes, ["D", "8", "F"]).unwrap(), chain(&named, ["order", "report", "cancel"]).unwrap());
    assert_eq!(code.0, name.0);
    assert!(code.0 >= 60 && code.1 > 3.0 && name.1 > 3.0, "{code:?} {name:?}");
    let counts = |motifs: &[ReportedMotif]| {
        let mut counts: Vec<u64> = motifs.iter().map(|motif| motif.count).collect();
        counts.sort_unstable();
        counts
    };
    assert_eq!(counts(&codes), counts(&named));

    let folding = [&SETS[..], &["motif.fold_case=true"]].concat();
    let folded = motifs_of(&fix(|kind| kind), &folding).motifs;
    assert!(
        folded.iter().flat_map(|motif| &motif.labels).flatten().all(|label| label != "D" && label != "F")
    );
    assert!(chain(&folded, ["d", "8", "f"]).unwrap().1 < code.1);
    let lower = |kind: &'static str| match kind {
        "D" => "d",
        "F" => "f",
        other => other,
    };
    assert_eq!(folded, motifs_of(&fix(lower), &SETS).motifs, "as a log in lower case");
}

#[test]
fn a_missing_label_is_no_text() {
    let text = "ts,kind\n0,A\n60,\n120,untyped\n180,UNTYPED\n240,?\n";
    let sets = [
        "session.time=ts:s",
        "session.kind=kind",
        "motif.max_nodes=3",
        "motif.iterations=0",
        "motif.min_count=1",
    ];
    let motifs = motifs_of(text, &sets).motifs;
    let mut labels: Vec<Option<String>> = motifs.iter().flat_map(|motif| motif.labels.clone()).collect();
    labels.sort();
    labels.dedup();
    let names =
        [None, Some("?"), Some("A"), Some("UNTYPED"), Some("untyped")].map(|name| name.map(str::to_owned));
    assert_eq!(labels, names);
    let texts: Vec<&str> = motifs.iter().map(|motif| motif.pattern.as_str()).collect();
    assert!(texts.iter().any(|text| text.starts_with("A -> ?; ")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("UNTYPED -> \"?\"")), "{texts:?}");
    for motif in &motifs {
        let pattern = Pattern::parse(&motif.pattern, &names).unwrap();
        assert_eq!((pattern.mask(), pattern.text(&names)), (motif.mask, motif.pattern.clone()));
    }
}

#[test]
fn the_label_of_no_label_is_null_in_the_table() {
    let run = super::Run::new(
        &[("a.csv", "when,what,who,whom,cost\n0,A,u,u,1\n60,,u,u,1\n120,A,u,u,1\n")],
        &["motif.min_count=1", "motif.max_nodes=3"],
    );
    let motifs = read(&run.folder.path().join("out/motifs.parquet"));
    let column = |name: &str| match &motifs.column(name).unwrap().values {
        Values::Text(labels) => labels.get(0).unwrap().to_owned(),
        other => panic!("{}", other.type_name()),
    };
    assert_eq!(
        (column("labels"), column("pattern")),
        (r#"["A",null,"A"]"#.to_owned(), "A#1 -> ?; A#1 -> A#2; ? -> A#2".to_owned(),)
    );
}
