//! The options of the Python system: what each sets, in every source, and what is refused.

use ironforge::config::{ConfigError, Effective, SettingOrigin, Sources};
use ironforge::dag::LinkRule;
use ironforge::legacy::options::{LegacyOption, OPTIONS, OptionMapping, table};
use serde_json::{Value, json};

use super::{file, refusal, sets};

/// For every accepted option: a value other than the default, the assignment that it becomes, and other settings that
/// it needs to be valid.
pub const SECOND: &[(&str, &str, &str, &[&str])] = &[
    ("dag.k_successors", "6", "dag.k=6", &[]),
    ("dag.dt_min_minutes", "5", "dag.dt_min_minutes=5.0", &[]),
    ("dag.dt_max_minutes", "30", "dag.dt_max_minutes=30.0", &[]),
    ("tgat.use_edge_mask", "false", "attention.keys=\"all\"", &[]),
    ("tgat.use_time_bias", "rbf", "attention.bias=\"sqrt\"", &[]),
    ("tgat.is_causal", "false", "attention.direction=\"both\"", &[]),
    ("tgat.hidden_dim", "48", "tgat.hidden_dim=48", &[]),
    ("tgat.num_heads", "2", "tgat.num_heads=2", &[]),
    ("tgat.num_layers", "3", "tgat.num_layers=3", &[]),
    ("motifs.min_nodes", "4", "motif.min_nodes=4", &[]),
    ("motifs.max_nodes", "4", "motif.max_nodes=4", &[]),
    ("motifs.min_frequency", "5", "motif.min_count=5", &[]),
    ("motifs.max_motifs", "2", "motif.max_rows=2", &[]),
    ("motifs.null_iterations", "30", "motif.iterations=30", &[]),
    ("motifs.significance_threshold", "0.9", "motif.park_p=0.9", &[]),
    ("motifs.lift_threshold", "1.9", "motif.park_lift=1.9", &["motif.park_p=1.0"]),
    ("motifs.random_seed", "7", "seed=7", &[]),
    ("motifs.time_jitter_range_minutes", "5", "motif.jitter_minutes=5.0", &["motif.null=interval-jitter"]),
    ("motifs.promote_lift_threshold", "1.1", "motif.promote_lift=1.1", ANY_P),
    ("motifs.promote_p_threshold", "0.9", "motif.promote_p=0.9", ANY_LIFT),
    ("motifs.park_p_threshold", "0.9", "motif.park_p=0.9", &[]),
    ("storage.compression_level", "1", "store.compression_level=1", &[]),
    ("storage.row_group_size", "10", "store.row_group_rows=10", &[]),
    ("storage.content_defined_chunking", "true", "store.content_defined=true", CHUNKED),
    ("max_concurrent_sessions", "1", "limits.concurrent_sessions=1", &[]),
    ("memory_limit_gb", "9", "limits.memory_gb=9.0", &[]),
    ("tgat_enable_amp", "false", "tgat.precision=\"f32\"", &[]),
    ("tgat_enable_block_sparse_mask", "true", "attention.keys=\"banded\"", &[]),
    ("tgat_enable_time_bias_caching", "false", "attention.plan_cache_mb=0", &[]),
    ("tgat_use_fp16", "false", "tgat.precision=\"f32\"", &[]),
    ("parquet_enable_content_chunking", "true", "store.content_defined=true", CHUNKED),
    ("parquet_enable_dtype_optimization", "true", "store.narrow=true", &[]),
    ("parquet_use_memory_map", "true", "session.memory_map=true", &[]),
    ("max_memory_usage_gb", "16", "limits.memory_gb=16.0", &[]),
    ("cpu_thread_count", "3", "limits.threads=3", &[]),
    ("gpu_memory_fraction", "0.5", "limits.gpu_memory_fraction=0.5", &[]),
    ("tgat.time_bias_cache_size", "0", "attention.plan_cache_mb=0", &[]),
    ("storage.zstd_compression_level", "9", "store.compression_level=9", &[]),
    ("storage.content_chunking_min_size", "1024", "store.min_page_bytes=1024", PAGED),
    ("storage.content_chunking_max_size", "4096", "store.max_page_bytes=4096", PAGED),
    ("storage.optimal_row_group_size", "10", "store.row_group_rows=10", &[]),
    ("storage.dtype_optimization_enabled", "true", "store.narrow=true", &[]),
    ("storage.use_memory_mapping", "true", "session.memory_map=true", &[]),
    ("storage.dictionary_encoding_columns", "[\"t_ms\"]", "store.dictionary=[\"t_ms\"]", &[]),
];

