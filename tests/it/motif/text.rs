//! Patterns written as text and read back; and their isomorphism classes.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ironforge::motif::{Pattern, PatternTextError, class_of, count};
use proptest::prelude::*;

use super::{OwnedGraph, all_patterns};

/// Names that contain the syntax of the text.
const SYNTAX_NAMES: [&str; 31] = [
    "?",
    "??",
    "?#1",
    "a",
    "a#1",
    "a#2",
    "b",
    ";",
    "a;b",
    "->",
    "a -> b",
    "-",
    ">",
    "a-",
    ">b",
    "",
    " ",
    " a",
    "a ",
    "\t",
    "\n",
    "\"",
    "\"a\"",
    "a\"",
    "\\",
    "\\u0041",
    "#",
    "#1",
    "\u{2028}",
    "é\u{1F600}",
    "1",
];

fn names(of: &[&str]) -> Vec<Option<String>> {
    of.iter().map(|&name| Some(name.to_owned())).collect()
}

/// The pattern of a whole graph of events `0..k`.
fn pattern(k: usize, edges: &[(u32, u32)], labels: &[u32]) -> Option<Pattern> {
    let graph = OwnedGraph::new(k, edges).labelled(labels);
    let census = count(&[graph.view()], &all_patterns()).unwrap();
    census.patterns.into_iter().map(|counted| counted.pattern).find(|p| usize::from(p.k()) == k)
}

/// Every connected shape of 3 to 5 events, by its edges.
fn shapes() -> Vec<Shape> {
    let of_size = |k: usize| {
        let pairs: Vec<(u32, u32)> =
            (0..k as u32).flat_map(|i| (i + 1..k as u32).map(move |j| (i, j))).collect();
        (0..1_u32 << pairs.len()).map(move |bits| {
            let edges = (0..pairs.len()).filter(|at| bits >> at & 1 == 1).map(|at| pairs[at]).collect();
            (k, edges)
        })
    };
    let all = (3..=5).flat_map(of_size);
    all.filter(|(k, edges): &(usize, Vec<_>)| pattern(*k, edges, &vec![0; *k]).is_some()).collect()
}

/// Number of events, and edges.
type Shape = (usize, Vec<(u32, u32)>);

/// Computed once: properties use them in every case.
static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(shapes);

#[test]
fn every_pattern_is_read_back_from_its_text_and_no_two_share_one() {
    let names = [names(&SYNTAX_NAMES), vec![None]].concat();
    let shapes = shapes();
    assert_eq!(shapes.len(), 4 + 38 + 728);
    let mut seen = HashMap::new();
    for (at, (k, edges)) in shapes.iter().enumerate() {
        for labels in [[0; 5], [0, 1, 0, 1, 0], [0, 1, 1, 2, 3], [3, 2, 1, 0, 4], [4, 8, 12, 13, 18]] {
            // other names for every shape
            let labels = labels.map(|label| (label + at as u32) % names.len() as u32);
            let pattern = pattern(*k, edges, &labels[..*k]).unwrap();
            let text = pattern.text(&names);
            assert_eq!(Pattern::parse(&text, &names), Ok(pattern), "{text}");
            let spaced = text.replace(" -> ", "->").replace("; ", ";");
            if !text.contains('"') {
                assert_eq!(Pattern::parse(&spaced, &names), Ok(pattern), "{spaced}");
            }
            assert_eq!(*seen.entry(text.clone()).or_insert(pattern), pattern, "{text}");
        }
    }
    assert!(seen.len() > 3000);
}

