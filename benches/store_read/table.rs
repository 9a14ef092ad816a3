//! The benchmark table: a million rows of a time, a kind, a session, a price and sixteen floats.

use ironforge::philox::Philox;
use ironforge::table::{Column, Labels, Table, Values};

pub const ROWS: usize = 1_000_000;
/// Rows of a session.
const SESSION_ROWS: usize = 512;

/// Sixteen feature columns: six of noise, four with two decimals, three mostly zero, two smooth, one ramp.
pub fn table() -> Table {
    let mut stream = Philox::new(4).stream(0, 0);
    let mut unit = move || f64::from(stream.next_u32()) / f64::from(u32::MAX);
    let ts = (0..ROWS).map(|i| 1_700_000_000_000 + i as i64 * 1000 + (unit() * 400.0) as i64).collect();
    let kind = (0..ROWS).map(|_| (unit() * 8.0) as u32).collect();
    let sessions: Vec<String> = (0..ROWS).map(|i| format!("NY_AM_{:05}", i / SESSION_ROWS)).collect();
    let labels = Labels::encode(sessions.iter().map(|session| Some(session.as_str())));
    let price =
        (0..ROWS).map(|i| ((23_000.0 + 400.0 * (i as f64 / 9_000.0).sin()) * 4.0).round() as f32 / 4.0);
    let mut columns = vec![
        Column::new("ts", "ms", Values::I64(ts)),
        Column::new("kind", "", Values::U32(kind)),
        Column::new("session_id", "", Values::Text(labels)),
        Column::new("price", "points", Values::F32(price.collect())),
    ];
    for f in 0..16 {
        let mut value = |i: usize| match f {
            0..6 => unit() + unit() - unit() - unit(),
            6..10 => (unit() * 400.0).round() / 100.0,
            10..13 if unit() < 0.95 => 0.0,
            10..13 => unit(),
            13..15 => (i as f64 / (1_000.0 * f as f64)).sin() + i as f64 / 1e6,
            _ => i as f64,
        };
        let values = (0..ROWS).map(|i| value(i) as f32).collect();
        columns.push(Column::new(format!("f{f}"), "", Values::F32(values)));
    }
    Table::new(columns)
}