/// Thresholds that promote as much as possible, so that the remaining one decides.
const ANY_P: &[&str] = &["motif.park_p=1.0", "motif.promote_p=1.0"];
const ANY_LIFT: &[&str] = &["motif.park_p=1.0", "motif.promote_lift=1.0"];
/// Small sizes, so that small files are cut.
const CHUNKED: &[&str] =
    &["store.row_group_rows=20", "store.min_row_group_rows=5", "store.max_row_group_rows=40"];
const PAGED: &[&str] =
    &["store.content_defined=true", "store.min_page_bytes=2048", "store.max_page_bytes=8192"];

fn options() -> impl Iterator<Item = &'static LegacyOption> {
    OPTIONS.iter().copied().flatten()
}

/// The JSON value of a text.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// `a.b` = v as a tree.
fn tree(name: &str, value: &Value) -> Value {
    name.rsplit('.').fold(value.clone(), |inner, part| json!({ part: inner }))
}

fn yaml(name: &str, value: &Value) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let (last, sections) = parts.split_last().unwrap();
    let mut text = String::new();
    for (depth, section) in sections.iter().enumerate() {
        text += &format!("{}{section}:\n", "  ".repeat(depth));
    }
    text + &format!("{}{last}: {value}\n", "  ".repeat(sections.len()))
}

fn effective(sources: &Sources<'_>) -> Effective {
    Effective::load(sources).unwrap_or_else(|e| panic!("{e}"))
}

fn base(more: &[&str]) -> Vec<String> {
    more.iter().map(|&t| t.to_owned()).collect()
}

#[test]
fn the_table_of_the_documentation_lists_every_option() {
    let text = include_str!("../../../src/legacy/options/options.md");
    let at = text.find("| option").unwrap_or(text.len());
    assert!(text[at..] == table(), "src/legacy/options/options.md must end with:\n{}", table());
    let mut names: Vec<&str> = options().map(|option| option.name).collect();
    names.sort_unstable();
    assert_eq!(names.len(), names.iter().collect::<std::collections::BTreeSet<_>>().len());
}

#[test]
fn every_accepted_option_changes_the_configuration_from_every_source() {
    let taken =
        options().filter(|option| matches!(option.mapping, OptionMapping::Same | OptionMapping::Sets(..)));
    let mut taken: Vec<&str> = taken.map(|option| option.name).collect();
    // dag.predicate has one value, the default, and its own test.
    let mut listed: Vec<&str> = SECOND.iter().map(|(name, ..)| *name).chain(["dag.predicate"]).collect();
    taken.sort_unstable();
    listed.sort_unstable();
    assert_eq!(taken, listed, "each has a second value here");

    for &(name, text, sets_to, more) in SECOND {
        let more = base(more);
        let before = effective(&Sources { sets: &more, ..Sources::default() }).config;
        let after = {
            let sets: Vec<String> = more.iter().cloned().chain([sets_to.to_owned()]).collect();
            effective(&Sources { sets: &sets, ..Sources::default() }).config
        };
        assert_ne!(before, after, "{name}: {sets_to} is not a second value");
        let (key, _) = sets_to.split_once('=').unwrap();
        let value = parsed(text);
        let same = |from: &str, got: &Effective, given: &str| {
            assert_eq!(got.config, after, "{name} from {from}");
            let entry = got.entries().iter().find(|entry| entry.key == key).unwrap();
            let option = (given != key).then_some(given);
            assert_eq!(entry.legacy_option.as_deref(), option, "{name} from {from}");
        };

        // What else is set comes from another source; of the key itself, only what it replaces.
        let kept = |set: &&String| !set.starts_with(&format!("{key}="));
        let others: Vec<(String, String)> = more
            .iter()
            .filter(kept)
            .map(|set| {
                let (key, value) = set.split_once('=').unwrap();
                (format!("IFG_{}", key.replace('.', "__").to_uppercase()), value.to_owned())
            })
            .collect();
        let set = [format!("{name}={text}")];
        let got = effective(&Sources { env: others.clone(), sets: &set, ..Sources::default() });
        same("--set", &got, name);

        let more: Vec<String> = more.iter().filter(kept).cloned().collect();
        for (prefix, variable) in [("IRONFORGE_", name.replace('.', "_")), ("IFG_", name.replace('.', "__"))]
        {
            let variable = format!("{prefix}{}", variable.to_uppercase());
            let env = vec![(variable.clone(), text.to_owned())];
            let got = effective(&Sources { env, sets: &more, ..Sources::default() });
            same(&variable, &got, name);
        }

        let json = tree(name, &value).to_string();
        let toml = format!("{name} = {value}\n");
        for (ending, text) in [("json", json), ("toml", toml), ("yml", yaml(name, &value))] {
            let (_folder, path) = file(&format!("a.{ending}"), &text);
            let got = effective(&Sources { env: others.clone(), file: Some(&path), ..Sources::default() });
            same(ending, &got, name);
        }
    }
}

