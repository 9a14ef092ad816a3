//! Goldens of the tgat room.

use super::Run;

pub fn compare(_run: &mut Run) {}