proptest! {
    #[test]
    fn patterns_with_any_names_are_read_back(
        names in prop::collection::hash_set(any::<Option<String>>(), 5), labels in prop::array::uniform5(0_u32..5), at in 0_usize..770
    ) {
        let names: Vec<Option<String>> = names.into_iter().collect();
        let (k, edges) = &SHAPES[at];
        let pattern = pattern(*k, edges, &labels[..*k]).unwrap();
        let text = pattern.text(&names);
        prop_assert_eq!(Pattern::parse(&text, &names), Ok(pattern), "{}", text);
    }

    #[test]
    fn any_text_is_a_pattern_or_an_error(text in "([ab?;# \"\\\\1-3]|->|->|a|b|; ){0,40}") {
        let names = [names(&["a", "b", "?"]), vec![None]].concat();
        if let Ok(pattern) = Pattern::parse(&text, &names) {
            prop_assert_eq!(Pattern::parse(&pattern.text(&names), &names), Ok(pattern));
        }
    }
}

#[test]
fn texts_have_their_documented_form() {
    let names = names(&["sweep", "reversal", "expansion", "a;b", "probe"]);
    let text =
        |edges: &[(u32, u32)], labels: &[u32]| pattern(labels.len(), edges, labels).unwrap().text(&names);
    assert_eq!(text(&[(0, 1), (1, 2)], &[0, 1, 2]), "sweep -> reversal; reversal -> expansion");
    let labels = [Some("?".to_owned()), None];
    let of = |labels_of: &[u32]| pattern(3, &[(0, 1), (1, 2)], labels_of).unwrap().text(&labels);
    assert_eq!(of(&[0, 1, 0]), r##""?"#1 -> ?; ? -> "?"#2"##);
    assert_eq!(of(&[1, 1, 1]), "?#1 -> ?#2; ?#2 -> ?#3");
    assert_eq!(text(&[(0, 1), (1, 2)], &[0, 1, 0]), "sweep#1 -> reversal; reversal -> sweep#2");
    assert_eq!(text(&[(0, 1), (0, 2)], &[0, 3, 3]), r##"sweep -> "a;b"#1; sweep -> "a;b"#2"##);
    // the probe comes second, and nothing leads to it: the edges alone would put it last
    let later = text(&[(0, 2), (1, 2)], &[0, 4, 1]);
    assert_eq!(later, "sweep -> reversal; probe -> reversal");
    let determined = text(&[(0, 1), (0, 3), (2, 3)], &[0, 1, 4, 2]);
    assert_eq!(determined, "sweep -> reversal; sweep -> expansion; probe -> expansion");
    let undetermined = text(&[(0, 2), (0, 3), (1, 3)], &[0, 4, 1, 2]);
    assert_eq!(
        undetermined,
        "sweep; probe; reversal; expansion; sweep -> reversal; sweep -> expansion; probe -> expansion"
    );
}

#[test]
fn other_spellings_of_a_pattern_are_read_too() {
    let names = names(&["a", "b", "c"]);
    let read = |text| Pattern::parse(text, &names).map(|pattern| pattern.text(&names));
    for text in [
        "a->b->c",
        " a -> b ;b -> c ",
        "b -> c; a -> b",
        "\"a\" -> b#1 -> \"\\u0063\"",
        "a; a -> b; c; b -> c",
    ] {
        assert_eq!(read(text).as_deref(), Ok("a -> b; b -> c"), "{text}");
    }
    assert_eq!(read("a -> b; b -> a#2").as_deref(), Ok("a#1 -> b; b -> a#2"));
}

#[test]
fn a_text_that_is_not_a_pattern_is_refused_with_its_byte_offset() {
    use PatternTextError as E;
    let names = names(&["a", "b", "c", "sweep"]);
    let refuse = |text| Pattern::parse(text, &names).unwrap_err();
    let s = str::to_owned;
    for (text, want) in [
        ("", E::NoEvent { at: 0 }),
        ("a -> ", E::NoEvent { at: 5 }),
        ("a -> b;; b -> c", E::NoEvent { at: 7 }),
        ("a -> b; b -> c;", E::NoEvent { at: 15 }),
        ("-> a", E::NoEvent { at: 0 }),
        ("a -> #1", E::NoEvent { at: 5 }),
        ("a -> \"b", E::Quote { at: 5 }),
        ("a -> \"\\x\"", E::Quote { at: 5 }),
        ("a#0 -> b", E::Number { at: 1 }),
        ("a # -> b", E::Number { at: 2 }),
        ("a#6 -> b", E::Number { at: 1 }),
        ("a#99999999999999999999999 -> b", E::Number { at: 1 }),
        ("a#1x -> b", E::Separator { found: 'x', at: 3 }),
        ("\"a\"b -> c", E::Separator { found: 'b', at: 3 }),
        ("a\"b\" -> c", E::Separator { found: '"', at: 1 }),
        ("a -> swep -> b", E::UnknownLabel { label: s("swep"), at: 5, nearest: Some(s("sweep")) }),
        ("a -> quite", E::UnknownLabel { label: s("quite"), at: 5, nearest: None }),
        ("a -> ?", E::NoMissingLabel { at: 5 }),
        ("a -> \"?\"", E::UnknownLabel { label: s("?"), at: 5, nearest: Some(s("a")) }),
        ("a -> b", E::Size { events: 2, at: 6 }),
        ("a#1 -> a#2 -> a#3 -> b -> c -> sweep", E::Size { events: 6, at: 31 }),
        ("a -> b; c -> c", E::SelfLoop { event: s("c"), at: 13 }),
        ("a -> b -> c; a ->b", E::DuplicateEdge { src: s("a"), dst: s("b"), at: 17 }),
        ("a -> b; b -> c; c -> b#1", E::Cycle { events: vec![s("c"), s("b")], at: 13 }),
        ("a -> b -> c; c -> a", E::Cycle { events: vec![s("b"), s("c"), s("a")], at: 5 }),
        ("a -> b; c", E::Disconnected { event: s("c"), at: 8 }),
        ("a; b -> c -> sweep", E::Disconnected { event: s("b"), at: 3 }),
        ("a -> b; b -> a#3", E::NumberGap { event: s("a#3"), at: 13 }),
        ("a#2 -> b; b -> a#1", E::NumberOrder { event: s("a#1"), at: 15 }),
    ] {
        let got = refuse(text);
        match (&got, &want) {
            // the first event of a cycle is unspecified
            (E::Cycle { events, at }, E::Cycle { events: of, at: want }) => {
                assert_eq!(events.iter().collect::<HashSet<_>>(), of.iter().collect(), "{text}");
                assert_eq!(at, want, "{text}");
            }
            _ => assert_eq!(got, want, "{text}"),
        }
        assert!(got.to_string().contains("byte"), "{got}");
    }
}

/// All orders of 0..n.
fn orders(n: usize) -> Vec<Vec<usize>> {
    match n {
        0 => vec![vec![]],
        n => orders(n - 1)
            .iter()
            .flat_map(|order| {
                (0..n).map(|at| {
                    let mut order = order.clone();
                    order.insert(at, n - 1);
                    order
                })
            })
            .collect(),
    }
}

#[test]
fn the_canonical_pattern_is_the_smallest_of_its_isomorphism_class() {
    for (k, edges) in shapes() {
        for labels in [[0, 0, 0, 0, 0], [0, 1, 0, 1, 1], [2, 1, 1, 0, 2]] {
            let labels = &labels[..k];
            let own = pattern(k, &edges, labels).unwrap();
            let mut smallest = own;
            for rank in orders(k) {
                let moved: Vec<(u32, u32)> =
                    edges.iter().map(|&(i, j)| (rank[i as usize] as u32, rank[j as usize] as u32)).collect();
                if moved.iter().all(|&(i, j)| i < j) {
                    let mut renamed = vec![0; k];
                    (0..k).for_each(|event| renamed[rank[event]] = labels[event]);
                    let other = pattern(k, &moved, &renamed).unwrap();
                    assert_eq!(class_of(k, other.mask()), class_of(k, own.mask()));
                    smallest = smallest.min(other);
                }
            }
            assert_eq!(own.canonical(), smallest, "{own:?}");
            assert_eq!(smallest.canonical(), smallest);
        }
    }
}
