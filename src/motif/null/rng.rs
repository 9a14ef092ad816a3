//! The random streams of replicates.

use crate::philox::{Philox, Stream};

/// Philox fork of the first kind of replicates; those of the others are higher.
const PURPOSE: u32 = 0x6E75;

/// Random streams of independent replicates.
#[derive(Clone, Copy)]
pub(crate) struct NullRng(Philox);

impl NullRng {
    /// Streams of the replicates that patterns are tested against.
    pub(crate) fn test(seed: u64) -> Self {
        Self(Philox::new(seed).fork(PURPOSE))
    }

    /// Streams of the replicates that the scales of the scores are estimated from.
    pub(crate) fn calibration(seed: u64) -> Self {
        Self(Philox::new(seed).fork(PURPOSE + 1))
    }

    /// Streams of the replicates that candidates are confirmed against.
    pub(crate) fn confirmation(seed: u64) -> Self {
        Self(Philox::new(seed).fork(PURPOSE + 2))
    }

    /// The stream of one graph in one replicate.
    pub(super) fn stream(self, iteration: u32, graph: u32) -> Stream {
        self.0.stream(iteration, graph)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_and_test_draw_from_different_streams() {
        let first = |rng: NullRng| rng.stream(0, 0).next_u32();
        assert_ne!(first(NullRng::calibration(1)), first(NullRng::test(1)));
        assert_ne!(first(NullRng::test(1)), first(NullRng::test(2)));
    }
}
