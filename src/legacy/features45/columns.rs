//! The columns of a session that the features read, and the table of features.

use super::keywords::{KeywordColumn, Keywords};
use super::smart_money::{self, ScoredEvent};
use crate::events::{FeatureError, FeatureInfo, Features};
use crate::table::{Array, EventTable, Session};

const TYPE: &str = "type";
const ORIGINAL_TYPE: &str = "original_type";
const PHASE: &str = "semantic_context.phase";
const VOLUME: &str = "volume";
const SIGNIFICANCE: &str = "significance";
const ARCHAEOLOGY: &str = "archaeological_significance";

/// Name, unit and formula of a feature.
pub(super) type FeatureSpec = (&'static str, &'static str, &'static str);

/// The first requirement of these features that the session lacks; `None` if it meets all of them.
pub fn lacking(session: &Session) -> Option<&'static str> {
    let events = &session.events;
    if events.time_of_day_s.is_none() {
        Some("times of day")
    } else if events.price.is_none() {
        Some("a price")
    } else if events.text(TYPE).is_none() {
        Some("the field `type`")
    } else if session.attributes.is_empty() {
        Some("a context (open, high, low) of the session")
    } else {
        None
    }
}

/// Names, units and formulas of features, in the form of [`Features::info`].
pub(super) fn feature_info(specs: &[FeatureSpec]) -> Vec<FeatureInfo> {
    specs.iter().map(|&(name, unit, formula)| FeatureInfo { name: name.to_owned(), unit, formula }).collect()
}

/// A table of the rows `row(0)`, `row(1)`, ...; a value that is not finite is missing.
pub(super) fn feature_table<const N: usize>(
    specs: &[FeatureSpec],
    rows: usize,
    row: impl Fn(usize) -> [f64; N],
) -> Features {
    debug_assert_eq!(specs.len(), N);
    let present = |value: f64| value.is_finite().then_some(value);
    Features {
        info: feature_info(specs),
        rows,
        values: (0..rows).flat_map(|i| row(i).map(present)).collect(),
    }
}

/// The columns that the features read.
pub(super) struct EventColumns<'a> {
    time_of_day_s: &'a [f64],
    price: Option<&'a Array<f64>>,
    volume: Option<&'a Array<f64>>,
    significance: Option<&'a Array<f64>>,
    archaeology: Option<&'a Array<f64>>,
    kind: KeywordColumn<'a>,
    type_field: KeywordColumn<'a>,
    original_type: KeywordColumn<'a>,
    phase: KeywordColumn<'a>,
}

/// The event at one end of an edge.
pub(super) struct EdgeEnd {
    pub(super) price: f64,
    pub(super) volume: f64,
    pub(super) time_of_day_s: f64,
    pub(super) kind: Keywords,
    pub(super) original_type: Keywords,
}

impl<'a> EventColumns<'a> {
    /// The columns of a session's events that the features read.
    ///
    /// # Errors
    /// [`FeatureError::TimeOfDay`] if the source has no wall clock.
    pub(super) fn of(events: &'a EventTable) -> Result<Self, FeatureError> {
        Ok(Self {
            time_of_day_s: events.time_of_day_s.as_deref().ok_or(FeatureError::TimeOfDay)?,
            price: events.prices(),
            volume: events.number(VOLUME),
            significance: events.number(SIGNIFICANCE),
            archaeology: events.number(ARCHAEOLOGY),
            kind: KeywordColumn::of(Some(&events.kind)),
            type_field: KeywordColumn::of(events.text(TYPE)),
            original_type: KeywordColumn::of(events.text(ORIGINAL_TYPE)),
            phase: KeywordColumn::of(events.text(PHASE)),
        })
    }

    /// The values and keywords of event `i` that its scores are calculated from.
    pub(super) fn scored(&self, i: usize) -> ScoredEvent {
        ScoredEvent {
            price: number(self.price, i, 0.0),
            volume: number(self.volume, i, 0.0),
            time_of_day_s: self.time_of_day_s[i],
            significance: number(self.significance, i, smart_money::SIGNIFICANCE),
            archaeological: number(self.archaeology, i, 0.0),
            kind: self.kind.at(i),
            type_field: self.type_field.at(i),
        }
    }

    /// Event `i` as the end of an edge.
    pub(super) fn edge_end(&self, i: u32) -> EdgeEnd {
        let i = i as usize;
        EdgeEnd {
            price: number(self.price, i, 0.0),
            volume: number(self.volume, i, 0.0),
            time_of_day_s: self.time_of_day_s[i],
            kind: self.kind.at(i),
            original_type: self.original_type.at(i),
        }
    }

    /// Keywords of the original type of event `i`.
    pub(super) fn original_type(&self, i: usize) -> Keywords {
        self.original_type.at(i)
    }

    /// Keywords of the phase of event `i`.
    pub(super) fn phase(&self, i: usize) -> Keywords {
        self.phase.at(i)
    }
}

/// The value of event `i`, or `missing`.
fn number(column: Option<&Array<f64>>, i: usize, missing: f64) -> f64 {
    column.and_then(|values| values.get(i)).unwrap_or(missing)
}
