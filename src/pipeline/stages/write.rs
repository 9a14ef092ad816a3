//! Writes tables and `run.json` into the staging folder.

use rayon::prelude::*;

use super::features::FeatureSelection;
use super::graphs::SessionGraph;
use super::motif_stage::LabelledMotifs;
use super::motif_table::motif_table;
use super::session_batch::SessionScores;
use super::staging::Staging;
use super::tables::{edge_table, embedding_table, node_table, score_table};
use crate::config::LimitsConfig;
use crate::events::Features;
use crate::pipeline::error::Error;
use crate::store::{self, StoreConfig};
use crate::table::{Session, Table};

/// Writes the outputs of a run into its staging folder.
pub(crate) struct RunWriter<'a> {
    pub(crate) staging: &'a Staging,
    pub(crate) sessions: &'a [Session],
    pub(crate) store: &'a StoreConfig,
    pub(crate) limits: &'a LimitsConfig,
}

impl RunWriter<'_> {
    /// Writes `nodes`, `temporal_edges` and `dag_edges`.
    pub(crate) fn graphs(
        &self,
        graphs: &[SessionGraph],
        features: &[Features],
        selection: &FeatureSelection,
    ) -> Result<(), Error> {
        let priced = self.sessions.iter().any(|s| s.events.price.is_some());
        self.for_each_session(|i, write| {
            let (session, graph) = (&self.sessions[i], &graphs[i]);
            write("nodes", node_table(session, graph, &features[i], priced)?)?;
            let edge_features = selection.edges(session, graph)?;
            let (temporal, dag) = edge_features.as_ref().map(|f| (&f.temporal, &f.dag)).unzip();
            write("temporal_edges", edge_table(session, &graph.temporal, None, temporal)?)?;
            write("dag_edges", edge_table(session, &graph.dag_links, Some(&graph.weights), dag)?)
        })
    }

    /// Writes `embeddings` and `scores`.
    pub(crate) fn scores(&self, scores: &[SessionScores]) -> Result<(), Error> {
        self.for_each_session(|i, write| {
            let rows = self.sessions[i].events.len();
            write("embeddings", embedding_table(rows, &scores[i]))?;
            write("scores", score_table(rows, &scores[i]))
        })
    }

    /// Writes `motifs.parquet`.
    pub(crate) fn motifs(&self, motifs: &LabelledMotifs) -> Result<(), Error> {
        store::write_table_unsynced(&self.staging.path("motifs.parquet"), &motif_table(motifs), self.store)?;
        Ok(())
    }

    /// Writes `run.json`.
    pub(crate) fn report(&self, report: &impl serde::Serialize) -> Result<(), Error> {
        let path = self.staging.path("run.json");
        let text = serde_json::to_string_pretty(report).map_err(|e| Error::output(&path, e.into()))?;
        std::fs::write(&path, text + "\n").map_err(|e| Error::output(&path, e))
    }

    /// Calls `tables` for each session, in parallel, with its index and a function that writes a table to a dataset,
    /// in the session's partition.
    fn for_each_session(
        &self,
        tables: impl Fn(usize, &dyn Fn(&str, Table) -> Result<(), Error>) -> Result<(), Error> + Sync,
    ) -> Result<(), Error> {
        let one = |(i, session): (usize, &Session)| {
            let partition = store::partition_dir("session_id", &session.id)?;
            tables(i, &|dataset, table| {
                let folder = self.staging.path(dataset).join(&partition);
                std::fs::create_dir_all(&folder).map_err(|e| Error::output(&folder, e))?;
                store::write_table_unsynced(&folder.join("part-0.parquet"), &table, self.store)?;
                Ok(())
            })
        };
        let numbered: Vec<_> = self.sessions.iter().enumerate().collect();
        numbered
            .chunks(self.limits.sessions_at_once(self.sessions.len()))
            .try_for_each(|together| together.par_iter().copied().try_for_each(one))
    }
}
