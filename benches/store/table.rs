//! The table: what a million events of two thousand sessions look like.

use ironforge::philox::Philox;
use ironforge::table::{Column, Labels, Table, Values};

pub const ROWS: u64 = 1_000_000;
/// Rows of a session.
const SESSION: u64 = 512;
/// Columns `f0` to `f15`: noise, two decimals, mostly zero, smooth, a ramp.
pub const FLOATS: usize = 16;

fn unit(bits: u32) -> f64 {
    f64::from(bits) / f64::from(u32::MAX)
}

/// A row's draws: the same wherever the row stands.
fn draws(id: u64) -> [u32; 40] {
    let mut stream = Philox::new(id).stream(0, 0);
    std::array::from_fn(|_| stream.next_u32())
}

/// Where a row belongs: ids from [`ROWS`] on are rows put between those of the table, from twice that on behind them.
fn place(id: u64) -> u64 {
    if id < 2 * ROWS { id % ROWS } else { id - ROWS }
}

/// Rows by id, in that order: a time, a kind, a session, a price and sixteen floats.
pub fn rows(ids: impl IntoIterator<Item = u64>) -> Table {
    let ids: Vec<u64> = ids.into_iter().collect();
    let draws: Vec<[u32; 40]> = ids.iter().map(|&id| draws(id)).collect();
    let time = |id: u64| place(id) as i64 * 1_000 + i64::from((ROWS..2 * ROWS).contains(&id)) * 500;
    let each = || ids.iter().zip(&draws);
    let ts = each().map(|(&id, d)| 1_700_000_000_000 + time(id) + i64::from(d[0] % 400)).collect();
    let kind = each().map(|(_, d)| (d[1] % 12) * (d[2] % 3)).collect();
    let sessions: Vec<String> = ids.iter().map(|id| format!("NY_AM_{:05}", place(*id) / SESSION)).collect();
    let walk = |id: u64| 23_000.0 + 400.0 * (id as f64 / 9_000.0).sin() + 90.0 * (id as f64 / 700.0).sin();
    let price =
        each().map(|(&id, d)| ((walk(place(id)) + 8.0 * unit(d[3])) * 4.0).round() as f32 / 4.0).collect();
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
            // A few uniform numbers make one that is nearly normal.
            let normal = || (0..4).map(|i| unit(d[4 + (f + i * 9) % 36])).sum::<f64>() * 1.7 - 3.4;
            let at = place(id) as f64;
            (match f {
                0..6 => normal(),
                6..10 => (normal() * 100.0).round() / 100.0,
                10..13 if d[4 + f] % 20 > 0 => 0.0,
                10..13 => normal(),
                13..15 => (at / (1_000.0 * f as f64)).sin() + at / 1e6,
                _ => at,
            }) as f32
        };
        columns.push(Column::new(format!("f{f}"), "", Values::F32(each().map(value).collect())));
    }
    Table::new(columns)
}
