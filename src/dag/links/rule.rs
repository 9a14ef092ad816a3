//! The trait of a link rule, and the rules by their configured names.
//!
//! To add a rule: a variant of [`LinkRule`], its match arms here, and a file that implements [`PreparedRule`].

use std::fmt::Debug;
use std::sync::Arc;

use super::ResolvedLinks;
use super::shared_key::SharedKeyOfEvents;
use crate::dag::{DagError, LinkRule};
use crate::table::EventTable;

/// Row bounds and columns of the successors.
pub(super) type Rows = (Vec<u32>, Vec<u32>);

/// A link rule with the columns, besides the times, that it reads of one group's events.
pub(super) trait PreparedRule: Debug + Send + Sync {
    /// The edges of events at the sorted times `t_ms`; position `p` holds event `order[p]`, or event `p` if `order`
    /// is `None`.
    ///
    /// # Errors
    /// [`DagError::Unsorted`] if the times are not sorted, [`DagError::TooLarge`] above `u32::MAX` events or edges.
    fn link(&self, t_ms: &[i64], order: Option<&[u32]>) -> Result<Rows, DagError>;
}

impl LinkRule {
    /// Name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::WindowKnn => "window-knn",
            Self::SharedKey => "shared-key",
        }
    }

    /// The rule with the columns of `events` that it reads.
    ///
    /// # Errors
    /// [`DagError::NoKey`] if it needs a key column and there is none; [`DagError::Len`] if one does not hold one
    /// value per event.
    pub(super) fn prepare(
        self,
        events: &EventTable,
        links: &ResolvedLinks,
    ) -> Result<Arc<dyn PreparedRule>, DagError> {
        Ok(match self {
            // `DagConfig::resolved` leaves no `auto`; a list that somebody made by hand means the rule without keys.
            Self::Auto | Self::WindowKnn => Arc::new(links.window_knn),
            Self::SharedKey => Arc::new(SharedKeyOfEvents::new(links.shared_key, events)?),
        })
    }
}
