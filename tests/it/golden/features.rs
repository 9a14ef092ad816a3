//! Goldens of the legacy module: node and edge features of sessions of the Python system.

use std::path::Path;

use ironforge::events::Features;
use ironforge::events::TieOrder;
use ironforge::legacy::{features45, session_from_json};
use ironforge::table::{Labels, Session};

use super::{Run, Tally};
use crate::close::Tolerance;
use crate::tensors::Tensors;

/// The file holds f32, whose rounding is relative: half a unit in the last place is added to the absolute tolerance.
const EDGES: Tolerance = Tolerance { abs: 1e-6, rel: 6e-8 };

pub fn compare(run: &mut Run) {
    let data = run.data.clone();
    run.each("features_", ".safetensors", |file, tally| features(file, &data, tally));
}

fn features(file: &Path, data: &Path, tally: &mut Tally) {
    let golden = Tensors::read(file);
    for name in golden.names() {
        let (what, key) = name.split_once('.').unwrap();
        if what == "edge20_pairs" {
            continue;
        }
        let stem = format!("adapted_enhanced_rel_{key}");
        let Some(path) = Run::input(data, &format!("peer/adapted/{stem}.json")) else { continue };
        let bytes = std::fs::read(&path).unwrap();
        let session =
            session_from_json(&bytes, &path.display().to_string(), &stem, None, TieOrder::Source).unwrap();
        let want = golden.f64(&name);
        match what {
            "node45_mapped" => tally.case(&name, nodes(&session, &want)),
            "node45_asis" => tally.case(&name, nodes(&as_is(session), &want)),
            "edge20_mapped" => {
                let pairs = golden.i64(&format!("edge20_pairs.{key}"));
                let end = |i: usize| pairs.iter().skip(i).step_by(2).map(|&p| p as u32).collect::<Vec<_>>();
                let links = ironforge::dag::temporal_view(&session.events.t_ms, 4).unwrap();
                tally.equal(&format!("{name} pairs"), (&links.src, &links.dst), (&end(0), &end(1)));
                let got = values(&features45::temporal_edges(&session, &links.src, &links.dst).unwrap());
                tally.case(&name, EDGES.compare(got.into_iter(), want.into_iter()));
            }
            other => panic!("{name}: no features are called {other}"),
        }
    }
}

fn values(features: &Features) -> Vec<f64> {
    features.values.iter().map(|value| value.expect("a value")).collect()
}

/// |a - b| <= 1e-6 |b| + 1e-9 for every feature; the error is the largest |a - b| / (|b| + 1e-3).
fn nodes(session: &Session, want: &[f64]) -> Result<f64, String> {
    let features = features45::nodes(session).unwrap();
    let (got, width) = (values(&features), features.info.len());
    if got.len() != want.len() {
        return Err(format!("{} values, expected {}", got.len(), want.len()));
    }
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        // Written so that a NaN fails.
        let holds = (got - want).abs() <= 1e-6 * want.abs() + 1e-9;
        if !holds {
            let feature = &features.info[i % width].name;
            return Err(format!("{feature} of event {}: got {got}, expected {want}", i / width));
        }
    }
    Ok(got.iter().zip(want).map(|(a, b)| (a - b).abs() / (b.abs() + 1e-3)).fold(0.0, f64::max))
}

/// The session as the Python system reads its file: in the file's order, without kind and price, which it reads from
/// other fields.
fn as_is(session: Session) -> Session {
    let mut events = session.events;
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|&i| events.event_index[i]);
    events.t_ms = order.iter().map(|&i| events.t_ms[i]).collect();
    events.time_of_day_s = events.time_of_day_s.map(|s| order.iter().map(|&i| s[i]).collect());
    for text in &mut events.texts {
        text.labels = text.labels.take(&order);
    }
    for column in &mut events.numeric {
        column.values = column.values.take(&order);
    }
    events.kind = Labels::all_missing(order.len());
    events.price = None;
    Session { events, ..session }
}
