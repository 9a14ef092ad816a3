//! The edits of the table between two versions of its file.

use ironforge::philox::Philox;
use ironforge::table::{Table, Values};

use crate::table::{FLOATS, ROWS, rows};

/// The float column that the edit of a single column changes.
const CHANGED_COLUMN: u32 = 3;

/// An edit of the table: its name, the ids of the rows afterwards, and the changed cells as float column, row and
/// value.
pub struct Edit {
    pub name: &'static str,
    pub ids: Vec<u64>,
    pub cells: Vec<(u32, usize, f32)>,
}

impl Edit {
    pub fn table(&self) -> Table {
        let mut columns = rows(self.ids.iter().copied()).into_columns();
        for &(f, row, value) in &self.cells {
            let column = columns.iter_mut().find(|c| c.name == format!("f{f}")).unwrap();
            let Values::F32(values) = &mut column.values else { unreachable!() };
            let mut changed = values.values().to_vec();
            changed[row] = value;
            *values = changed.into();
        }
        Table::new(columns)
    }
}

pub fn all() -> Vec<Edit> {
    let mut random = Philox::new(2_026).stream(0, 0);
    let edit = |name, ids: Vec<u64>| Edit { name, ids, cells: Vec::new() };
    let half = ROWS / 2;
    let inserted = |at: u64, n: u64| (0..n).map(move |i| ROWS + at + i);
    let middle = (0..half).chain(inserted(half, 100)).chain(half..ROWS).collect();
    let mut positions: Vec<u64> = (0..10).map(|_| u64::from(random.below(ROWS as u32))).collect();
    positions.sort_unstable();
    let mut many = Vec::new();
    let mut from = 0;
    for &at in &positions {
        many.extend((from..at).chain(inserted(at, 50)));
        from = at;
    }
    many.extend(from..ROWS);
    let mut changed = |name, column: &dyn Fn(u32) -> u32| Edit {
        cells: (0..20).map(|i| (column(i), random.below(ROWS as u32) as usize, i as f32 + 0.125)).collect(),
        ..edit(name, (0..ROWS).collect())
    };
    let one = changed("20 cells of a column", &|_| CHANGED_COLUMN);
    let any = changed("20 cells anywhere", &|i| i % FLOATS as u32);
    let removed = ROWS / 3;
    vec![
        edit("100 rows in the middle", middle),
        edit("10 x 50 rows", many),
        one,
        any,
        edit("5 % appended", (0..ROWS).chain(2 * ROWS..2 * ROWS + ROWS / 20).collect()),
        edit("700 rows removed", (0..removed).chain(removed + 700..ROWS).collect()),
    ]
}
