//! The fields of an event in each form of JSON, and the columns that they become.

use std::collections::{BTreeMap, BTreeSet};

use super::json::Json;
use super::json_file::{ClockedTime, JsonFile};
use crate::events::{EventsError, UnsortedEvents};
use crate::legacy::LegacyError;
use crate::table::{Labels, NumericColumn, TextColumn};

/// The fields that are kept as texts; `a.b` is the field `b` of the object `a`.
const TEXTS: [&str; 3] = ["type", "original_type", "semantic_context.phase"];
/// The objects that contain fields of [`TEXTS`].
const TEXT_OBJECTS: [&str; 1] = ["semantic_context"];
/// Cells of number columns that are allowed whatever the share of missing values.
const MIN_CELLS: usize = 1 << 20;
/// Maximum cells of number columns per present value: a file whose fields are nearly all missing would take far more
/// memory than its size.
const CELLS_PER_NUMBER: usize = 64;

/// Names of the fields of an event in one form.
#[derive(Debug)]
pub(super) struct EventFields {
    /// Fields of the time; the first that is present is used.
    pub(super) times: &'static [&'static str],
    /// Fields of the kind; the first that is not empty is used.
    pub(super) kinds: &'static [&'static str],
    /// Fields of the price; the first that is not null is used. The column has the name of the first field in the
    /// list.
    pub(super) prices: &'static [&'static str],
    /// True if a field that is a number in one event must be a number in all. False if only those in `numbers` must;
    /// other fields of mixed types are ignored.
    pub(super) strict: bool,
    /// Fields that must be numbers.
    pub(super) numbers: &'static [&'static str],
    /// Known fields that are not used.
    pub(super) unused: &'static [&'static str],
    /// True if the kind is used as the texts `type` and `original_type` when no event has the field.
    pub(super) kind_is_type: bool,
}

/// Fields of the forms adapted and day_news.
pub(super) static ADAPTED: EventFields = EventFields {
    times: &["timestamp", "timestamp_et"],
    kinds: &["type"],
    prices: &["price_level"],
    strict: true,
    numbers: &[],
    unused: &[
        "absolute_price",
        "day_context",
        "dimensional_destiny",
        "dimensional_relationship",
        "enhanced_session_data",
        "event_family",
        "final_range_relationship",
        "fvg_type",
        "interaction_context",
        "interaction_type",
        "liquidity_archetype",
        "liquidity_type",
        "news_context",
        "rebalance_price",
        "related_event_id",
        "relativity_enhanced",
        "source",
        "structural_role",
        "sweep_direction",
        "target_level",
        "theory_b_validated",
        "zone_level",
    ],
    kind_is_type: false,
};

/// Fields of the forms enhanced and enhanced_rel: price movements and liquidity events, two variants of each.
pub(super) static ENHANCED: EventFields = EventFields {
    times: &["timestamp"],
    kinds: &["movement_type", "action", "event_type"],
    prices: &["price_level", "price"],
    strict: false,
    numbers: &[
        "absolute_price",
        "impact_duration",
        "intensity",
        "normalized_price",
        "normalized_time",
        "pct_from_high",
        "pct_from_low",
        "pct_from_open",
        "price_momentum",
        "range_position",
        "time_since_session_open",
        "time_to_next_event",
    ],
    unused: &[
        "context",
        "enhancement_timestamp",
        "liquidity_type",
        "magnitude",
        "relativity_enhanced",
        "target_level",
    ],
    kind_is_type: true,
};

/// Fields of the form records.
pub(super) static RECORDS: EventFields = EventFields {
    times: &["timestamp_et", "timestamp"],
    kinds: &["event_type", "type"],
    prices: &["price_level", "price"],
    strict: false,
    numbers: &["volume", "volume_profile"],
    unused: &["session_id", "node_features"],
    kind_is_type: true,
};

impl EventFields {
    /// The columns of the events, which stay in the order of the file; number columns are sorted by name.
    pub(super) fn columns(
        &self,
        file: JsonFile<'_>,
        events: &[&Json],
        times: Vec<ClockedTime>,
    ) -> Result<UnsortedEvents, LegacyError> {
        let count = u32::try_from(events.len()).map_err(|_| EventsError::TooManyEvents {
            file: file.name.to_owned(),
            events: events.len(),
            limit: u32::MAX as usize,
        })?;
        let kinds = events.iter().enumerate().map(|(i, event)| self.kind(file, i, event));
        let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
        let numeric = self.numeric(file, events)?;
        let (times, time_of_day_s) = times.into_iter().unzip();
        Ok(UnsortedEvents {
            times,
            seq: None,
            event_index: (0..count).collect(),
            texts: self.texts(events, &kinds),
            kind: Labels::encode(kinds),
            keys: Vec::new(),
            price: numeric.iter().position(|column| column.name == self.prices[0]),
            numeric,
            time_of_day_s: Some(time_of_day_s),
        })
    }

