//! What a run will take, before it takes it.

use super::{embed, features};
use crate::config::Config;
use crate::dag::Link;
use crate::error::Error;
use crate::events;
use crate::table::Session;

/// Share by which allocators and short-lived copies exceed the sum of the columns.
const OVERHEAD: f64 = 1.25;

/// Bytes the run needs for these sessions, by a model of its columns: events and features stay throughout, the
/// network works on one chunk of sessions at a time.
pub(super) fn memory(sessions: &[Session], config: &Config) -> Result<u64, Error> {
    let events_total: usize = sessions.iter().map(|s| s.events.len()).sum();
    let largest = sessions.iter().map(|s| s.events.len()).max().unwrap_or(0);
    let set = features::Chosen::of(sessions, config)?;
    let numbers = events::numeric_names(sessions).len();
    Ok(model(events_total, largest, numbers, set.width(), set.edge_widths(), config))
}

/// Bytes for so many events with so many number columns and features, those of edges of each view too; the largest
/// session of so many events.
fn model(
    events: usize,
    largest: usize,
    numbers: usize,
    width: usize,
    edge_widths: [usize; 2],
    config: &Config,
) -> u64 {
    let keys = config.session.keys.len();
    let rules = if config.dag.link == Link::Both { 2 } else { 1 };
    let edges = config.dag.k as usize * rules;

    // t_ms, seq, event_index, kind; numbers as Option<f64>; keys as codes with the entity lists of the shared-key rule.
    let event = 24 + 16 * numbers + 20 * keys;
    // CSR, links (src, dst, dt), weights; levels and their order; the temporal view.
    let graph = 4 + edges * (4 + 16 + 4) + 12 + config.dag.temporal_neighbours as usize * 16;
    // Features as Option<f64> and embeddings with their scores.
    let kept = 16 * width + 4 * (config.tgat.hidden_dim + 17);
    // x, projection, q, k, v in two precisions, attention, output; the pattern of who reads whom.
    let layer = 4 * width + config.tgat.hidden_dim * (4 * 6 + 2 * 3) + (edges * 2 + 1) * 8;
    // The Arrow copy of the widest table of a session.
    let [temporal, dag] = edge_widths;
    let written = 8 * (width + config.tgat.hidden_dim)
        // Features of edges live as Option<f64> and as f32 while they are written.
        + 24 * (temporal * config.dag.temporal_neighbours as usize + dag * edges);
    let in_chunk = events.min(largest.max(embed::CHUNK_NODES));
    // Bounds, times and columns of the plans kept, as far as they are let grow.
    let plans = events as f64 * (4 + 8 + 4 * (edges * 2 + 1)) as f64;
    let plans = plans.min(config.attention.plan_cache_bytes() as f64);
    let bytes =
        events as f64 * (event + graph + kept) as f64 + in_chunk as f64 * (layer + written) as f64 + plans;
    (bytes * OVERHEAD) as u64
}

/// Refuses a table whose events alone, without a number column, are more than the memory limit holds.
pub(super) fn check_rows(rows: u64, source: &str, config: &Config) -> Result<(), Error> {
    let needed =
        model(usize::try_from(rows).unwrap_or(usize::MAX), 0, 0, events::TIME_FEATURES, [0, 0], config);
    let limit = config.memory_bytes();
    if needed > limit {
        return Err(Error::Memory {
            what: format!("a run over the {rows} events of {source}"),
            needed,
            limit,
        });
    }
    Ok(())
}

/// Refuses sessions that the memory limit does not hold.
pub(super) fn check_memory(sessions: &[Session], config: &Config) -> Result<(), Error> {
    let needed = memory(sessions, config)?;
    let limit = config.memory_bytes();
    if needed > limit {
        let events: usize = sessions.iter().map(|s| s.events.len()).sum();
        return Err(Error::Memory { what: format!("a run over {events} events"), needed, limit });
    }
    Ok(())
}
