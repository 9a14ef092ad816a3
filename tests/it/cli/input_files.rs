//! Files as other programs write them: what each kind must give.

use std::path::PathBuf;

use ironforge::store::read_table;
use ironforge::table::Values;
use serde_json::{Value, json};

use super::{Workspace, ironforge, ok, refused, text};

/// A file of `tests/cases`.
fn case(path: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(path).display().to_string()
}

/// A run of `build-graph`: its report, and the times of the events by session.
struct Built {
    workspace: Workspace,
    report: Value,
}

impl Built {
    fn of(paths: &[&str], args: &[&str]) -> Self {
        Self::within(Workspace::new(), paths, args)
    }

    /// A run over one file of this content.
    fn text(name: &str, content: impl AsRef<[u8]>, args: &[&str]) -> Self {
        let workspace = Workspace::new();
        let path = workspace.file(name, content);
        Self::within(workspace, &[&path], args)
    }

    fn within(workspace: Workspace, paths: &[&str], args: &[&str]) -> Self {
        let out = workspace.out();
        ok(ironforge(&[&["build-graph"], paths, args, &["--out", &out]].concat()));
        let report = workspace.report();
        Self { workspace, report }
    }

    fn sessions(&self) -> Vec<&str> {
        self.report["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|session| session["id"].as_str().unwrap())
            .collect()
    }

    fn edges(&self) -> Vec<u64> {
        self.report["sessions"].as_array().unwrap().iter().map(|s| s["dag_edges"].as_u64().unwrap()).collect()
    }

    fn t_ms(&self, session: usize) -> Vec<i64> {
        let folder = self.workspace.path("out/nodes");
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().join("part-0.parquet"))
            .collect();
        files.sort();
        let table = read_table(&files[session], Some(&["t_ms"]), 1 << 30).unwrap().table;
        match &table.columns()[0].values {
            Values::I64(times) => times.present().collect(),
            other => panic!("{}", other.type_name()),
        }
    }

