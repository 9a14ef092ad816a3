//! Draws from the distributions that logs are made of.

use ironforge::philox::{Philox, Stream};

/// Random numbers of one session of one log.
pub struct Draws(Stream);

impl Draws {
    /// The numbers are a function of the row's name, the log's number and the session's number. Rows have numbers of
    /// their own, so that an unlucky log is unlucky in one row only.
    pub fn new(row: &str, log: u32, session: u32) -> Self {
        // FNV-1a: any function that gives distinct names distinct purposes
        let purpose =
            row.bytes().fold(0x811c_9dc5_u32, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193));
        Self(Philox::new(log.into()).fork(purpose).stream(0, session))
    }

    /// Uniform above 0 and below 1.
    pub fn uniform(&mut self) -> f64 {
        (f64::from(self.0.next_u32()) + 0.5) / 4_294_967_296.0
    }

    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }

    /// Uniform in 0..n.
    pub fn below(&mut self, n: u32) -> u32 {
        self.0.below(n)
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// An index, each with a probability proportional to its weight.
    pub fn weighted(&mut self, weights: &[f64]) -> u32 {
        let mut rest = self.uniform() * weights.iter().sum::<f64>();
        let last = weights.len() - 1;
        for (index, weight) in weights[..last].iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return index as u32;
            }
        }
        last as u32
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end as u32 + 1) as usize);
        }
    }
}
