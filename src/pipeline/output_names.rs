//! Names of the files and folders that a run writes into its output folder.

/// Everything that `discover` writes; other files in the folder are left alone.
pub(crate) const OUTPUTS: [&str; 7] =
    ["run.json", "nodes", "temporal_edges", "dag_edges", "embeddings", "scores", "motifs.parquet"];

/// Everything that `build_graph` writes.
pub(crate) const GRAPH_OUTPUTS: [&str; 4] = ["run.json", "nodes", "temporal_edges", "dag_edges"];

/// Prefix of the temporary folder in which a run prepares its outputs.
pub(crate) const STAGING_PREFIX: &str = ".ironforge-";
