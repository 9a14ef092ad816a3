//! The data of [`super::OPTIONS`]: one row per option.

use super::{Conversion, LegacyOption, OptionMapping};
use OptionMapping::{Always, DidNothing, Same, Sets, Unsupported};

const fn row(name: &'static str, mapping: OptionMapping, note: &'static str) -> LegacyOption {
    LegacyOption { name, mapping, note }
}

const fn value(key: &'static str) -> OptionMapping {
    Sets(key, Conversion::Same)
}

const POOLED: &str = "set motif.null: each null model is a separate hypothesis here, never pooled";
const FOLDERS: &str = "leave it out: files are written below --out, and an earlier run there is replaced";
const NO_M1: &str = "one-minute bars are not events here: leave it out";
const NO_ORACLE: &str = "there is no oracle stage: leave it out";
const MAPPED: &str =
    "Parquet inputs only, which must not change during the run; true if either option is true";
const HALF: Conversion = Conversion::Choice(&[("true", "f16", 2), ("false", "f32", 1)]);
const EITHER: Conversion = Conversion::Choice(&[("true", "true", 2), ("false", "false", 1)]);

/// The components and the root of the original's configuration.
pub(super) const COMPONENTS: &[LegacyOption] = &[
    row("dag.k_successors", value("dag.k"), ""),
    row("dag.dt_min_minutes", Same, ""),
    row("dag.dt_max_minutes", Same, ""),
    row("dag.predicate", Sets("dag.links", Conversion::Choice(&[("WINDOW_KNN", "[\"window-knn\"]", 1)])), ""),
    row("dag.enabled", Always("true"), "every run builds the causal DAG: leave it out"),
    row(
        "dag.causality_weights.*",
        DidNothing,
        "the original weighted edges by another table: set dag.causality",
    ),
    row("dag.strict_acyclicity", Always("true"), "a cycle is always an error: leave it out"),
    row("dag.validate_topological_sort", Always("true"), "the order is checked as it is made: leave it out"),
    row("m1.enabled", Always("false"), NO_M1),
    row("m1.*", Unsupported, NO_M1),
    row(
        "tgat.enhanced",
        Always("true"),
        "the standard layer saw every event and knew no time: set attention.keys to all, attention.direction to \
         both and attention.bias to none",
    ),
    row(
        "tgat.attention_impl",
        Always("sdpa"),
        "there is one attention; check it with `ironforge attend --backend reference`",
    ),
    row(
        "tgat.use_edge_mask",
        Sets("attention.keys", Conversion::Choice(&[("true", "edges", 1), ("false", "all", 1)])),
        "tgat_enable_block_sparse_mask takes precedence",
    ),
    row(
        "tgat.use_time_bias",
        Sets(
            "attention.bias",
            Conversion::Choice(&[("none", "none", 1), ("bucket", "buckets", 1), ("rbf", "sqrt", 1)]),
        ),
        "the original's rbf is a square root",
    ),
    row(
        "tgat.is_causal",
        Sets("attention.direction", Conversion::Choice(&[("true", "predecessors", 1), ("false", "both", 1)])),
        "causal reads the past only; otherwise successors are read too",
    ),
    row(
        "tgat.input_dim",
        Unsupported,
        "the width follows from session.features; the presets' 53 was an error",
    ),
    row("tgat.hidden_dim", Same, ""),
    row("tgat.num_heads", Same, ""),
    row("tgat.num_layers", Same, ""),
    row("tgat.temporal_bias_enabled", DidNothing, "set attention.bias"),
    row("tgat.dag_positional_encoding", DidNothing, "set tgat.positions"),
    row("tgat.max_sequence_length", DidNothing, "graphs may be of any length: leave it out"),
    row("tgat.temporal_bias_hidden_dim", DidNothing, "set attention.bias"),
    row("tgat.temporal_encoding_dim", DidNothing, "set attention.bias"),
    row("tgat.causal_masking", DidNothing, "set attention.direction"),
    row("tgat.self_attention", DidNothing, "set attention.self_loops"),
    row("motifs.min_nodes", value("motif.min_nodes"), ""),
    row("motifs.max_nodes", value("motif.max_nodes"), ""),
    row("motifs.min_frequency", value("motif.min_count"), "occurrences here, sessions there"),
    row("motifs.max_motifs", value("motif.max_rows"), "the most significant here, the first found there"),
    row("motifs.null_iterations", value("motif.iterations"), ""),
    row(
        "motifs.significance_threshold",
        Sets("motif.park_p", Conversion::Overriding),
        "takes precedence over park_p_threshold",
    ),
    row("motifs.lift_threshold", value("motif.park_lift"), ""),
    row("motifs.confidence_level", Always("0.95"), "intervals are of 95 %: leave it out"),
    row("motifs.strict_mode", DidNothing, "leave it out"),
    row("motifs.random_seed", value("seed"), ""),
    row(
        "motifs.time_jitter_range_minutes",
        value("motif.jitter_minutes"),
        "for the null model interval-jitter",
    ),
    row("motifs.session_permutation_enabled", DidNothing, POOLED),
    row("motifs.promote_lift_threshold", value("motif.promote_lift"), ""),
    row("motifs.promote_p_threshold", value("motif.promote_p"), ""),
    row("motifs.park_p_threshold", value("motif.park_p"), ""),
    row("motifs.max_candidate_motifs", DidNothing, "set limits.motif_instances, which bounds the work"),
    row(
        "motifs.parallel_null_generation",
        Always("true"),
        "nulls are drawn by all threads: set limits.threads",
    ),
    row("storage.compression", Always("zstd"), "one codec is written: set store.compression_level"),
    row("storage.compression_level", value("store.compression_level"), ""),
    row("storage.row_group_size", value("store.row_group_rows"), ""),
    row("storage.engine", Unsupported, "this crate has one writer: leave it out"),
    row(
        "storage.content_defined_chunking",
        Sets("store.content_defined", EITHER),
        "true if either option is true",
    ),
    row("storage.partition_by_session", Always("true"), "datasets have one folder per session: leave it out"),
    row("storage.include_metadata", Always("true"), "files state the units of their columns: leave it out"),
    row("storage.feature_precision", Always("float32"), "features are written as f32: leave it out"),
    row("storage.compress_node_features", Always("true"), "set store.compression_level"),
    row("storage.compress_edge_features", Always("true"), "set store.compression_level"),
    row("storage.dag_output_dir", Unsupported, FOLDERS),
    row("storage.motifs_output_dir", Unsupported, FOLDERS),
    row("storage.logs_output_dir", Unsupported, FOLDERS),
    row("system_name", DidNothing, "leave it out"),
    row("version", DidNothing, "leave it out: run.json holds the version that ran"),
    row("log_level", Unsupported, "progress goes to stderr, and there are no levels: leave it out"),
    row("validate_inputs", Always("true"), "inputs are always checked: leave it out"),
    row(
        "fail_on_warnings",
        Unsupported,
        "faults are errors, and everything skipped is in run.json: leave it out",
    ),
    row("max_concurrent_sessions", value("limits.concurrent_sessions"), ""),
    row(
        "memory_limit_gb",
        value("limits.memory_gb"),
        "one limit here: it must agree with max_memory_usage_gb",
    ),
];

