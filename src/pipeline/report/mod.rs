//! The parts of `run.json`, the report of a run. The report types themselves are defined with their commands.
//!
//! - `header.rs`: [`RunHeader`], the part that all reports share.
//! - `scale.rs`: the scale of the run's times, and its time windows.
//! - `notes.rs`: [`Note`], what a reader of the results should know.
//! - `input_notes.rs`: the notes on how tables were read.
//! - `motif_notes.rs`: the notes on motifs.
//! - `ties.rs`: [`TieReport`], events of equal time, and the notes on them.
//! - `session.rs`: one session: its source, its anomalies and the size of its graphs.
//! - `features.rs`: the feature set, and how features were standardised.
//! - `summaries.rs`: motifs, device, plan cache, and the results that need trained weights.

mod features;
mod header;
mod input_notes;
mod motif_notes;
mod notes;
mod scale;
mod session;
mod summaries;
mod ties;

pub use features::{FeatureSetReport, StandardisationReport};
pub(crate) use header::timings;
pub use header::{RunHeader, SCHEMA_VERSION, Versions};
pub(crate) use motif_notes::{draw_note, motif_notes};
pub use notes::Note;
pub(crate) use notes::graph_notes;
pub use scale::{ScaleReport, WindowReport, WindowSource};
pub use session::SessionReport;
pub use summaries::{DeviceReport, MotifSummary, OutputMeaning, PlanCacheReport};
pub use ties::TieReport;
