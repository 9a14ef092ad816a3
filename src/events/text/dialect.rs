//! Finds the format of a delimited file in its first rows.

use super::clean_reader::CellSyntax;
use super::names::{Names, names};
use super::number::looks_numeric;
use super::options::{Comments, Delimiter, TextOptions};
use super::sample::Head;
use crate::events::raw::Dialect;
use crate::events::time::text as time_text;

/// What reading the rest of the file needs.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) dialect: Dialect,
    pub(super) syntax: CellSyntax,
    /// Bytes before the first row.
    pub(super) skipped: usize,
    pub(super) names: Names,
}

/// A mark at the start of text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Finds the format of a file; `None` if it has no rows.
pub(super) fn find(head: &Head, options: &TextOptions) -> Option<Found> {
    let start = if head.bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let comment = match options.comments {
        Comments::Begin(byte) => Some(byte),
        Comments::Leading | Comments::None => None,
    };
    let syntax = |delimiter| CellSyntax { delimiter, quotes: options.quotes, comment };
    let mut comments = match options.comments {
        Comments::Leading => leading_comments(&head.bytes, start),
        Comments::Begin(_) | Comments::None => Vec::new(),
    };
    let mut skipped = comments.last().map_or(start, |&(_, end)| end);
    let delimiter = options.delimiter.unwrap_or_else(|| delimiter(head, skipped, &syntax));
    // A single line that begins with `#` names the columns if it has a name for each: `#id,time`.
    if let (&[(from, _)], true, None | Some(true)) =
        (comments.as_slice(), delimiter != Delimiter::Blanks, options.header)
    {
        let rows = head.rows(from, syntax(delimiter));
        if head.bytes[from] == b'#'
            && let [header, first, ..] = rows.as_slice()
            && header.len() == first.len()
            && header.len() > 1
            && !header.iter().any(|cell| is_value(cell))
            && first.iter().any(|cell| is_value(cell))
        {
            skipped = from + 1;
            comments.clear();
        }
    }
    let rows = head.rows(skipped, syntax(delimiter));
    let (first, data) = rows.split_first()?;
    let header = options.header.unwrap_or_else(|| is_header(first, data));
    let data = if header { data } else { &rows[..] };
    let names = names(header.then_some(&first[..]), data);
    Some(Found {
        dialect: Dialect {
            delimiter: delimiter.name(),
            header,
            comment_lines: comments.len(),
            row_names: names.row_names,
            unnamed_cells: names.unnamed,
        },
        syntax: syntax(delimiter),
        skipped,
        names,
    })
}

/// Start and end of each line at the top that begins with `#` or `%`.
fn leading_comments(bytes: &[u8], start: usize) -> Vec<(usize, usize)> {
    let mut lines = Vec::new();
    let mut from = start;
    while bytes.get(from).is_some_and(|byte| matches!(byte, b'#' | b'%')) {
        let Some(length) = bytes[from..].iter().position(|&byte| byte == b'\n') else { break };
        lines.push((from, from + length + 1));
        from += length + 1;
    }
    lines
}

/// The delimiter that divides the most rows into equally many cells, the most cells if several do.
fn delimiter(head: &Head, skipped: usize, syntax: &impl Fn(Delimiter) -> CellSyntax) -> Delimiter {
    let mut best: Option<((usize, usize), Delimiter)> = None;
    let mut most_rows = 0;
    for delimiter in Delimiter::DETECTED {
        let rows = head.rows(skipped, syntax(delimiter));
        most_rows = most_rows.max(rows.len());
        if rows.first().is_none_or(|first| first.len() < 2) {
            continue;
        }
        let data = if rows.len() > 1 { &rows[1..] } else { &rows };
        let cells = usual_cells(data);
        let agreeing = data.iter().filter(|row| row.len() == cells).count();
        if cells > 1 && best.is_none_or(|(score, _)| (agreeing, cells) > score) {
            best = Some(((agreeing, cells), delimiter));
        }
    }
    if let Some((_, delimiter)) = best {
        return delimiter;
    }
    // Blanks are part of texts and times: they separate cells only if all of them are numbers.
    let rows = head.rows(skipped, syntax(Delimiter::Blanks));
    let data = if rows.len() > 1 { &rows[1..] } else { &rows };
    let cells = usual_cells(data);
    let numeric = data.iter().all(|row| row.len() == cells && row.iter().all(|cell| looks_numeric(cell)));
    if cells > 1 && numeric { Delimiter::Blanks } else { Delimiter::Byte(b',') }
}

/// The number of cells that most rows have; 0 without rows.
pub(super) fn usual_cells(rows: &[Vec<String>]) -> usize {
    let mut lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    let longest = lengths.chunk_by(|a, b| a == b).max_by_key(|run| run.len());
    longest.map_or(0, |run| run[0])
}

/// Returns whether the first row names the columns: not if it has a number or a time in a column that has nothing
/// else, unless it has a text above numbers or times too.
fn is_header(first: &[String], data: &[Vec<String>]) -> bool {
    let values_below = |column: usize| {
        let mut below =
            data.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty()).peekable();
        below.peek().is_some() && below.all(|cell| is_value(cell))
    };
    if data.is_empty() {
        return !first.iter().any(|cell| is_value(cell));
    }
    let mut as_data = false;
    for (_, cell) in first.iter().enumerate().filter(|(column, _)| values_below(*column)) {
        if is_value(cell) {
            as_data = true;
        } else if !cell.is_empty() {
            return true;
        }
    }
    !as_data
}

/// Returns whether a cell is a number or a time, as names of columns are not.
fn is_value(cell: &str) -> bool {
    looks_numeric(cell) || time_text::looks_like_time(cell)
}
