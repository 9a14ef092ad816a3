//! What is held out to confirm patterns: sessions, or slices of a single one.

use super::census::{Census, CensusBuilder};
use super::graph::{MotifGraph, TimeSlices, Union};
use super::null::NullModel;
use super::test::{Confirmation, Lots, SignificanceTest, TestResult};
use super::{MotifConfig, MotifError};

/// Widths of the slices of a single graph, in blocks of the stratified null, widest first: with the default blocks
/// about an hour, half an hour, or a quarter.
const SLICE_BLOCKS: [u64; 3] = [4, 2, 1];
/// Number of slices that make wider ones not worth losing: with fewer, lots are nearly the same.
const ENOUGH_SLICES: usize = 6;

/// What can be held out to confirm patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldOut {
    /// Graphs: their number.
    Graphs(usize),
    /// Slices of time of the only graph.
    Slices {
        /// Their number.
        slices: usize,
        /// Width of a slice, in blocks of the stratified null.
        blocks: u64,
    },
}

impl HeldOut {
    /// What can be held out of these graphs; `None` if there is nothing to divide.
    ///
    /// # Errors
    /// [`MotifError::BlockMinutes`].
    pub(super) fn of(graphs: &[MotifGraph<'_>], config: &MotifConfig) -> Result<Option<Self>, MotifError> {
        let [graph] = graphs else { return Ok((graphs.len() > 1).then_some(Self::Graphs(graphs.len()))) };
        let block_ms = config.block_ms()?;
        let cut = |&blocks: &u64| {
            let slices = TimeSlices::of(graph, block_ms.saturating_mul(blocks)).len();
            Self::Slices { slices, blocks }
        };
        let cuts = SLICE_BLOCKS.each_ref().map(cut);
        let slices = |cut: &Self| matches!(cut, Self::Slices { slices, .. } if *slices >= ENOUGH_SLICES);
        let widest = cuts.into_iter().find(slices).unwrap_or(cuts[cuts.len() - 1]);
        Ok(Some(widest).filter(|cut| cut.units() > 1))
    }

    /// Number of units that can be held out.
    pub fn units(self) -> usize {
        match self {
            Self::Graphs(graphs) => graphs,
            Self::Slices { slices, .. } => slices,
        }
    }
}

/// The confirmation of each pattern of the census in held-out graphs, or in held-out slices of the only one; `None` if
/// nothing can be held out.
///
/// # Errors
/// Those of mining.
pub(super) fn confirm_patterns(
    graphs: &[MotifGraph<'_>],
    test: &SignificanceTest<'_>,
    census: &Census,
    result: &TestResult,
    config: &MotifConfig,
) -> Result<Option<Vec<Confirmation>>, MotifError> {
    let Some(held_out) = HeldOut::of(graphs, config)? else { return Ok(None) };
    let lots = Lots::new(held_out.units(), config.holdout, config.holdout_by, test.seed);
    let HeldOut::Slices { blocks, .. } = held_out else {
        return test.confirm(census, result, &lots).map(Some);
    };
    let slices = TimeSlices::of(&graphs[0], config.block_ms()?.saturating_mul(blocks));
    let graphs = slices.graphs()?;
    let union = Union::with_span_limit(&graphs, config.span_ms())?;
    let null = NullModel::new(config.null, &graphs, &union, config)?;
    if null.movable() == 0 {
        return Ok(Some(vec![Confirmation { p: 1.0, lots: 0 }; census.patterns.len()]));
    }
    let test = SignificanceTest { union: &union, null: &null, ..*test };
    let census = Census { shape_counts: CensusBuilder::new(&union, config).shape_counts(), ..census.clone() };
    test.confirm(&census, result, &lots).map(Some)
}