#[test]
fn the_predicate_sets_the_link_rules_and_has_one_value() {
    let (_folder, path) = file("a.toml", "[dag]\nlink = \"both\"\n");
    let set = ["dag.predicate=WINDOW_KNN".to_owned()];
    let env = vec![("IFG_DAG__PREDICATE".to_owned(), "WINDOW_KNN".to_owned())];
    for (sets, env) in [(&set[..], Vec::new()), (&[], env)] {
        let got = effective(&Sources { file: Some(&path), sets, env, ..Sources::default() });
        assert_eq!(got.config.dag.links, [LinkRule::WindowKnn]);
    }
    let set = ["dag.link=both".to_owned()];
    for (name, text) in
        [("a.json", "{\"dag\": {\"predicate\": \"WINDOW_KNN\"}}"), ("a.yml", "dag: {predicate: WINDOW_KNN}")]
    {
        let (_folder, path) = file(name, text);
        let alone = effective(&Sources { file: Some(&path), ..Sources::default() });
        let entry = alone.entries().iter().find(|entry| entry.key == "dag.links").unwrap();
        assert_eq!(
            (entry.legacy_option.as_deref(), &entry.value),
            (Some("dag.predicate"), &json!(["window-knn"]))
        );
        let later = effective(&Sources { file: Some(&path), sets: &set, ..Sources::default() });
        assert_eq!(later.config.dag.links, [LinkRule::WindowKnn, LinkRule::SharedKey]);
    }
    assert!(sets(&["dag.predicate=NEAREST"]).unwrap_err().to_string().contains("must be WINDOW_KNN"));
}

#[test]
fn flags_are_accepted_in_their_section_its_copies_or_at_the_top() {
    for prefix in ["", "c7_optimizations.", "tgat.c7_optimizations.", "storage.c7_optimizations."] {
        let name = format!("{prefix}tgat_enable_block_sparse_mask");
        let got = sets(&[&format!("{name}=True")]).unwrap();
        assert_eq!(got.config.attention.keys.name(), "banded");
        let entry = got.entries().iter().find(|entry| entry.key == "attention.keys").unwrap();
        assert_eq!(entry.legacy_option.as_deref(), Some(&*name));
        assert_eq!(entry.origin, SettingOrigin::Option(format!("--set {name}=True")));
        assert_eq!(
            (got.legacy_settings()[0].option.as_str(), got.legacy_settings()[0].key),
            (&*name, Some("attention.keys"))
        );
    }
    let unknown = sets(&["m1.c7_optimizations.tgat_enable_amp=true"]).unwrap_err();
    assert!(unknown.to_string().contains("not part of ironforge"), "{unknown}");
}

