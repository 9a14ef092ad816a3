//! The table of motifs.

use rayon::prelude::*;

use super::motif_stage::LabelledMotifs;
use crate::motif::{MotifRow, Significance};
use crate::table::{Column, Labels, Table, Values};

/// Table `motifs.parquet`: one row for each reported pattern.
pub(crate) fn motif_table(motifs: &LabelledMotifs) -> Table {
    let rows = motifs.reported();
    let texts = |of: &(dyn Fn(&MotifRow) -> String + Sync)| {
        let texts: Vec<String> = rows.par_iter().map(of).collect();
        Values::Text(Labels::encode(texts.iter().map(|text| Some(text.as_str()))))
    };
    let patterns = texts(&|row| row.pattern.text(&motifs.vocabulary));
    let labels = texts(&|row| row.labels_json(&motifs.vocabulary));
    let verdicts = Values::Text(Labels::encode(rows.iter().map(|row| Some(row.verdict.name()))));
    let u32s = |of: &dyn Fn(&MotifRow) -> u32| Values::U32(rows.iter().map(of).collect());
    let u64s = |of: &dyn Fn(&MotifRow) -> u64| Values::U64(rows.iter().map(of).collect());
    let some = |of: &dyn Fn(&Significance) -> Option<f64>| {
        Values::F64(rows.iter().map(|row| row.significance.as_ref().and_then(of)).collect())
    };
    let explained = |row: &MotifRow| row.significance.as_ref().and_then(|s| s.explained_by_pairs);
    let explained = Values::Bool(rows.iter().map(explained).collect());
    // a column of integers with missing values is read as 64 bits, so it is written as such
    let lots = |row: &MotifRow| row.significance.as_ref().and_then(|s| s.lots).map(i64::from);
    let lots = Values::I64(rows.iter().map(lots).collect());
    let statistic = |of: &dyn Fn(&Significance) -> f64| some(&|s| Some(of(s)));
    Table::new(vec![
        Column::new("pattern", "edges between labels, the same in every run", patterns),
        Column::new("k", "events", u32s(&|r| r.pattern.k().into())),
        Column::new("mask", "bit i*k+j: edge i -> j, events in time order", u32s(&|r| r.pattern.mask())),
        Column::new("labels", "JSON array of strings, null for no label, in time order", labels),
        Column::new("class_id", "smallest mask over all orders", u32s(&|r| r.class_id)),
        Column::new("count", "occurrences", u64s(&|r| r.count)),
        Column::new("support", "sessions", u32s(&|r| r.support)),
        Column::new("non_overlapping", "occurrences, none overlapping another", u64s(&|r| r.non_overlapping)),
        Column::new("disjoint", "occurrences, none sharing an event with another", u64s(&|r| r.disjoint)),
        Column::new("null_mean", "event-disjoint occurrences", statistic(&|s| s.null_mean)),
        Column::new("null_sd", "event-disjoint occurrences", statistic(&|s| s.null_sd)),
        Column::new("lift", "(disjoint + 1/2) / (null_mean + 1/2)", statistic(&|s| s.lift)),
        Column::new("lift_low", "95 % interval over sessions", some(&|s| Some(s.lift_interval?.0))),
        Column::new("lift_high", "95 % interval over sessions", some(&|s| Some(s.lift_interval?.1))),
        Column::new("score", "excess over the null", statistic(&|s| s.score)),
        Column::new("p_fwer", "family-wise, over all patterns", statistic(&|s| s.p_fwer)),
        Column::new("q_value", "false discovery rate", statistic(&|s| s.q_value)),
        Column::new("p_pairs", "as p_fwer, under the null of pairs", some(&|s| s.p_pairs)),
        Column::new("explained_by_pairs", "p_pairs is above park_p", explained),
        Column::new("p_holdout", "family-wise, in what is held out", some(&|s| s.p_holdout)),
        Column::new("lots", "in which what is not held out shows the pattern", lots),
        Column::new("verdict", "", verdicts),
    ])
}
