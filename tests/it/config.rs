//! Configuration: sources, origins, and errors.

mod effects;
mod legacy;

use std::path::PathBuf;

use ironforge::config::{Config, ConfigError, Effective, Preset, SettingOrigin, Sources, check_file};
use ironforge::scale::WindowMinutes;
use serde_json::Value;

fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn sets(texts: &[&str]) -> Result<Effective, ConfigError> {
    let sets: Vec<String> = texts.iter().map(|&t| t.to_owned()).collect();
    Effective::load(&Sources { sets: &sets, ..Sources::default() })
}

fn refusal(name: &str, text: &str) -> String {
    check_file(&file(name, text).1).unwrap_err().to_string()
}

#[test]
fn later_sources_win_and_each_value_has_its_origin() {
    let (_folder, path) = file(
        "run.toml",
        "preset = \"research\"\n[dag]\nk = 5\ndt_max_minutes = 60\n[tgat]\nnum_layers = 1\n",
    );
    let sets = ["tgat.num_layers=3".to_owned()];
    let sources = Sources {
        file: Some(&path),
        env: vec![("IRONFORGE_DAG_K".into(), "7".into()), ("IRONFORGE_GOLDENS".into(), "x".into())],
        sets: &sets,
        options: vec![("seed", Value::from(9), "--seed 9".into())],
        ..Sources::default()
    };
    let effective = Effective::load(&sources).unwrap();
    let config = &effective.config;
    assert_eq!((config.dag.k, config.tgat.num_layers, config.seed), (7, 3, 9));
    assert_eq!((config.dag.dt_max_minutes, effective.preset), (60.0.into(), Preset::Research));
    let origin = |key: &str| effective.entries().iter().find(|e| e.key == key).unwrap().origin.clone();
    assert_eq!(origin("dag.k"), SettingOrigin::Env("IRONFORGE_DAG_K".into()));
    assert_eq!(
        origin("dag.dt_max_minutes"),
        SettingOrigin::File { path: path.display().to_string(), line: 4 }
    );
    assert_eq!(origin("tgat.num_layers"), SettingOrigin::Option("--set tgat.num_layers=3".into()));
    assert_eq!(origin("motif.iterations"), SettingOrigin::Preset("research"));
}

#[test]
fn a_setting_of_type_string_keeps_a_value_as_typed() {
    for word in ["1.10", "007", "1e3", "True", "0x10", "[a"] {
        let sets = [format!("session.kind={word}")];
        let env = vec![("IRONFORGE_SESSION_GROUP".into(), word.into())];
        let effective = Effective::load(&Sources { env, sets: &sets, ..Sources::default() }).unwrap();
        let session = &effective.config.session;
        assert_eq!((session.kind.as_str(), session.group.as_str()), (word, word));
    }
}

#[test]
fn the_preset_of_the_last_source_counts_and_other_values_stay() {
    let (_folder, path) = file("run.toml", "preset = \"research\"\n[dag]\nk = 5\n");
    let sets = ["preset=development".to_owned()];
    let mut sources = Sources { file: Some(&path), sets: &sets, ..Sources::default() };
    let loaded = |sources: &Sources<'_>| {
        let effective = Effective::load(sources).unwrap();
        (effective.preset, effective.config.tgat.num_layers, effective.config.dag.k)
    };
    assert_eq!(loaded(&sources), (Preset::Development, 2, 5));
    sources.preset = Some("high-performance");
    assert_eq!(loaded(&sources), (Preset::HighPerformance, 3, 5));
}

#[test]
fn an_unknown_key_names_its_line_and_the_nearest_key() {
    let toml = refusal("a.toml", "[dag]\nk = 3\ndt_max_minuts = 9\n");
    assert!(
        toml.contains("a.toml:3")
            && toml.contains("dag.dt_max_minuts")
            && toml.contains("`dag.dt_max_minutes`"),
        "{toml}"
    );
    let json = refusal("a.json", "{\n \"dag\": {\n  \"kk\": 3\n }\n}");
    assert!(json.contains("a.json:3") && json.contains("`dag.kk`") && json.contains("`dag.k`"), "{json}");
    let set = sets(&["tgat.layers=3"]).unwrap_err().to_string();
    assert!(set.contains("--set tgat.layers=3") && set.contains("`tgat.num_layers`"), "{set}");
    let env = Sources { env: vec![("IRONFORGE_TGAT_LAYERS".into(), "3".into())], ..Sources::default() };
    let env = Effective::load(&env).unwrap_err().to_string();
    assert!(env.contains("IRONFORGE_TGAT_LAYERS"), "{env}");
}

