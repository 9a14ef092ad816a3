//! What a run will take, before it takes it.

use std::io::Read as _;
use std::path::Path;

use super::{embed, features, seen};
use crate::attention::KeySet;
use crate::config::Config;
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
    let rules = config.dag.links.len();
    let edges = config.dag.k as usize * rules;

    // t_ms, seq, event_index, kind; numbers as Option<f64>; keys as codes with the entity lists of the shared-key rule.
    let event = 24 + 16 * numbers + 20 * keys;
    // CSR, links (src, dst, dt), weights; levels and their order; the temporal view.
    let graph = 4 + edges * (4 + 16 + 4) + 12 + config.dag.temporal_neighbours as usize * 16;
    // Features as Option<f64> and embeddings with their scores.
    let kept = 16 * width + 4 * (config.tgat.hidden_dim + 17);
    // x, projection, q, k, v in two precisions, attention, output; the pattern of who reads whom.
    let seen = match config.attention.keys {
        KeySet::Edges | KeySet::All => edges * 2 + 1,
        KeySet::Banded => edges * 2 + seen::BAND,
    };
    let layer = 4 * width + config.tgat.hidden_dim * (4 * 6 + 2 * 3) + seen * 8;
    // The Arrow copy of the widest table of a session.
    let [temporal, dag] = edge_widths;
    let written = 8 * (width + config.tgat.hidden_dim)
        // Features of edges live as Option<f64> and as f32 while they are written.
        + 24 * (temporal * config.dag.temporal_neighbours as usize + dag * edges);
    let in_chunk = events.min(largest.max(embed::CHUNK_NODES));
    let in_chunk = in_chunk.min(largest.max(1).saturating_mul(config.at_once(usize::MAX)));
    // Bounds, times and columns of the plans kept, as far as they are let grow.
    let plans = events as f64 * (4 + 8 + 4 * seen) as f64;
    let plans = plans.min(config.attention.plan_cache_bytes() as f64);
    let bytes =
        events as f64 * (event + graph + kept) as f64 + in_chunk as f64 * (layer + written) as f64 + plans;
    (bytes * OVERHEAD) as u64
}

/// Refuses a table whose events alone, without a number column, are more than the memory limit holds.
pub(super) fn check_rows(rows: u64, source: &str, config: &Config) -> Result<(), Error> {
    let needed =
        model(usize::try_from(rows).unwrap_or(usize::MAX), 0, 0, events::TIME_FEATURES, [0, 0], config);
    within(&format!("a run over about {rows} events of {source}"), needed, config).map(|_| ())
}

/// Bytes of a CSV file whose form is taken for that of the rest.
const CSV_SAMPLE: u64 = 1 << 16;
/// Bytes that a cell of a CSV file takes beside its letters, while it is read and once its column has a type.
const CELL_BYTES: u64 = 24;

/// Refuses a CSV file that, by the form of its beginning, takes more than the memory limit; `columns` of it are read,
/// or all.
pub(super) fn check_csv(path: &Path, columns: Option<usize>, config: &Config) -> Result<(), Error> {
    let (mut head, mut bytes) = (Vec::new(), 0);
    let read = std::fs::File::open(path).and_then(|mut file| {
        bytes = file.metadata()?.len();
        file.by_ref().take(CSV_SAMPLE).read_to_end(&mut head)
    });
    read.map_err(|e| Error::input(path, e))?;
    let count = |text: &[u8], ends: &[u8]| text.iter().filter(|b| ends.contains(b)).count() as u64;
    let header = head.split(|&b| b == b'\n').next().unwrap_or_default();
    let width = 1 + count(header, b",");
    let taken = columns.map_or(width, |columns| width.min(columns as u64));
    let cells = bytes as f64 * count(&head, b",\n") as f64 / (head.len() as f64).max(1.0);
    let share = taken as f64 / width as f64;
    let reading = (bytes as f64 + cells * CELL_BYTES as f64) * share;
    let source = path.display().to_string();
    within(&format!("reading {source}"), reading as u64, config)?;
    check_rows((cells / width as f64) as u64, &source, config)
}

/// Refuses sessions that the memory limit does not hold; gives the bytes that they need.
pub(super) fn check_memory(sessions: &[Session], config: &Config) -> Result<u64, Error> {
    let events: usize = sessions.iter().map(|s| s.events.len()).sum();
    within(&format!("a run over {events} events"), memory(sessions, config)?, config)
}

/// Refuses what needs more bytes than the memory limit; gives the bytes.
pub(super) fn within(what: &str, needed: u64, config: &Config) -> Result<u64, Error> {
    let limit = config.memory_bytes();
    if needed > limit {
        return Err(Error::Memory { what: what.to_owned(), needed, limit });
    }
    Ok(needed)
}
