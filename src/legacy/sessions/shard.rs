//! Shards: a session as a table of nodes, with metadata of the converter that wrote it.

use std::collections::{BTreeMap, BTreeSet};

use super::json::Json;
use super::json_file::{JsonFile, parse, time_of_day};
use super::session_id_from_stem;
use super::session_window::placeholders;
use crate::events::{
    ColumnMap, EventsError, TieOrder, TimeColumn, TimeFormat, clock, from_table, labels as labels_of,
};
use crate::legacy::{LegacyError, forms};
use crate::table::{Labels, Session, SessionOrigin, Table};

/// Kinds by code, the index in this list.
const KINDS: [&str; 4] = ["price_movement", "liquidity_event", "anchor", "other"];
/// Columns of the nodes that are not features.
const KNOWN: [&str; 7] = ["node_id", "t", "kind", "session_id", "symbol", "tf", "price"];
const ID: &str = "node_id";
const KIND: &str = "kind";
const PRICE: &str = "price";

/// The files of a shard that its session is read from. Edges are not read: graphs are built from the events.
#[derive(Debug)]
pub struct Shard<'a> {
    /// The folder, as the user named it.
    pub source: &'a str,
    /// `meta.json`.
    pub meta: &'a [u8],
    /// `nodes.parquet`.
    pub nodes: Table,
    /// `node_map.parquet`, if the shard has one.
    pub node_map: Option<Table>,
}

/// Turns a shard into a session: `t` is the time (ms, UTC), `price` the price, and the columns `f0` or `f00`, `f1` or
/// `f01`, ... are numbers (named `f00`, `f01`, ...). The kind is the node map's `source_type`, else the name of the
/// code in `kind`: 0 `price_movement`, 1 `liquidity_event`, 2 `anchor`, 3 `other`, any other code its number. The
/// time of day is the node map's `timestamp`, if every event has one. A shard has no attributes and no field `type`.
///
/// The id comes from the name in the meta file's `source_file` ([`session_id_from_stem`]), which distinguishes
/// sessions that the shard's own `session_id` does not (`NY` for `NY_AM` and `NY_PM`), else from its `session_id`.
/// `ties` is the order of events of equal time; a hash takes the codes of the kinds and the node ids.
/// [`SessionOrigin::dataset`] is its `symbol` and `timeframe`, as in `NQ_M5`.
///
/// # Errors
/// [`LegacyError::Json`] and [`LegacyError::NotASession`] for the meta file; [`LegacyError::Field`] if it states
/// another number of nodes; [`EventsError::Value`] for a node id given twice, a second session and a node map of
/// other nodes; as [`from_table`] for the nodes.
pub fn session_from_shard(shard: Shard<'_>, ties: TieOrder) -> Result<Session, LegacyError> {
    let in_shard = |name: &str| format!("{}/{name}", shard.source);
    let (meta_name, nodes_name) = (in_shard("meta.json"), in_shard("nodes.parquet"));
    let meta = ShardMeta::read(shard.meta, &meta_name, shard.nodes.rows())?;
    one_session(&shard.nodes, &nodes_name)?;
    let features = features(&shard.nodes);
    let given = |name: &str| shard.nodes.column(name).map(|column| column.name.clone());
    let map = ColumnMap {
        time: Some(TimeColumn { name: "t".to_owned(), format: Some(TimeFormat::Ms) }),
        kind: given(KIND),
        keys: given(ID).into_iter().collect(),
        numeric: Some(features.iter().map(|(name, _)| name.clone()).collect()),
        price: given(PRICE),
        ..ColumnMap::default()
    };
    let unknown = shard.nodes.columns().iter().map(|column| &column.name);
    let unknown = unknown.filter(|&name| !KNOWN.contains(&name.as_str()) && feature(name).is_none());
    let unknown_fields = unknown.map(|name| (name.clone(), shard.nodes.rows())).collect();

    let mut sessions = from_table(shard.nodes, &map, &nodes_name, &meta.id, ties)?;
    let mut session = sessions.pop().ok_or(EventsError::NoEvents { file: nodes_name.clone() })?;
    let events = &mut session.events;
    for column in &mut events.numeric {
        if let Some((_, name)) = features.iter().find(|(name, _)| *name == column.name) {
            column.name.clone_from(name);
        }
    }
    // The labels hold codes as text.
    let named = |code: &str| code.parse().ok().and_then(|code: usize| KINDS.get(code).copied());
    events.kind = Labels::encode(events.kind.iter().map(|kind| kind.map(|code| named(code).unwrap_or(code))));
    let ids = events.keys.pop().map(|key| key.labels);
    if let Some(ids) = &ids {
        check_duplicate_ids(ids, &events.event_index, &nodes_name)?;
    }
    if let Some(node_map) = &shard.node_map {
        let node_map = NodeMap::of(node_map, ids.as_ref(), &in_shard("node_map.parquet"))?;
        events.kind = node_map.kinds(&events.kind);
        events.time_of_day_s = node_map.clock();
    }
    let clock = events.time_of_day_s.as_deref();
    session.origin = SessionOrigin {
        form: forms::SHARD,
        dataset: meta.dataset,
        outside_window: None,
        placeholder_times: clock.map(|clock| placeholders(None, clock)),
        resolution: session.origin.resolution,
        unknown_fields,
        parts: Vec::new(),
    };
    session.source = shard.source.to_owned();
    Ok(session)
}