/// The flags of the optimisations: below `c7_optimizations`, below a component's copy of it, or at the top.
pub(super) const FLAGS: &[LegacyOption] = &[
    row(
        "enable_all_optimizations",
        Unsupported,
        "it set other options, most of which are always on here: set tgat.precision, store.narrow and \
         store.content_defined, or take preset context7-high-performance",
    ),
    row(
        "enable_performance_monitoring",
        Always("true"),
        "run.json always has times and memory: leave it out",
    ),
    row("tgat_enable_amp", Sets("tgat.precision", HALF), "half precision if either option is true"),
    row(
        "tgat_enable_flash_attention",
        Always("true"),
        "the matrix of scores is never stored as a whole: leave it out",
    ),
    row(
        "tgat_enable_block_sparse_mask",
        Sets("attention.keys", Conversion::Choice(&[("true", "banded", 2), ("false", "edges", 0)])),
        "takes precedence over use_edge_mask if true",
    ),
    row(
        "tgat_enable_time_bias_caching",
        Sets("attention.plan_cache_mb", Conversion::Choice(&[("true", "64", 0), ("false", "0", 2)])),
        "plans hold the time bias",
    ),
    row("tgat_use_fp16", Sets("tgat.precision", HALF), "half precision if either option is true"),
    row("tgat_enable_fused_ops", DidNothing, "leave it out: the backend chooses its kernels"),
    row(
        "tgat_gradient_checkpointing",
        Unsupported,
        "it saved memory in training, which ironforge does not do: leave it out",
    ),
    row("dag_enable_vectorized_ops", Always("true"), "one builder, linear in events and edges: leave it out"),
    row(
        "dag_enable_topological_generations",
        Always("true"),
        "run.json and nodes always have generations: leave it out",
    ),
    row("dag_enable_sparse_adjacency", Always("true"), "graphs are CSR or intervals: leave it out"),
    row(
        "dag_enable_batch_edge_creation",
        Always("true"),
        "edges are made row by row, not one by one: leave it out",
    ),
    row("dag_parallel_validation", Always("true"), "sessions are built by all threads: set limits.threads"),
    row("dag_cache_adjacency_matrix", Always("true"), "a graph holds its CSR, made once: leave it out"),
    row(
        "parquet_enable_zstd_optimization",
        Always("true"),
        "one codec is written: set store.compression_level",
    ),
    row(
        "parquet_enable_content_chunking",
        Sets("store.content_defined", EITHER),
        "true if either option is true",
    ),
    row("parquet_optimize_row_groups", Always("true"), "set store.row_group_rows"),
    row(
        "parquet_enable_dtype_optimization",
        Sets("store.narrow", EITHER),
        "where no value changes; true if either option is true",
    ),
    row(
        "parquet_enable_parallel_io",
        DidNothing,
        "columns are always encoded in parallel: set limits.threads",
    ),
    row("parquet_use_memory_map", Sets("session.memory_map", EITHER), MAPPED),
    row(
        "max_memory_usage_gb",
        value("limits.memory_gb"),
        "one limit here: it must agree with memory_limit_gb",
    ),
    row("cpu_thread_count", Sets("limits.threads", Conversion::NullIsZero), "0 is one thread per core"),
    row("gpu_memory_fraction", value("limits.gpu_memory_fraction"), ""),
];