#[test]
fn wrong_values_are_refused_with_their_origin() {
    let cases = [
        ("a.toml", "[dag]\nk = \"four\"\n", "a.toml:2"),
        ("a.toml", "[dag]\nlink = \"nearest\"\n", "window-knn"),
        ("a.toml", "[dag]\nlinks = [\"nearest\"]\n", "window-knn"),
        ("a.toml", "[dag]\nlinks = []\n", "a.toml:2: dag.links"),
        ("a.toml", "[dag]\nlinks = [\"shared-key\", \"shared-key\"]\n", "a.toml:2: dag.links"),
        ("a.toml", "[dag]\nlink = \"both\"\nlinks = [\"shared-key\"]\n", "keep one of them"),
        ("a.toml", "[dag]\nk = 0\n", "dag.k"),
        ("a.toml", "[dag\nk = 0\n", "not TOML"),
        ("a.toml", "[dag]\nk = 1\nk = 2\n", "a.toml:3"),
        ("a.toml", "dag = 3\n", "`dag`"),
        ("a.toml", "[dag]\nk = 2024-01-01\n", "no setting is a date"),
        ("a.json", "{\"dag\": {\"k\": 1,\n \"k\": 2}}", "given twice"),
        ("a.json", "{\"dag\": ", "not JSON"),
        ("a.json", "[]", "object"),
        ("a.toml", "preset = \"fast\"\n", "development"),
        ("a.toml", "[limits]\nmemory_gb = 0\n", "limits.memory_gb"),
        ("a.toml", "[limits]\ngpu_memory_fraction = 1.5\n", "limits.gpu_memory_fraction"),
        ("a.toml", "[tgat]\nnum_heads = 5\n", "num_heads"),
        ("a.toml", "[motif]\nmin_nodes = 5\nmax_nodes = 4\n", "min_nodes"),
        ("a.toml", "[store]\ncompression_level = 99\n", "compression_level"),
        ("a.toml", "[dag]\nk = 3\nkey_window_minutes = -1\n", "a.toml:3: dag.key_window_minutes"),
        ("a.toml", "[motif]\nblock_minutes = 0\n", "a.toml:2: motif.block_minutes"),
        ("a.toml", "[motif]\nblock_minutes = \"often\"\n", "`auto` or a number of minutes, not `often`"),
        ("a.json", "{\"motif\": {\"jitter_minutes\": \"5\"}}", "`auto` or a number of minutes"),
        ("a.toml", "[dag]\ndt_max_minutes = true\n", "`auto` or a number of minutes"),
        (
            "a.toml",
            "[tgat]\nprecision = \"f32\"\n[attention]\naccuracy = \"fast\"\n",
            "a.toml:4: attention.accuracy = fast",
        ),
        ("a.toml", "[attention]\nbuckets = [[5, 1, 0.1]]\n", "a.toml:2: attention.buckets: bucket 0"),
    ];
    for (name, text, want) in cases {
        let got = refusal(name, text);
        assert!(got.contains(want), "{text:?}: {got}");
    }
    assert!(sets(&["dag.k"]).unwrap_err().to_string().contains("KEY=VALUE"));
}