/// Names of the features' columns, with those of the numbers they become: at least two digits, unless that makes two
/// names equal.
fn features(nodes: &Table) -> Vec<(String, String)> {
    let mut found: Vec<_> = nodes.columns().iter().filter_map(|column| feature(&column.name)).collect();
    let distinct: BTreeSet<&String> = found.iter().map(|(_, number)| number).collect();
    if distinct.len() < found.len() {
        found = found.into_iter().map(|(column, _)| (column.clone(), column)).collect();
    }
    found
}

/// Name of a feature's column, and name of the number it becomes.
fn feature(name: &str) -> Option<(String, String)> {
    let digits = name.strip_prefix('f')?;
    let number = digits.len() <= 4 && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    number.then(|| (name.to_owned(), format!("f{digits:0>2}")))
}

/// Checks that all nodes name the same session.
fn one_session(nodes: &Table, file: &str) -> Result<(), EventsError> {
    let Some(given) = nodes.column("session_id").and_then(|column| labels_of(&column.values, false)) else {
        return Ok(());
    };
    let mut named = given.iter().enumerate().filter_map(|(row, id)| Some((row, id?)));
    let first = named.next().map(|(_, id)| id);
    match named.find(|&(_, id)| Some(id) != first) {
        None => Ok(()),
        Some((row, id)) => Err(EventsError::Value {
            file: file.to_owned(),
            row,
            column: "session_id".to_owned(),
            value: id.to_owned(),
            remedy: "a shard is one session, and an earlier row names another: write a shard for each"
                .to_owned(),
        }),
    }
}

fn check_duplicate_ids(ids: &Labels, rows: &[u32], file: &str) -> Result<(), EventsError> {
    let mut seen = vec![false; ids.names.len()];
    for (&code, &row) in ids.codes.iter().zip(rows) {
        let value = |value: String, remedy: &str| EventsError::Value {
            file: file.to_owned(),
            row: row as usize,
            column: ID.to_owned(),
            value,
            remedy: remedy.to_owned(),
        };
        match seen.get_mut(code as usize) {
            None => {
                return Err(value("nothing".to_owned(), "every node needs an id: convert the shard again"));
            }
            Some(seen) if *seen => {
                let id = ids.names[code as usize].clone();
                return Err(value(id, "another row has the same id: convert the shard again"));
            }
            Some(seen) => *seen = true,
        }
    }
    Ok(())
}

