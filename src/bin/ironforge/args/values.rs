//! Value parsers. Values of library types are written by name.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use ironforge::attention::Accuracy;
use ironforge::backend::Device;
use ironforge::dag::LinkRule;
use ironforge::motif::{Correction, Null};
use ironforge::pipeline::NodeCount;

/// Names of the backends of `attend`, as in `DeviceOptions::by_name`.
pub const BACKENDS: [&str; 4] = ["auto", "reference", "cpu", "cuda"];

/// A parser of `values` by `name`; `help` describes each, or is empty.
fn one_of<T: Copy + Send + Sync + 'static>(
    values: &[T],
    name: fn(T) -> &'static str,
    help: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let possible = values.iter().map(|&value| match help(value) {
        "" => PossibleValue::new(name(value)),
        help => PossibleValue::new(name(value)).help(help),
    });
    let values = values.to_vec();
    PossibleValuesParser::new(possible).try_map(move |text: String| {
        values.iter().copied().find(|&value| name(value) == text).ok_or("not a possible value")
    })
}

/// A value of `--link`: one rule, or `both`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkChoice {
    Rule(LinkRule),
    Both,
}

impl LinkChoice {
    const ALL: [Self; 4] = [
        Self::Rule(LinkRule::Auto),
        Self::Rule(LinkRule::WindowKnn),
        Self::Rule(LinkRule::SharedKey),
        Self::Both,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.name(),
            Self::Both => "both",
        }
    }

    /// The rules of `dag.links`.
    pub fn rules(self) -> Vec<LinkRule> {
        match self {
            Self::Rule(rule) => vec![rule],
            Self::Both => vec![LinkRule::WindowKnn, LinkRule::SharedKey],
        }
    }
}

pub fn links() -> impl TypedValueParser<Value = LinkChoice> {
    one_of(&LinkChoice::ALL, LinkChoice::name, |choice| match choice {
        LinkChoice::Rule(LinkRule::Auto) => "shared-key if --key names a column, else window-knn",
        LinkChoice::Rule(LinkRule::WindowKnn) => "The next k events in a time window",
        LinkChoice::Rule(LinkRule::SharedKey) => "The next k events that share an entity",
        LinkChoice::Both => "The union of both",
    })
}

pub fn devices() -> impl TypedValueParser<Value = Device> {
    one_of(&Device::ALL, Device::name, |_| "")
}

pub fn accuracies() -> impl TypedValueParser<Value = Accuracy> {
    one_of(&Accuracy::ALL, Accuracy::name, |accuracy| match accuracy {
        Accuracy::Exact => "Probabilities keep f32 precision",
        Accuracy::Fast => "Probabilities are rounded once to the precision of q, k, v",
    })
}

pub fn corrections() -> impl TypedValueParser<Value = Correction> {
    one_of(&Correction::ALL, Correction::name, |correction| match correction {
        Correction::MaxT => "The chance of any false pattern, from the largest score of each draw",
        Correction::Fdr => {
            "The expected share of false patterns among those found, from all scores of the draws"
        }
    })
}

pub fn nulls() -> impl TypedValueParser<Value = Null> {
    one_of(&Null::ALL, null_name, |null| match null {
        Null::StratifiedPermutation => {
            "Labels permuted within short blocks of time; the only null under which a motif is promoted"
        }
        Null::Pairs => "Labels in another order, with the same transitions from each to the next",
        Null::LabelPermutation => "Labels permuted within each session",
        Null::IntervalJitter => "Times redrawn within fixed windows",
    })
}

/// Name of a null model on the command line, shorter than in the configuration.
pub fn null_name(null: Null) -> &'static str {
    match null {
        Null::StratifiedPermutation => "stratified",
        Null::Pairs => "pairs",
        Null::LabelPermutation => "label",
        Null::IntervalJitter => "jitter",
    }
}

/// One number, or two with `..` between them.
pub fn sizes(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| text.parse().map_err(|_| "give a number, or two as in 3..5".to_owned());
    match text.split_once("..") {
        Some((min, max)) => Ok((number(min)?, number(max.trim_start_matches('='))?)),
        None => number(text).map(|k| (k, k)),
    }
}

/// A number of nodes, or the path of a file.
pub fn node_count(text: &str) -> Result<NodeCount, String> {
    match text.parse() {
        Ok(count) => Ok(NodeCount::Given(count)),
        Err(_) if text.bytes().all(|b| b.is_ascii_digit()) => Err("more than 2^64 nodes".to_owned()),
        Err(_) => Ok(NodeCount::File(text.into())),
    }
}