#[test]
fn a_file_that_sets_a_key_twice_is_refused_in_any_spelling() {
    for (name, text) in [
        ("a.toml", "\"dag.k\" = 3\n[dag]\nk = 4\n"),
        ("a.yaml", "dag.k: 3\ndag:\n  k: 4\n"),
        ("a.json", "{\"dag.k\": 3,\n\"dag\": {\"k\": 4}}"),
    ] {
        let message = refusal(name, text);
        assert!(message.contains("dag.k") && message.contains(&format!("{name}:")), "{message}");
    }
    let (_folder, path) = file("a.json", "\u{feff}{\"dag\": {\"k\": 3}}");
    let effective = Effective::load(&Sources { file: Some(&path), ..Sources::default() }).unwrap();
    assert_eq!(effective.config.dag.k, 3, "a byte order mark is not a key");
    let long = format!("# {}\n", "x".repeat(5 << 20));
    assert!(refusal("a.toml", &long).contains("at most 4 MiB"));
}

#[test]
fn unbounded_nesting_is_refused() {
    for (name, text) in
        [("a.json", "[".repeat(100_000)), ("a.toml", format!("dag = {}", "[".repeat(100_000)))]
    {
        let refused = refusal(name, &text);
        assert!(refused.contains(name), "{refused}");
    }
}

#[test]
fn every_key_can_be_set_to_its_own_value() {
    let effective = Effective::load(&Sources::default()).unwrap();
    for entry in effective.entries() {
        let again = sets(&[&format!("{}={}", entry.key, entry.value)])
            .unwrap_or_else(|e| panic!("{}: {e}", entry.key));
        assert_eq!(again.config, Config::default(), "{}", entry.key);
    }
}

#[test]
fn a_window_is_auto_or_a_number_from_every_source() {
    let block = |effective: Effective| {
        let entry = effective.entries().iter().find(|e| e.key == "motif.block_minutes").unwrap();
        assert_eq!(entry.value.clone(), serde_json::to_value(effective.config.motif.block_minutes).unwrap());
        effective.config.motif.block_minutes
    };
    let by_default = block(Effective::load(&Sources::default()).unwrap());
    assert_eq!(by_default, WindowMinutes::Auto);
    let by_set = |text: &[&str]| block(sets(text).unwrap());
    assert_eq!(by_set(&["motif.block_minutes=20"]), WindowMinutes::Set(20.0));
    assert_eq!(by_set(&["motif.block_minutes=20", "motif.block_minutes=auto"]), WindowMinutes::Auto);
    let env = |text: &str| {
        let env = vec![("IRONFORGE_MOTIF_BLOCK_MINUTES".to_owned(), text.to_owned())];
        block(Effective::load(&Sources { env, ..Sources::default() }).unwrap())
    };
    assert_eq!((env("0.5"), env("auto")), (WindowMinutes::Set(0.5), WindowMinutes::Auto));
    for (name, number, auto) in [
        ("a.toml", "[motif]\nblock_minutes = 20\n", "[motif]\nblock_minutes = \"auto\"\n"),
        ("a.json", "{\"motif\": {\"block_minutes\": 20}}", "{\"motif\": {\"block_minutes\": \"auto\"}}"),
        ("a.yaml", "motif:\n  block_minutes: 20\n", "motif:\n  block_minutes: auto\n"),
    ] {
        let read = |text: &str| block(check_file(&file(name, text).1).unwrap());
        assert_eq!((read(number), read(auto)), (WindowMinutes::Set(20.0), WindowMinutes::Auto), "{name}");
    }
    let refused = sets(&["motif.block_minutes=true"]).unwrap_err().to_string();
    assert!(refused.contains("--set motif.block_minutes=true") && refused.contains("`auto`"), "{refused}");
}

#[test]
fn an_unquoted_word_is_a_string() {
    let config = sets(&[
        "session.time=t:s",
        "tgat.precision=bf16",
        "session.keys=[\"src\", \"dst\"]",
        "session.kind=7",
    ]);
    let config = config.unwrap().config;
    assert_eq!((config.session.time.as_str(), config.session.kind.as_str()), ("t:s", "7"));
    assert_eq!(config.session.keys, ["src", "dst"]);
}

