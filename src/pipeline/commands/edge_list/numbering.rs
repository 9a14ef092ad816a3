//! The numbers of the nodes: their ids, sorted. They do not depend on the order of the edges.

use super::NodeId;
use super::id_column::{EdgeIds, TypedIds, used};
use super::id_ranks::IdRanks;
use crate::table::{Labels, Values};

/// The id of each node, by number.
pub(super) enum NodeIds {
    /// The integers below this number: each is the number of its node.
    Below(u64),
    /// Integers, rising, at least one of them not the number of its node.
    Integers(Vec<u64>),
    /// Texts, in the order of their bytes.
    Texts(Vec<String>),
}

/// The edges of a graph by the numbers of their nodes.
pub(super) struct NumberedEdges {
    pub(super) ids: NodeIds,
    pub(super) edges: Vec<(u32, u32)>,
}

impl NumberedEdges {
    /// Numbers the nodes. With `least`, every integer below it and below the largest id is a node.
    ///
    /// # Errors
    /// The number of nodes, if it is above `most`. Memory depends on the number of ids given, not on the largest.
    pub(super) fn of(ids: &TypedIds, least: Option<u64>, most: u64) -> Result<Self, u64> {
        match ids {
            TypedIds::Integers(EdgeIds { src, dst, .. }) => Self::of_integers(src, dst, least, most),
            TypedIds::Texts(ids) => Self::of_texts(ids, most),
        }
    }

    fn of_integers(src: &[u64], dst: &[u64], least: Option<u64>, most: u64) -> Result<Self, u64> {
        let largest = src.iter().chain(dst).max().copied();
        let numbers_below = largest.map_or(0, |id| id.saturating_add(1)).max(least.unwrap_or(0));
        let by_number = || src.iter().zip(dst).map(|(&u, &v)| (u as u32, v as u32)).collect();
        if least.is_some() {
            let nodes = within(numbers_below, most)?;
            return Ok(Self { ids: NodeIds::Below(nodes), edges: by_number() });
        }
        let ranks = IdRanks::of(&[src, dst], largest);
        let nodes = within(ranks.count(), most)?;
        if nodes == numbers_below {
            return Ok(Self { ids: NodeIds::Below(nodes), edges: by_number() });
        }
        let edges = src.iter().zip(dst).map(|(&u, &v)| (ranks.rank(u), ranks.rank(v))).collect();
        Ok(Self { ids: NodeIds::Integers(ranks.into_ids()), edges })
    }

    fn of_texts(EdgeIds { src, dst, more }: &EdgeIds<Labels>, most: u64) -> Result<Self, u64> {
        let mut ids: Vec<&str> = used(src).chain(used(dst)).chain(more.iter().flat_map(used)).collect();
        ids.sort_unstable();
        ids.dedup();
        within(ids.len() as u64, most)?;
        let numbers = |labels: &Labels| -> Vec<u32> {
            let number = |name: &String| ids.partition_point(|&id| id < name.as_str()) as u32;
            labels.names.iter().map(number).collect()
        };
        let (src_numbers, dst_numbers) = (numbers(src), numbers(dst));
        let number = |(&u, &v): (&u32, &u32)| (src_numbers[u as usize], dst_numbers[v as usize]);
        let edges = src.codes.iter().zip(dst.codes.iter()).map(number).collect();
        Ok(Self { ids: NodeIds::Texts(ids.into_iter().map(str::to_owned).collect()), edges })
    }
}

/// `nodes`, or as an error if they are more than `most`.
fn within(nodes: u64, most: u64) -> Result<u64, u64> {
    if nodes > most { Err(nodes) } else { Ok(nodes) }
}

impl NodeIds {
    /// Number of nodes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Below(nodes) => *nodes as usize,
            Self::Integers(ids) => ids.len(),
            Self::Texts(ids) => ids.len(),
        }
    }

    /// Number of integers from 0 to the largest id that are no node.
    pub(super) fn gaps(&self) -> u64 {
        match self {
            Self::Integers(ids) => ids.last().map_or(0, |largest| largest - (ids.len() as u64 - 1)),
            Self::Below(_) | Self::Texts(_) => 0,
        }
    }

    /// The id of a node.
    pub(super) fn id(&self, node: u32) -> NodeId {
        match self {
            Self::Below(_) => NodeId::Integer(node.into()),
            Self::Integers(ids) => NodeId::Integer(ids[node as usize]),
            Self::Texts(ids) => NodeId::Text(ids[node as usize].clone()),
        }
    }

    /// The node whose id is written as `text`.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let integer = || text.parse::<u64>().ok();
        match self {
            Self::Below(nodes) => integer().filter(|id| id < nodes).map(|id| id as u32),
            Self::Integers(ids) => ids.binary_search(&integer()?).ok().map(|node| node as u32),
            Self::Texts(ids) => ids.binary_search_by(|id| id.as_str().cmp(text)).ok().map(|node| node as u32),
        }
    }

    /// A column of the ids of `nodes`: integers in 32 bits if those of all nodes fit.
    pub(super) fn column(&self, nodes: impl Iterator<Item = u32>) -> Values {
        match self {
            Self::Below(_) => Values::U32(nodes.collect()),
            Self::Integers(ids) if ids.last().is_none_or(|&largest| u32::try_from(largest).is_ok()) => {
                Values::U32(nodes.map(|node| ids[node as usize] as u32).collect())
            }
            Self::Integers(ids) => Values::U64(nodes.map(|node| ids[node as usize]).collect()),
            Self::Texts(ids) => {
                let nodes: Vec<u32> = nodes.collect();
                Values::Text(Labels::encode(nodes.iter().map(|&node| Some(ids[node as usize].as_str()))))
            }
        }
    }
}