#[test]
fn options_without_effect_or_without_counterpart_are_refused_with_the_reason() {
    let mut refused = 0;
    for option in options() {
        let word = match option.mapping {
            OptionMapping::DidNothing => "had no effect in the Python system",
            OptionMapping::Unsupported => "is not part of ironforge",
            _ => continue,
        };
        let name = option.name.replace(".*", ".anything.below");
        for text in ["true", "3"] {
            let error = sets(&[&format!("{name}={text}")]).unwrap_err();
            assert!(matches!(error, ConfigError::Refused { .. }), "{name}: {error}");
            let message = error.to_string();
            assert!(message.contains(&format!("`{name}` {word}: {}", option.note)), "{message}");
        }
        let message = refusal("a.yaml", &format!("# first line\n{}", yaml(&name, &Value::from(1))));
        assert!(message.contains(word) && message.contains("a.yaml:"), "{message}");
        let variable = format!("IFG_{}", name.replace('.', "__").to_uppercase());
        let env = vec![(variable.clone(), "1".to_owned())];
        let message = Effective::load(&Sources { env, ..Sources::default() }).unwrap_err().to_string();
        assert!(message.contains(&variable) && message.contains(word), "{message}");
        refused += 1;
    }
    assert!(refused > 40, "{refused}");
}

#[test]
fn all_refused_options_of_a_source_are_in_one_error() {
    let error =
        sets(&["motifs.strict_mode=true", "tgat.enhanced=false", "dag.k=3", "version=1"]).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("3 settings are refused:"), "{message}");
    for name in ["motifs.strict_mode", "tgat.enhanced", "version"] {
        assert!(message.lines().any(|line| line.contains(name)), "{message}");
    }
}

#[test]
fn an_option_of_one_value_accepts_that_value_alone() {
    let before = sets(&[]).unwrap().config;
    for option in options() {
        let OptionMapping::Always(only) = option.mapping else { continue };
        let name = option.name;
        let got = sets(&[&format!("{name}={only}")]).unwrap();
        assert_eq!(got.config, before, "{name}");
        assert_eq!((got.legacy_settings()[0].option.as_str(), got.legacy_settings()[0].key), (name, None));
        let other = if only == "true" { "false" } else { "true" };
        let error = sets(&[&format!("{name}={other}")]).unwrap_err();
        assert!(matches!(error, ConfigError::Always { .. }), "{error}");
        let message = error.to_string();
        assert!(
            message.contains(name) && message.contains(only) && message.contains(option.note),
            "{message}"
        );
    }
}

#[test]
fn two_names_of_one_setting_must_agree_in_one_source() {
    let text = "dag:\n  k_successors: 6\n  k: 5\n";
    let message = refusal("a.yml", text);
    for part in ["a.yml:2", "`dag.k_successors` = 6", "a.yml:3", "`dag.k` = 5", "keep one"] {
        assert!(message.contains(part), "{message}");
    }
    for (one, other) in [
        ("memory_limit_gb=8", "c7_optimizations.max_memory_usage_gb=16"),
        ("storage.row_group_size=5", "storage.optimal_row_group_size=6"),
        ("tgat.c7_optimizations.cpu_thread_count=1", "cpu_thread_count=2"),
        ("tgat_use_fp16=false", "tgat.precision=bf16"),
    ] {
        let error = sets(&[one, other]).unwrap_err();
        assert!(matches!(error, ConfigError::Contradiction { .. }), "{error}");
    }
    // Equal values do not contradict each other, and a later source decides.
    assert_eq!(sets(&["dag.k_successors=6", "dag.k=6"]).unwrap().config.dag.k, 6);
    assert_eq!(sets(&["memory_limit_gb=8", "limits.memory_gb=8.0"]).unwrap().config.limits.memory_gb, 8.0);
    assert_eq!(sets(&["dag.k_successors=6", "dag.k_successors=7"]).unwrap().config.dag.k, 7);
    let (_folder, path) = file("a.yml", "dag:\n  k_successors: 6\n");
    let sets = ["dag.k=5".to_owned()];
    let got = effective(&Sources { file: Some(&path), sets: &sets, ..Sources::default() });
    assert_eq!(got.config.dag.k, 5);
    assert_eq!(got.entries().iter().find(|e| e.key == "dag.k").unwrap().legacy_option, None);
}