/// Options that the enhanced configuration adds to the components.
pub(super) const ENHANCED: &[LegacyOption] = &[
    row("tgat.sparse_attention_density", DidNothing, "the density is that of the graph: set dag.k"),
    row("tgat.block_size", Always("64"), "the kernels' tiles are 64 x 64: leave it out"),
    row(
        "tgat.time_bias_cache_size",
        Sets("attention.plan_cache_mb", Conversion::CacheMegabytes),
        "plans hold the time bias; tgat_enable_time_bias_caching takes precedence if false",
    ),
    row(
        "tgat.enable_gradient_checkpointing",
        Unsupported,
        "it saved memory in training, which ironforge does not do: leave it out",
    ),
    row(
        "tgat.memory_efficient_attention",
        DidNothing,
        "the matrix of scores is never stored as a whole: leave it out",
    ),
    row(
        "tgat.profile_attention_performance",
        Unsupported,
        "run.json always has the times of the phases: leave it out",
    ),
    row("tgat.log_memory_usage", Unsupported, "run.json always has the memory: leave it out"),
    row("dag.edge_batch_size", Unsupported, "there are no batches of edges: leave it out"),
    row("dag.parallel_workers", Unsupported, "one pool of threads serves all: set limits.threads"),
    row("dag.adjacency_cache_size", Unsupported, "a graph holds its CSR: leave it out"),
    row("dag.topological_cache_enabled", Always("true"), "generations are computed once: leave it out"),
    row("dag.use_csr_adjacency", Always("true"), "graphs are CSR or intervals: leave it out"),
    row("dag.enable_dag_analytics", Always("true"), "run.json always has them: leave it out"),
    row("storage.zstd_compression_level", value("store.compression_level"), ""),
    row("storage.content_chunking_min_size", value("store.min_page_bytes"), ""),
    row("storage.content_chunking_max_size", value("store.max_page_bytes"), ""),
    row("storage.optimal_row_group_size", value("store.row_group_rows"), ""),
    row(
        "storage.dtype_optimization_enabled",
        Sets("store.narrow", EITHER),
        "where no value changes; true if either option is true",
    ),
    row("storage.dictionary_encoding_columns", value("store.dictionary"), ""),
    row(
        "storage.max_open_files",
        Unsupported,
        "a file is open only while it is written: set limits.concurrent_sessions",
    ),
    row("storage.use_memory_mapping", Sets("session.memory_map", EITHER), MAPPED),
    row("storage.parallel_io_workers", Unsupported, "one pool of threads serves all: set limits.threads"),
    row(
        "enable_detailed_profiling",
        Unsupported,
        "run.json always has the times of the phases: leave it out",
    ),
    row("performance_log_interval", Unsupported, "progress goes to stderr as it is made: leave it out"),
];

/// Options of the application's configuration file.
pub(super) const APPLICATION: &[LegacyOption] = &[
    row("workspace", Unsupported, "name the input as PATH and the results with --out"),
    row("data.*", Unsupported, "name the files or folders to read as PATH"),
    row("outputs.run_dir", Unsupported, "name the folder with --out"),
    row(
        "outputs.overwrite",
        Always("true"),
        "an earlier run in --out is replaced, and nothing else is: leave it out",
    ),
    row("scoring.*", Unsupported, "there is no confluence score: leave it out"),
    row("reporting.*", Unsupported, "runs are not plotted: read run.json"),
    row(
        "validation.*",
        Unsupported,
        "it checked that files exist; motifs are confirmed on motif.holdout of the sessions",
    ),
    row("oracle.enabled", Always("false"), NO_ORACLE),
    row("oracle.*", Unsupported, NO_ORACLE),
    row("archaeological.*", Unsupported, "there is no such stage: leave it out"),
];
