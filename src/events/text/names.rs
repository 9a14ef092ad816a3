//! The names of the columns of a delimited file.

use std::collections::HashSet;

use super::dialect::usual_cells;

/// The names of the columns, and which of them can be asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// Name of each cell of a row; `None` for a column without a name, which is passed over.
    pub(super) of_cells: Vec<Option<String>>,
    /// Names that several columns have in the file.
    pub(super) doubled: Vec<String>,
    /// True if the first cell of a row is its name, and the header has none for it.
    pub(super) row_names: bool,
    /// Number of cells beyond the last name.
    pub(super) unnamed: usize,
}

/// The names of the columns under a header, or their numbers from 0 without one; `data` are the first rows below it.
///
/// Rows may be longer than the header. If the first cell of each is its number, or a text that no other has, it is the
/// name of the row, as R writes it. If the last cell of each is empty, the rows end with a delimiter. Else the cells
/// beyond the last name are a list, as in files of the benchmark JODIE: `name`, `name.1`, `name.2`, ...
pub(super) fn names(header: Option<&[String]>, data: &[Vec<String>]) -> Names {
    let usual = usual_cells(data);
    let Some(header) = header else {
        let of_cells = (0..usual).map(|column| Some(column.to_string())).collect();
        return Names { of_cells, ..Names::default() };
    };
    let mut cells: Vec<&str> = header.iter().map(String::as_str).collect();
    // A delimiter at the end of the header alone.
    while usual > 0 && cells.len() > usual && cells.last().is_some_and(|name| name.is_empty()) {
        cells.pop();
    }
    let row_names = usual == cells.len() + 1 && are_row_names(data);
    let mut of_cells: Vec<Option<String>> = Vec::with_capacity(usual.max(cells.len()));
    if row_names {
        of_cells.push(None);
    }
    let (mut taken, mut doubled) = (HashSet::new(), Vec::new());
    for name in &cells {
        let unique = unique(name, &mut taken);
        if !name.is_empty() && unique != *name {
            doubled.push((*name).to_owned());
        }
        of_cells.push((!name.is_empty()).then_some(unique));
    }
    let mut unnamed = 0;
    if let Some(last) = cells.last().filter(|_| usual > of_cells.len()) {
        let ends_empty = usual == of_cells.len() + 1
            && data.iter().all(|row| row.len() != usual || row.last().is_some_and(|cell| cell.is_empty()));
        unnamed = if ends_empty { 0 } else { usual - of_cells.len() };
        for extra in of_cells.len()..usual {
            let name = format!("{last}.{}", extra + 1 - cells.len());
            of_cells.push((!ends_empty && !last.is_empty()).then(|| unique(&name, &mut taken)));
        }
    }
    Names { of_cells, doubled, row_names, unnamed }
}

/// `name`, or with the first suffix `.1`, `.2`, ... that makes it unique; it becomes taken.
fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let mut unique = name.to_owned();
    let mut copy = 0;
    while !taken.insert(unique.clone()) {
        copy += 1;
        unique = format!("{name}.{copy}");
    }
    unique
}

/// Returns whether the first cells are names of rows: 1, 2, 3, ..., or distinct texts that are no numbers.
fn are_row_names(data: &[Vec<String>]) -> bool {
    let first = || data.iter().filter_map(|row| row.first());
    let numbered = first().zip(1..).all(|(cell, number)| *cell == number.to_string());
    let distinct: HashSet<&String> = first().collect();
    numbered || (distinct.len() == first().count() && first().all(|cell| cell.parse::<f64>().is_err()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    fn named(header: &str, data: &str) -> String {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        let names = names(Some(&header), &rows(data));
        names.of_cells.iter().map(|name| name.as_deref().unwrap_or("_")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rows_longer_than_the_header_are_lists_or_have_names_or_a_delimiter_at_the_end() {
        assert_eq!(named("u,i,f", "0,0,.1,.2,.3\n0,1,.1,.2,.3"), "u i f f.1 f.2");
        assert_eq!(named("t,x", "1,5,a\n2,6,b"), "_ t x");
        assert_eq!(named("t,x", "r1,5,a\nr2,6,b"), "_ t x");
        assert_eq!(named("t,x", "5,a,\n5,b,"), "t x _");
        assert_eq!(named("t,x,", "5,a\n5,b"), "t x");
        assert_eq!(named("t,x,", "5,a,\n5,b,"), "t x _");
        assert_eq!(named(",t,x", "0,5,a"), "_ t x");
        assert_eq!(named("n,n,n.1,n", "0,0,0,0"), "n n.1 n.1.1 n.2");
        assert_eq!(names(None, &rows("5,6\n7,8")).of_cells, [Some("0".to_owned()), Some("1".to_owned())]);
    }
}
