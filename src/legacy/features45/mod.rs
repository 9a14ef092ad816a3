//! The 45 node features and 20 edge features of the original's sessions, by its formulas.
//!
//! They need the content of the original's session files: a price, a kind and the field `type`, the time of day on a
//! wall clock, and the session's [attributes](super::attributes). Other logs get the generic
//! [`features`](crate::events::features()). Everything is calculated in f64. [`nodes`], [`temporal_edges`] and
//! [`dag_edges`] give the name, unit and formula of every feature in [`Features::info`]; in short:
//!
//! | node feature | content |
//! |---|---|
//! | 0..=6 | flags by keywords in kind, original type and phase; 7 is a constant |
//! | 8..=10 | price, volume, time of day |
//! | 11..=17 | the price against open, high and low of the session |
//! | 18..=23 | time of day against the duration, hour, trading hours; 21 is a constant |
//! | 24..=32 | proximity to the levels 0.40, 0.618, 0.50, 0.20, 0.80 of the range, and steps of the range |
//! | 33..=38 | significance, ratios, strength as gap, order block and structure shift |
//! | 39..=44 | ratings by kind; 39 to 41 and 43 are constants |
//!
//! | edge feature | temporal view (20) | causal DAG (10) |
//! |---|---|---|
//! | 0..=2 | link, causality and relation by the kinds | weight, nearness in time, causality code |
//! | 3..=8 | differences in time and price | minutes, events between, weight again, change in price |
//! | 9..=15 | relation of the kinds, closeness in hour, price and zone | 9: ratio of volumes |
//! | 16..=19 | 16 to 18 constants, 19 the mean of 9 and 13 | none: the original drew 10 to 19 at random |
//!
//! # Errors of the original that are kept
//!
//! Weights trained on the original's features need exactly these features, so its errors are reproduced, and the
//! formula of a feature states its error: a missing price counts as 0 (far below every session); every session starts
//! at midnight; the day of the week is always 0; `expansion` as a kind does not set the flag of that name; constants
//! fill features that were never implemented. Its random features (10 to 19 of an edge of the DAG) are omitted: noise
//! is not a feature, and no run could repeat it.
//!
//! A value that overflows f64, possible only for prices near 1e308, is missing.
//!
//! * `keywords`: the keywords that the features look for in an event's texts.
//! * `columns`: the columns of a session that the features read, and the table of features.
//! * `session_range`: open, high, low and duration of a session, with the original's defaults.
//! * `kind_flags`: node features 0 to 7.
//! * `price`: node features 8 to 17.
//! * `time`: node features 18 to 23.
//! * `levels`: node features 24 to 32.
//! * `smart_money`: node features 33 to 44.
//! * `nodes`: all node features of a session.
//! * `kind_affinity`: affinity of two kinds of event.
//! * `temporal_edge`: the 20 features of an edge of the temporal view.
//! * `dag_edge`: the 10 features of an edge of the causal DAG.
//! * `edges`: the edge features of a session.

mod columns;
mod dag_edge;
mod edges;
mod keywords;
mod kind_affinity;
mod kind_flags;
mod levels;
mod nodes;
mod price;
mod session_range;
mod smart_money;
mod temporal_edge;
mod time;

pub use columns::lacking;
pub use edges::{DAG_EDGE_FEATURES, TEMPORAL_EDGE_FEATURES, dag_edges, edge_info, temporal_edges};
pub use nodes::{NODE_FEATURES, nodes};

#[cfg(doc)]
use crate::events::Features;