    /// Names of the features that are columns of the file.
    fn features(&self) -> Vec<&str> {
        let all = self.report["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|feature| feature["name"].as_str().unwrap());
        all.filter(|name| !["gap_prev_s", "gap_next_s", "position"].contains(name)).collect()
    }

    fn column(&self, name: &str) -> &Value {
        let columns = self.report["tables"][0]["columns"].as_array().unwrap();
        columns.iter().find(|column| column["name"] == name).unwrap()
    }

    fn notes(&self) -> Vec<&str> {
        self.report["notes"].as_array().unwrap().iter().map(|note| note["code"].as_str().unwrap()).collect()
    }
}

/// The error of `build-graph` over a file of this content.
fn refusal(name: &str, content: &str, args: &[&str], code: i32, holds: &str) {
    let workspace = Workspace::new();
    let path = workspace.file(name, content);
    refused(&ironforge(&[&["build-graph", &path], args, &["--out", &workspace.out()]].concat()), code, holds);
}

#[test]
fn missing_words_spaces_and_decimal_commas_keep_a_column_of_numbers() {
    let na =
        "t,user,kind,price,qty\n1700000000,a,buy,1.5,3\n1700000060,b,sell,NA,4\n1700000180,a,buy,2.5,5\n";
    let built = Built::text("na.csv", na, &["--time", "t:s", "--kind", "kind"]);
    assert_eq!(built.features(), ["price", "qty"]);
    assert_eq!(built.column("price")["missing"], 1);
    let spaced = "t, user, kind, price\n1700000000, a, buy, 1.5\n1700000060, b, sell, 2\n";
    let built = Built::text("sp.csv", spaced, &["--time", "t:s", "--kind", "kind"]);
    assert_eq!(built.features(), ["price"]);
    let european = "t;user;kind;price\n1700000000;a;buy;1,5\n1700000060;b;sell;2,0\n";
    let built = Built::text("e.csv", european, &["--time", "t:s", "--kind", "kind", "--num", "price"]);
    assert_eq!(
        (built.notes(), &built.report["tables"][0]["dialect"]["delimiter"]),
        (vec!["read-as"], &json!(";"))
    );
    let words = "t,x\n1700000000,1\n1700000060,two\n1700000120,3\n";
    refusal("w.csv", words, &["--time", "t:s", "--num", "x"], 65, "row 1 (from 0) of column \"x\"");
    let built = Built::text("w.csv", words, &["--time", "t:s"]);
    assert!(built.notes().contains(&"mixed-columns") && built.features().is_empty());
    let money = "t,x\n1700000000,\"$1,200.50\"\n1700000060,$7\n";
    assert_eq!(Built::text("m.csv", money, &["--time", "t:s", "--thousands", ","]).features(), ["x"]);
}

#[test]
fn entities_are_what_they_were_before_they_became_floats_or_words() {
    let keys = ["--time", "t:s", "--key", "src", "--key", "dst"];
    let floats = "t,src,dst\n1700000000,1,2.0\n1700000060,2,\n1700000180,2,3.0\n1700000240,3,1.0\n";
    assert_eq!(Built::text("kf.csv", floats, &keys).edges(), [5]);
    for word in ["NULL", "\\N", "None", "nan", ""] {
        let log = format!(
            "t,src,dst\n1700000000,a,{word}\n1700000060,b,{word}\n1700000180,c,{word}\n1700000240,a,d\n"
        );
        let built = Built::text("n.csv", log, &keys);
        assert_eq!(built.edges(), [1], "{word}");
        assert_eq!(built.notes().contains(&"missing-words"), !word.is_empty());
    }
    let link = ["--time", "ts", "--key"];
    let by = |file: &str, column| Built::of(&[&case(file)], &[&link[..], &[column]].concat()).edges();
    assert_eq!(by("39-uint64-ids/t.parquet", "trace_id"), [1]);
    assert_eq!(by("40-binary-uuid-struct-keys/bin.parquet", "id"), [1]);
    assert_eq!(by("40-binary-uuid-struct-keys/uuid.parquet", "id"), [1]);
    assert_eq!(by("40-binary-uuid-struct-keys/struct.parquet", "id.user"), [1]);
    let workspace = Workspace::new();
    let record = case("40-binary-uuid-struct-keys/struct.parquet");
    let args = ["build-graph", &record, "--time", "ts", "--key", "id", "--out", &workspace.out()];
    refused(&ironforge(&args), 65, "Struct");
    ok(ironforge(&["dag", &case("39-uint64-ids/e.parquet")]));
    for column in ["uid", "l", "v"] {
        let file = case("52-categories-views-rowgroups/c.parquet");
        assert_eq!(Built::of(&[&file], &["--key", column]).edges(), [2], "{column}");
    }
}

#[test]
fn rows_are_read_or_refused_with_their_line() {
    let quotes = "t,u,msg\n1700000000,a,ok\n1700000060,b,\"oops\n1700000120,c,fine\n1700000180,d,\"again\n1700000240,e,ok\n";
    refusal("q.csv", quotes, &["--time", "t:s", "--key", "u"], 65, "line 3");
    assert_eq!(Built::text("q.csv", quotes, &["--time", "t:s", "--quote", "none"]).t_ms(0).len(), 5);
    let header = "t,u\n1700000000,a\nt,u\n1700000180,a\n";
    refusal("cat.csv", header, &["--time", "t:s"], 65, "line 3");
    let skipped = Built::text("cat.csv", header, &["--time", "t:s", "--bad-rows", "skip"]);
    let table = &skipped.report["tables"][0];
    assert_eq!(
        (&table["rows"], &table["events"], &table["skipped_rows"]["rows"]),
        (&json!(3), &json!(2), &json!(1))
    );
    refusal(
        "na.csv",
        "t,u\n1700000000,a\nNA,b\n1700000180,a\n",
        &["--time", "t:s"],
        65,
        "row 1 (from 0) of column \"t\"",
    );
    let built = Built::text("sp.csv", "t,u\n 1700000000,a\n 1700000180,a\n", &["--time", "t:s"]);
    assert_eq!(built.t_ms(0), [1_700_000_000_000, 1_700_000_180_000]);
    let doubled = "t,kind,note,note\n1700000000,buy,x,y\n1700000060,sell,x,y\n";
    assert_eq!(Built::text("d.csv", doubled, &["--time", "t:s", "--kind", "kind"]).t_ms(0).len(), 2);
    refusal("d.csv", doubled, &["--time", "t:s", "--kind", "note"], 65, "several columns");
}

#[test]
fn times_of_common_writers_are_read_or_refused_with_the_row() {
    let times = |content: &str, time: &str| Built::text("a.csv", content, &["--time", time]).t_ms(0);
    let daily = "Date,Open\n2024-01-05,1.0\n2024-01-08,1.5\n";
    assert_eq!(times(daily, "Date"), [1_704_412_800_000, 1_704_672_000_000]);
    let git = "hash,date\na1,2024-01-05 09:30:00 +0100\nb2,2024-01-05 09:31:00 +0100\n";
    assert_eq!(times(git, "date"), [1_704_443_400_000, 1_704_443_460_000]);
    let postgres =
        "ts,u\n2020-12-31 21:25:58.745232+02,a\n2024-01-05 09:30:00+00,b\n2024-01-05 15:00:00+0530,c\n";
    assert_eq!(times(postgres, "ts"), [1_609_442_758_745, 1_704_447_000_000, 1_704_447_000_000]);
    let process = "case:concept:name,concept:name,time:timestamp\n3,register,2010-12-30 14:32:00+01:00\n\
                   3,examine,2010-12-30 15:06:00+01:00\n2,register,2010-12-30 11:32:00+01:00\n";
    let built = Built::text(
        "pm.csv",
        process,
        &["--time", "time:timestamp", "--kind", "concept:name", "--group", "case:concept:name"],
    );
    assert_eq!(
        (built.sessions(), built.t_ms(1)),
        (vec!["2", "3"], vec![1_293_715_920_000, 1_293_717_960_000])
    );
    let units = "open_time,close\n1735603200000,1\n1735689600000000,2\n1735689660000000,3\n";
    refusal("k.csv", units, &["--time", "open_time:ms"], 65, "row 1 (from 0)");
    for file in ["naive", "utc"] {
        let path = case(&format!("38-year-9999/{file}.parquet"));
        let workspace = Workspace::new();
        refused(&ironforge(&["build-graph", &path, "--out", &workspace.out()]), 65, "session.years");
        let built = Built::of(&[&path], &["--set", "session.years=[1900,9999]"]);
        assert_eq!(built.t_ms(0), [0, 253_402_300_799_000]);
    }
    let far = case("08-int96-far/far.parquet");
    let built = Built::of(&[&far], &["--kind", "k", "--set", "session.years=[0,9999]"]);
    assert_eq!(built.t_ms(0), [-62_135_596_800_000, 0, 1_700_000_000_123, 253_402_214_400_000]);
    let workspace = Workspace::new();
    refused(
        &ironforge(&["build-graph", &far, "--kind", "k", "--out", &workspace.out()]),
        65,
        "row 0 (from 0)",
    );
    let untold = "when,what,who\n2024-01-05 09:30,a,u\n2024-01-05 09:31,b,u\n2024-01-05 09:32,a,v\n";
    refusal("u.csv", untold, &[], 65, "--time when --kind what --key who");
    let json = "[{\"timestamp\":\"2024-01-05T09:30:00\",\"event_type\":\"x\"},{\"timestamp\":\"2024-01-05T09:31:00\",\"event_type\":\"y\"}]";
    let want = [1_704_447_000_000, 1_704_447_060_000];
    assert_eq!(Built::text("e.json", json, &[]).t_ms(0), want);
    assert_eq!(Built::text("e.json", json, &["--time", "timestamp"]).t_ms(0), want);
}

#[test]
fn containers_are_told_by_their_content() {
    for name in ["e.csv.gz", "part-00000", "df.parquet.gzip"] {
        let args: &[&str] = if name == "e.csv.gz" { &["--time", "t:s"] } else { &[] };
        assert_eq!(Built::of(&[&case(&format!("31-gz-and-names/{name}"))], args).t_ms(0).len(), 2, "{name}");
    }
    let lines = "{\"timestamp\":\"2024-01-05T09:30:00Z\",\"event_type\":\"x\"}\n{\"timestamp\":\"2024-01-05T09:31:00Z\",\"event_type\":\"y\"}\n";
    for (name, content) in [("nd.json", lines), ("nd.jsonl", lines), ("log", lines)] {
        assert_eq!(Built::text(name, content, &[]).t_ms(0).len(), 2, "{name}");
    }
    assert_eq!(Built::text("nd.jsonl", lines.lines().next().unwrap(), &[]).t_ms(0), [1_704_447_000_000]);
    let spans = "{\"traceId\":\"f0\",\"name\":\"get\",\"startTimeUnixNano\":\"1544712660000000000\",\"attributes\":[]}\n\
                 {\"traceId\":\"f0\",\"name\":\"put\",\"startTimeUnixNano\":\"1544712661000000000\",\"attributes\":[]}\n";
    let built = Built::text(
        "spans.json",
        spans,
        &["--time", "startTimeUnixNano:ns", "--key", "traceId", "--kind", "name"],
    );
    assert_eq!(built.edges(), [1]);
    let workspace = Workspace::new();
    let zip = workspace.file("a.csv", b"PK\x03\x04rest");
    refused(&ironforge(&["build-graph", &zip, "--out", &workspace.out()]), 65, "ZIP");
    refusal("b.csv", "\u{feff}", &["--time", "t"], 65, "no events");
}

#[test]
fn folders_are_read_as_tools_leave_them() {
    let part = |name: &str| case(&format!("{name}/ds"));
    let grouped = Built::of(&[&part("17-group-across-files")], &["--time", "ts", "--group", "user"]);
    assert_eq!(grouped.sessions(), ["u1", "u2"]);
    let sizes: Vec<_> =
        grouped.report["sessions"].as_array().unwrap().iter().map(|s| s["events"].clone()).collect();
    assert_eq!(sizes, [4, 4]);
    assert_eq!(grouped.report["sessions"][0]["parts"].as_array().unwrap().len(), 2);
    let hive = part("18-hive-folder");
    assert_eq!(
        Built::of(&[&hive], &["--time", "ts"]).sessions(),
        ["dt=2023-11-14/part-0", "dt=2023-11-15/part-0"]
    );
    let by_day = Built::of(&[&hive], &["--time", "ts", "--group", "dt"]);
    assert_eq!(by_day.sessions(), ["2023-11-14", "2023-11-15"]);
    let with_empty = Built::of(&[&part("20-empty-part")], &["--time", "ts"]);
    assert_eq!(with_empty.sessions(), ["part-00000", "part-00002"]);
    assert!(with_empty.report["skipped"][0]["path"].as_str().unwrap().contains("part-00001"));
    let workspace = Workspace::new();
    let log = "t,u\n1700000000,a\n1700000060,b\n";
    workspace.file("logs/events.csv", log);
    workspace.file("logs/.ipynb_checkpoints/events-checkpoint.csv", log);
    workspace.file("logs/._events.csv", b"\0\x05\x16\x07");
    workspace.file("logs/_SUCCESS", "");
    workspace.file("logs/README.md", "# Logs, as they come\n\na, b\n");
    let folder = workspace.path("logs").display().to_string();
    let built = Built::within(workspace, &[&folder], &["--time", "t:s"]);
    assert_eq!((built.sessions(), built.report["skipped"].as_array().unwrap().len()), (vec!["events"], 4));
    // the results of a run are a log again
    let out = built.workspace.out();
    let again = Built::of(&[&out], &["--kind", "kind"]);
    assert_eq!((again.sessions(), again.t_ms(0)), (vec!["events"], built.t_ms(0)));
}

#[test]
fn an_index_and_columns_without_a_name_are_no_features() {
    assert_eq!(Built::of(&[&case("42-pandas-index-level/p.parquet")], &[]).features(), ["price"]);
    let pandas = ",user,timestamp,x\n0,a,2021-11-07 14:00:00.011463807+00:00,5\n1,b,2021-11-07 14:00:00.080748962+00:00,6\n";
    assert_eq!(Built::text("w.csv", pandas, &["--time", "timestamp"]).features(), ["x"]);
    let jodie = "user_id,item_id,timestamp,state_label,comma_separated_list_of_features\n0,0,0.0,0,-0.1,-0.2,0.3\n1,1,36.0,0,-0.1,-0.2,0.3\n1,0,77.0,1,-0.1,0.2,0.3\n";
    let built =
        Built::text("j.csv", jodie, &["--time", "timestamp:s", "--key", "user_id", "--key", "item_id"]);
    let list = "comma_separated_list_of_features";
    assert_eq!(built.features(), ["state_label", list, &format!("{list}.1"), &format!("{list}.2")]);
    let comments = "# Directed graph\n# Nodes: 3\nsrc,dst,t\n1,2,1700000000\n2,3,1700000060\n";
    assert_eq!(Built::text("s.csv", comments, &["--time", "t:s", "--key", "src"]).t_ms(0).len(), 2);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once_from_its_start() {
    use std::io::Write;
    let workspace = Workspace::new();
    let rows: String = (0..20_000).map(|i| format!("{},a\n", 1_700_000_000 + i)).collect();
    let mut child = super::command(&["build-graph", "-", "--time", "t:s", "--out", &workspace.out()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("t,u\n{rows}").as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(workspace.report()["sessions"][0]["events"], 20_000);
}

#[test]
fn conversion_keeps_what_it_converts_or_refuses_it() {
    let workspace = Workspace::new();
    let out = |name: &str| workspace.path(name).display().to_string();
    let (seconds, far, spans) = (out("sec.parquet"), out("far.arrow"), out("p.arrow"));
    ok(ironforge(&["convert", &case("10-arrow-seconds-to-parquet/sec.arrow"), &seconds]));
    let table = read_table(seconds.as_ref(), None, 1 << 30).unwrap().table;
    let Values::Time { values, .. } = &table.columns()[0].values else { panic!("no timestamps") };
    assert_eq!(values.get(0), Some(1_700_000_000_000));
    ok(ironforge(&["convert", &case("08-int96-far/far.parquet"), &far]));
    let read = ironforge::store::read_arrow(far.as_ref(), Some(&["ts"]), 1 << 30).unwrap().table;
    let Values::Time { values, .. } = &read.columns()[0].values else { panic!("no timestamps") };
    assert_eq!(values.present().min(), Some(-62_135_596_800_000_000));
    for (file, name) in
        [("12-interval-months/i.parquet", "i.arrow"), ("46-convert-types/i.arrow", "i.parquet")]
    {
        let target = out(name);
        refused(&ironforge(&["convert", &case(file), &target]), 65, "column \"i\"");
        assert!(!workspace.path(name).exists(), "{name}");
    }
    ok(ironforge(&["convert", &case("46-convert-types/p.parquet"), &spans]));
    let inspected = text(&ironforge(&["convert", &spans, &out("back.parquet")]).stdout);
    assert!(inspected.contains("rows"), "{inspected}");
}

#[test]
fn events_of_a_named_key_are_linked_by_it_and_others_by_time() {
    let log = "t,u\n1700000000,a\n1700000060,b\n1700000120,a\n1700000180,b\n";
    let built = |args: &[&str]| Built::text("k.csv", log, &[&["--time", "t:s"], args].concat());
    let (keyed, plain) = (built(&["--key", "u"]), built(&[]));
    assert_eq!((keyed.edges(), &keyed.report["scale"]["links"]), (vec![2], &json!(["shared-key"])));
    assert_eq!((plain.edges(), &plain.report["scale"]["links"]), (vec![6], &json!(["window-knn"])));
    assert_eq!(built(&["--key", "u", "--link", "window-knn"]).edges(), [6]);
}
