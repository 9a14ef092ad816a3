//! One table in every dialect of text gives the same events.

use ironforge::events::{
    ColumnMap, RawTable, TextOptions, TieOrder, from_table, read_delimited, read_json_records,
};
use ironforge::table::Session;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{LIMIT, map};

/// A row: seconds after the start, kind, entity, number in quarters.
type Row = (u32, Option<&'static str>, Option<u8>, Option<i32>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let kind = prop::option::of(prop::sample::select(vec!["buy", "sell it", "a,b;c", "say \"x\"", "é|ü"]));
    let row = (0..5000u32, kind, prop::option::of(0..9u8), prop::option::of(-4000..4000i32));
    // The last row is complete, so that every column has a value.
    prop::collection::vec(row, 1..40).prop_map(|mut rows| {
        rows.push((5000, Some("buy"), Some(1), Some(1)));
        rows
    })
}

/// How a table is written.
#[derive(Debug, Clone)]
struct Style {
    delimiter: char,
    decimal: char,
    line_end: &'static str,
    mark: bool,
    comments: usize,
    blanks: bool,
    quote_all: bool,
    missing: &'static str,
    index: bool,
}

fn styles() -> impl Strategy<Value = Style> {
    let delimiter = prop::sample::select(vec![',', ';', '\t', '|']);
    let missing = prop::sample::select(vec!["", "NA", "null", "\\N"]);
    (delimiter, missing, prop::bool::ANY, 0..3usize, prop::array::uniform5(prop::bool::ANY)).prop_map(
        |(delimiter, missing, comma, comments, [crlf, mark, blanks, quote_all, index])| Style {
            delimiter,
            decimal: if comma && delimiter != ',' { ',' } else { '.' },
            line_end: if crlf { "\r\n" } else { "\n" },
            mark,
            comments,
            blanks: blanks && delimiter != '\t',
            quote_all,
            missing,
            index,
        },
    )
}

fn number(quarters: i32, decimal: char) -> String {
    // Two places leave no doubt about a comma.
    format!("{:.2}", f64::from(quarters) / 4.0).replace('.', &decimal.to_string())
}

fn delimited(rows: &[Row], style: &Style) -> String {
    let cell = |text: String| {
        let special = text.contains([style.delimiter, '"', '\n']);
        if style.quote_all || special { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let separator = format!("{}{}", style.delimiter, if style.blanks { " " } else { "" });
    let line = |cells: Vec<String>| cells.join(&separator) + style.line_end;
    let mut text = if style.mark { "\u{feff}".to_owned() } else { String::new() };
    (0..style.comments).for_each(|i| text += &format!("# comment {i}; of, any | kind{}", style.line_end));
    let index = |cell: String| if style.index { vec![cell] } else { Vec::new() };
    let names = ["t", "kind", "who", "x"].map(str::to_owned);
    text += &line([index(String::new()), names.to_vec()].concat());
    for (i, (seconds, kind, who, x)) in rows.iter().enumerate() {
        // A missing kind or entity has no word: only empty ones and those of the map are missing there.
        let cells = vec![
            (1_700_000_000 + u64::from(*seconds)).to_string(),
            kind.map_or(String::new(), str::to_owned),
            who.map_or(String::new(), |who| format!("u{who}")),
            x.map_or(style.missing.to_owned(), |x| number(x, style.decimal)),
        ];
        let cells = cells.into_iter().map(|text| if text.is_empty() { text } else { cell(text) });
        text += &line(index(i.to_string()).into_iter().chain(cells).collect());
    }
    text
}

fn json_lines(rows: &[Row]) -> String {
    let record = |(seconds, kind, who, x): &Row| {
        let mut record = Map::new();
        record.insert("t".to_owned(), json!(1_700_000_000 + u64::from(*seconds)));
        // Absent or null: both are missing.
        if let Some(kind) = kind {
            record.insert("kind".to_owned(), json!(kind));
        }
        record.insert("who".to_owned(), who.map_or(Value::Null, |who| json!(format!("u{who}"))));
        record.insert("x".to_owned(), x.map_or(Value::Null, |x| json!(f64::from(x) / 4.0)));
        Value::Object(record).to_string() + "\n"
    };
    rows.iter().map(record).collect()
}

fn columns() -> ColumnMap {
    ColumnMap { kind: Some("kind".to_owned()), keys: vec!["who".to_owned()], ..map("t:s") }
}

fn session(raw: RawTable) -> Session {
    let ties = TieOrder::Hash { seed: 1, fold_case: false };
    from_table(raw, &columns(), "f", "f", ties).unwrap().remove(0)
}

fn read(text: &str) -> RawTable {
    let map = columns();
    read_delimited(text.as_bytes(), "f", None, &map.text_columns(), &TextOptions::default(), LIMIT).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_table_in_any_dialect_and_as_json_gives_the_same_events(rows in rows(), style in styles()) {
        let plain = Style {
            delimiter: ',', decimal: '.', line_end: "\n", mark: false, comments: 0, blanks: false,
            quote_all: false, missing: "", index: false,
        };
        let want = session(read(&delimited(&rows, &plain)));
        let text = delimited(&rows, &style);
        prop_assert_eq!(&session(read(&text)), &want, "{}", text);
        let map = columns();
        let json = json_lines(&rows);
        let records =
            read_json_records(json.as_bytes(), "f", &map.text_columns(), &TextOptions::default()).unwrap();
        prop_assert_eq!(&session(records), &want, "{}", json);
    }

    #[test]
    fn rows_are_events_or_counted(cells in prop::collection::vec("(17000000[0-9]{2}|NA|x|)", 1..30)) {
        let options = TextOptions { bad_rows: ironforge::events::BadRows::Skip, ..TextOptions::default() };
        let map = ColumnMap { bad_rows: ironforge::events::BadRows::Skip, ..map("t:s") };
        let text: String = cells.iter().map(|cell| format!("{cell},1\n")).collect();
        let text = format!("t,x\n{text}");
        let raw = read_delimited(text.as_bytes(), "f", None, &["t"], &options, LIMIT).unwrap();
        let good = cells.iter().filter(|cell| cell.starts_with('1')).count();
        match ironforge::events::read_events(&raw, &map, "f") {
            Ok(read) => {
                let report = read.report;
                prop_assert_eq!((report.rows, report.events, report.skipped_rows.rows), (cells.len(), good, cells.len() - good));
            }
            Err(_) => prop_assert_eq!(good, 0),
        }
    }
}
