//! The table: a million events in two thousand sessions.

use ironforge::philox::Philox;
use ironforge::table::{Column, Labels, Table, Values};

pub const ROWS: u64 = 1_000_000;
/// Rows of a session.
const SESSION_ROWS: u64 = 512;
/// Number of columns `f0` to `f15`: noise, noise with two decimals, mostly zero, smooth, a ramp.
pub const FLOATS: usize = 16;

fn unit(bits: u32) -> f64 {
    f64::from(bits) / f64::from(u32::MAX)
}

/// The random numbers of a row. They depend on its id only, not on its position.
fn draws(id: u64) -> [u32; 40] {
    let mut stream = Philox::new(id).stream(0, 0);
    std::array::from_fn(|_| stream.next_u32())
}

/// The position of a row: ids from [`ROWS`] on are rows inserted between those of the table, and from `2 * ROWS` on rows
/// after them.
fn position(id: u64) -> u64 {
    if id < 2 * ROWS { id % ROWS } else { id - ROWS }
}

/// The rows with these ids, in that order: a time, a kind, a session, a price and sixteen floats.
pub fn rows(ids: impl IntoIterator<Item = u64>) -> Table {
    let ids: Vec<u64> = ids.into_iter().collect();
    let draws: Vec<[u32; 40]> = ids.iter().map(|&id| draws(id)).collect();
    let time = |id: u64| position(id) as i64 * 1_000 + i64::from((ROWS..2 * ROWS).contains(&id)) * 500;
    let each = || ids.iter().zip(&draws);
    let ts = each().map(|(&id, d)| 1_700_000_000_000 + time(id) + i64::from(d[0] % 400)).collect();
    let kind = each().map(|(_, d)| (d[1] % 12) * (d[2] % 3)).collect();
    let sessions: Vec<String> =
        ids.iter().map(|id| format!("NY_AM_{:05}", position(*id) / SESSION_ROWS)).collect();
    let walk = |id: u64| 23_000.0 + 400.0 * (id as f64 / 9_000.0).sin() + 90.0 * (id as f64 / 700.0).sin();
    let price =
        each().map(|(&id, d)| ((walk(position(id)) + 8.0 * unit(d[3])) * 4.0).round() as f32 / 4.0).collect();
    let mut columns = vec![
        Column::new("ts", "ms since 1970-01-01 UTC", Values::I64(ts)),
        Column::new("kind", "", Values::U32(kind)),
        Column::new(
            "session_id",
            "",
            Values::Text(Labels::encode(sessions.iter().map(|s| Some(s.as_str())))),
        ),
        Column::new("price", "points", Values::F32(price)),
    ];
    for f in 0..FLOATS {
        let value = |(&id, d): (&u64, &[u32; 40])| {
            // The sum of a few uniform numbers is nearly normal.
            let normal = || (0..4).map(|i| unit(d[4 + (f + i * 9) % 36])).sum::<f64>() * 1.7 - 3.4;
            let x = position(id) as f64;
            (match f {
                0..6 => normal(),
                6..10 => (normal() * 100.0).round() / 100.0,
                10..13 if d[4 + f] % 20 > 0 => 0.0,
                10..13 => normal(),
                13..15 => (x / (1_000.0 * f as f64)).sin() + x / 1e6,
                _ => x,
            }) as f32
        };
        columns.push(Column::new(format!("f{f}"), "", Values::F32(each().map(value).collect())));
    }
    Table::new(columns)
}
