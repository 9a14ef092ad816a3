//! `run.json`: the parts of the document that describes a run. The documents themselves are beside their commands.
//!
//! - `header.rs`: [`RunHeader`], the part that all documents share.
//! - `session.rs`: one session: its source, its anomalies and the size of its graphs.
//! - `features.rs`: the feature set, and how features were standardised.
//! - `summaries.rs`: motifs, device, plan cache, and what results mean.

mod features;
mod header;
mod session;
mod summaries;

pub use features::{FeatureSetReport, StandardisationReport};
pub(crate) use header::timings;
pub use header::{RunHeader, SCHEMA_VERSION, Versions};
pub use session::SessionReport;
pub use summaries::{DeviceReport, Interpretation, MotifSummary, PlanCacheReport};