/// The id and dataset in the meta file.
struct ShardMeta {
    id: String,
    dataset: Option<String>,
}

impl ShardMeta {
    fn read(bytes: &[u8], name: &str, rows: usize) -> Result<Self, LegacyError> {
        let file = JsonFile { name, movements: None };
        let json = parse(bytes, name)?;
        if let Some(field) = json.duplicate_field() {
            return Err(file.field(field, "is given twice", "keep one of them"));
        }
        let text = |name: &str| match json.get(name) {
            Some(Json::Text(text)) if !text.is_empty() => Some(text.as_str()),
            _ => None,
        };
        let named = |path: &str| {
            let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
            session_id_from_stem(name.strip_suffix(".json").unwrap_or(name))
        };
        let id = text("source_file").map(named).filter(|id| !id.is_empty());
        let Some(id) = id.or_else(|| text("session_id").map(str::to_owned)) else {
            return Err(file.not_a_session("it names neither the source_file nor the session_id of a shard"));
        };
        if let Some(&Json::Number(count)) = json.get("node_count")
            && count != rows as f64
        {
            let why = format!("is {count}, nodes.parquet has {rows} rows");
            return Err(file.field("node_count", why, "the shard is incomplete: convert it again"));
        }
        let dataset: Vec<&str> = ["symbol", "timeframe"].into_iter().filter_map(text).collect();
        Ok(Self { id, dataset: Some(dataset.join("_")).filter(|name| !name.is_empty()) })
    }
}

/// The kind and time of day of each event in the node map, in the order of the events.
struct NodeMap {
    rows: Vec<Option<usize>>,
    kind: Option<Labels>,
    clock: Option<Labels>,
}

impl NodeMap {
    /// Joins a node map to the events by their ids.
    ///
    /// # Errors
    /// [`EventsError::Value`] unless the ids are text or integers, distinct, and at least one is the id of a node.
    fn of(node_map: &Table, ids: Option<&Labels>, file: &str) -> Result<Self, EventsError> {
        let value = |row: usize, value: &str, remedy: &str| EventsError::Value {
            file: file.to_owned(),
            row,
            column: ID.to_owned(),
            value: value.to_owned(),
            remedy: remedy.to_owned(),
        };
        let column = |name: &str| node_map.column(name).and_then(|column| labels_of(&column.values, false));
        let (Some(ids), Some(own)) = (ids, column(ID)) else {
            let remedy = "nodes and node map are joined by ids that are text or whole numbers: convert the shard again";
            return Err(value(0, "nothing to join by", remedy));
        };
        let mut row_of: BTreeMap<String, usize> = BTreeMap::new();
        for (row, id) in own.iter().enumerate() {
            if let Some(id) = id
                && row_of.insert(id.to_owned(), row).is_some()
            {
                return Err(value(row, id, "another row has the same id: convert the shard again"));
            }
        }
        let rows: Vec<_> = ids.iter().map(|id| row_of.get(id?).copied()).collect();
        if rows.iter().all(Option::is_none) {
            let first = row_of.first_key_value().map_or("no id", |(id, _)| id.as_str());
            return Err(value(0, first, "no node has an id of this map: it is another shard's"));
        }
        Ok(Self { rows, kind: column("source_type"), clock: column("timestamp") })
    }

    /// The kinds of the map; those of the nodes where it has none.
    fn kinds(&self, own: &Labels) -> Labels {
        let mapped = |row: Option<usize>| self.kind.as_ref()?.get(row?);
        Labels::encode(self.rows.iter().zip(own.iter()).map(|(&row, own)| mapped(row).or(own)))
    }

    /// Seconds since midnight, if the map has them for every event.
    fn clock(&self) -> Option<Vec<f64>> {
        let second = |&row: &Option<usize>| {
            let text = self.clock.as_ref()?.get(row?)?;
            Some(clock::second_of_day(time_of_day(text)?))
        };
        self.rows.iter().map(second).collect()
    }
}