#[test]
fn flags_of_one_setting_are_combined_as_in_the_python_system() {
    let precision = |texts: &[&str]| sets(texts).unwrap().config.tgat.precision.to_string();
    assert_eq!(precision(&["tgat_enable_amp=true", "tgat_use_fp16=false"]), "f16");
    assert_eq!(precision(&["tgat_enable_amp=false", "tgat_use_fp16=false"]), "f32");
    let keys = |texts: &[&str]| sets(texts).unwrap().config.attention.keys.name();
    assert_eq!(keys(&["tgat_enable_block_sparse_mask=false", "tgat.use_edge_mask=false"]), "all");
    assert_eq!(keys(&["tgat_enable_block_sparse_mask=true", "tgat.use_edge_mask=false"]), "banded");
    let cache = |texts: &[&str]| sets(texts).unwrap().config.attention.plan_cache_mb;
    assert_eq!(
        cache(&["tgat.time_bias_cache_size=128"]),
        cache(&[]),
        "the Python system's size is the default"
    );
    assert_eq!(cache(&["tgat.time_bias_cache_size=7", "tgat_enable_time_bias_caching=true"]), 4);
    assert_eq!(cache(&["tgat.time_bias_cache_size=7", "tgat_enable_time_bias_caching=false"]), 0);
    let (_folder, path) = file("a.yml", "c7_optimizations:\n  cpu_thread_count: null\n");
    assert_eq!(effective(&Sources { file: Some(&path), ..Sources::default() }).config.limits.threads, 0);
}

#[test]
fn wrong_values_are_refused_by_the_name_that_was_given() {
    for (set, parts) in [
        ("dag.k_successors=four", ["dag.k_successors", "dag.k here"]),
        ("dag.k_successors=0", ["dag.k = 0", "given as dag.k_successors"]),
        ("tgat.use_time_bias=sine", ["tgat.use_time_bias", "none or bucket or rbf"]),
        ("tgat_enable_amp=3", ["tgat_enable_amp", "true or false"]),
        ("cpu_thread_count=0", ["cpu_thread_count", "at least 1"]),
        ("cpu_thread_count=9999", ["limits.threads = 9999", "given as cpu_thread_count"]),
        ("tgat.time_bias_cache_size=-1", ["tgat.time_bias_cache_size", "from 0"]),
        ("memory_limit_gb=0", ["limits.memory_gb", "given as memory_limit_gb"]),
        ("motifs.lift_threshold=3", ["park_lift", "motif.promote_lift"]),
    ] {
        let message = sets(&[set]).unwrap_err().to_string();
        assert!(parts.iter().all(|part| message.contains(part)) && message.contains(set), "{message}");
    }
    // The nearest name may be an option's.
    let message = sets(&["motifs.null_iteration=3"]).unwrap_err().to_string();
    assert!(message.contains("did you mean `motifs.null_iterations`"), "{message}");
    let range = sets(&["attention.keys=all", "attention.direction=both", "attention.self_loops=false"]);
    assert!(range.unwrap_err().to_string().contains("attention.self_loops"));
}

#[test]
fn invalid_yaml_is_refused_with_its_line() {
    let bomb: String = std::iter::once("a0: &a0 [x, x]\n".to_owned())
        .chain((1..40).map(|i| format!("a{i}: &a{i} [*a{j}, *a{j}]\n", j = i - 1)))
        .collect();
    for (text, want) in [
        ("dag:\n  k: 1\n k: 2\n", "not YAML"),
        ("dag:\n  k: 1\n  k: 2\n", "a.yml:3"),
        ("- dag\n", "mapping"),
        ("dag: .nan\n", "finite"),
        ("dag:\n  k: [{a: 1}]\n", "no setting is a list of sections"),
        (&"[".repeat(100_000), "not YAML"),
        (&bomb, "not YAML"),
    ] {
        let message = refusal("a.yml", text);
        assert!(message.contains(want) && message.contains("a.yml"), "{want}: {message}");
    }
    let (_folder, path) = file("a.yaml", "# nothing\n");
    assert_eq!(
        effective(&Sources { file: Some(&path), ..Sources::default() }).config,
        sets(&[]).unwrap().config
    );
}