#[test]
fn presets_have_their_names_and_numbers_of_links() {
    let k = |name| Preset::from_name(name).unwrap().config().dag.k;
    assert_eq!([k("development"), k("standard"), k("high_performance"), k("research")], [2, 4, 6, 8]);
    assert_eq!(Preset::Standard.config(), Config::default());
    for (preset, name) in Preset::all() {
        assert_eq!((Preset::from_name(name), preset.name()), (Some(preset), name));
    }
    let named = |name| Preset::from_name(name).map(Preset::name);
    assert_eq!(named("original.create_research_config"), Some("original-create-research"));
    assert_eq!(named("enhanced.create_high_performance_config"), Some("context7-create-high-performance"));
    assert_eq!(named("create_research_config"), None);
}

#[test]
fn the_older_name_of_the_link_rules_is_accepted_from_every_source() {
    use ironforge::dag::LinkRule::{SharedKey, WindowKnn};
    for (word, rules) in [
        ("window-knn", vec![WindowKnn]),
        ("shared-key", vec![SharedKey]),
        ("both", vec![WindowKnn, SharedKey]),
    ] {
        let origin = |effective: &Effective| {
            assert_eq!(effective.config.dag.links, rules, "{word}");
            effective.entries().iter().find(|e| e.key == "dag.links").unwrap().origin.clone()
        };
        let set = [format!("dag.link={word}")];
        let from_set = Effective::load(&Sources { sets: &set, ..Sources::default() }).unwrap();
        assert_eq!(origin(&from_set), SettingOrigin::Option(format!("--set dag.link={word}")));
        for name in ["IRONFORGE_DAG_LINK", "IFG_DAG__LINK"] {
            let env = vec![(name.to_owned(), word.to_owned())];
            let from_env = Effective::load(&Sources { env, ..Sources::default() }).unwrap();
            assert_eq!(origin(&from_env), SettingOrigin::Env(name.to_owned()));
            assert!(from_env.legacy_settings().is_empty());
        }
        for (name, text) in [
            ("a.toml", format!("[dag]\nlink = \"{word}\"\n")),
            ("a.json", format!("{{\"dag\":\n{{\"link\": \"{word}\"}}}}")),
            ("a.yaml", format!("dag:\n  link: {word}\n")),
        ] {
            let (_folder, path) = file(name, &text);
            let from_file = check_file(&path).unwrap();
            let line = SettingOrigin::File { path: path.display().to_string(), line: 2 };
            assert_eq!(origin(&from_file), line);
        }
    }
    // A later source wins, by either name.
    let env = vec![("IRONFORGE_DAG_LINK".to_owned(), "both".to_owned())];
    let set = ["dag.links=[\"shared-key\"]".to_owned()];
    let later = Effective::load(&Sources { env, sets: &set, ..Sources::default() }).unwrap();
    assert_eq!(later.config.dag.links, [SharedKey]);
    let same = sets(&["dag.link=shared-key", "dag.links=[\"shared-key\"]"]).unwrap();
    assert_eq!(same.config.dag.links, [SharedKey]);
}

#[test]
fn the_error_of_a_bound_has_the_origin_of_the_setting_that_was_set() {
    for (text, want) in [
        ("[dag]\ndt_min_minutes = 1\ndt_max_minutes = 0.5\n", "a.toml:2: dag.dt_min_minutes = 1"),
        ("[dag]\ndt_max_minutes = 0.5\ndt_min_minutes = 0.7\n", "a.toml:3: dag.dt_min_minutes = 0.7"),
        ("[tgat]\nnum_heads = 5\n", "a.toml:2: tgat.hidden_dim = 44"),
        ("[tgat]\nhidden_dim = 45\n", "a.toml:2: tgat.hidden_dim = 45"),
        ("[motif]\nmax_nodes = 2\n", "a.toml:2: motif.min_nodes"),
        ("[motif]\npromote_lift = 1.1\npark_lift = 1.5\n", "a.toml:3: motif.park_lift"),
        ("[store]\ncontent_defined = true\nrow_group_rows = 10\n", "a.toml:3: store.min_row_group_rows"),
        (
            "[tgat]\nprecision = \"f32\"\n[attention]\nkeys = \"all\"\ndirection = \"both\"\nself_loops = false\n",
            "a.toml:6: attention.self_loops",
        ),
    ] {
        let message = refusal("a.toml", text);
        assert!(message.contains(want), "{text:?}: {message}");
    }
}