    fn kind<'j>(
        &self,
        file: JsonFile<'_>,
        i: usize,
        event: &'j Json,
    ) -> Result<Option<&'j str>, LegacyError> {
        for &field in self.kinds {
            match event.get(field) {
                None | Some(Json::Null) => {}
                Some(Json::Text(kind)) if kind.is_empty() => {}
                Some(Json::Text(kind)) => return Ok(Some(kind)),
                Some(found) => {
                    let why = format!("is {}", found.type_name());
                    let remedy = "it must be a string, empty if the kind is not known";
                    return Err(file.event(i, field, why, remedy));
                }
            }
        }
        Ok(None)
    }

    /// The texts that some event has. A value of another type is missing here: a number has its own column.
    fn texts(&self, events: &[&Json], kinds: &[Option<&str>]) -> Vec<TextColumn> {
        fn text<'j>(event: &'j Json, name: &str) -> Option<&'j str> {
            let found = match name.split_once('.') {
                Some((object, field)) => event.get(object)?.get(field)?,
                None => event.get(name)?,
            };
            match found {
                Json::Text(text) => Some(text),
                _ => None,
            }
        }
        let column = |&name: &&str| {
            let labels = Labels::encode(events.iter().map(|event| text(event, name)));
            let labels = match labels.names.is_empty() && self.kind_is_type && !name.contains('.') {
                true => Labels::encode(kinds.iter().copied()),
                false => labels,
            };
            TextColumn { name: name.to_owned(), labels }
        };
        TEXTS.iter().map(column).filter(|column| !column.labels.names.is_empty()).collect()
    }

    /// The value of an event in the column called `name`, and the field that has it.
    fn value<'j>(&self, event: &'j Json, name: &'j str) -> Option<(&'j str, &'j Json)> {
        let present = |field: &'j str| Some((field, event.get(field).filter(|found| **found != Json::Null)?));
        if name == self.prices[0] {
            self.prices.iter().find_map(|field| present(field))
        } else {
            present(name)
        }
    }

    fn numeric(&self, file: JsonFile<'_>, events: &[&Json]) -> Result<Vec<NumericColumn>, LegacyError> {
        let (mut names, mut numbers) = (BTreeSet::new(), 0usize);
        for event in events {
            let Json::Object(fields) = event else { continue };
            for (name, value) in fields {
                let name = name.as_str();
                let number = matches!(value, Json::Number(_));
                numbers += usize::from(number);
                // The price is a column even if it is missing in every event.
                if self.prices.contains(&name) {
                    names.insert(self.prices[0]);
                } else if number && !self.times.contains(&name)
                    || *value != Json::Null && self.numbers.contains(&name)
                {
                    // A known number of another type becomes a column too, so that `column` reports it.
                    names.insert(name);
                }
            }
        }
        let cells = names.len().saturating_mul(events.len());
        if cells > MIN_CELLS.max(numbers.saturating_mul(CELLS_PER_NUMBER)) {
            let why = format!("have {} number fields, and nearly all of them are missing", names.len());
            return Err(file.field("its events", why, "give one kind of number one name, or split the file"));
        }
        let columns = names.into_iter().map(|name| self.column(file, events, name));
        columns.filter_map(Result::transpose).collect()
    }

    /// The column called `name`; `None` if it is not required and has another type in an event.
    fn column(
        &self,
        file: JsonFile<'_>,
        events: &[&Json],
        name: &str,
    ) -> Result<Option<NumericColumn>, LegacyError> {
        let required = self.strict || name == self.prices[0] || self.numbers.contains(&name);
        let mut values = Vec::with_capacity(events.len());
        for (i, event) in events.iter().enumerate() {
            values.push(match self.value(event, name) {
                None => None,
                Some((_, &Json::Number(value))) => Some(value),
                Some((field, found)) if required => {
                    let why = format!("is {}", found.type_name());
                    return Err(file.event(i, field, why, "it must be a number, or null if it is not known"));
                }
                Some(_) => return Ok(None),
            });
        }
        Ok(Some(NumericColumn { name: name.to_owned(), values: values.into() }))
    }

    /// Unknown fields that did not become a column, with the number of these events that have them.
    pub(super) fn unknown(&self, events: &[&Json], numeric: &[NumericColumn]) -> BTreeMap<String, usize> {
        let lists = [self.times, self.kinds, self.prices, self.numbers, self.unused, &TEXTS, &TEXT_OBJECTS];
        let columns = numeric.iter().map(|column| column.name.as_str());
        let known: BTreeSet<&str> = lists.into_iter().flatten().copied().chain(columns).collect();
        let mut unknown = BTreeMap::new();
        for event in events {
            let Json::Object(fields) = event else { continue };
            for (name, _) in fields.iter().filter(|(name, _)| !known.contains(name.as_str())) {
                *unknown.entry(name.clone()).or_insert(0) += 1;
            }
        }
        unknown
    }
}
