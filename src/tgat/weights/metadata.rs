//! The metadata of a weights file.

/// Key whose value marks the weights as trained or not.
pub(super) const TRAINED: &str = "trained";
/// Value of [`TRAINED`] that is written for trained weights.
pub(super) const TRAINED_VALUE: &str = "true";
/// Value of [`TRAINED`] for untrained weights; with any other value, or without the key, weights are trained.
pub(super) const UNTRAINED_VALUE: &str = "false";
