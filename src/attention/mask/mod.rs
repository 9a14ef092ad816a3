//! The attention pattern: the keys that each node may attend to, in every form that a caller may have.
//!
//! - `bounds`: checks of offsets, intervals and patterns against a batch.
//! - `pattern`: owned patterns, from the edges of a graph or from intervals.
//! - `tile_row`: the 64x64 tiles of one block row while they are filled.
//! - `block_mask`: a pattern as 64x64 tiles with exact bits.
//! - `block_mask_build`: building a block mask, from a pattern or from two masks.
//! - `keys`: the pattern of a problem, in one of five forms.

mod block_mask;
mod block_mask_build;
mod bounds;
mod keys;
mod pattern;
mod tile_row;

pub use block_mask::{BlockMask, MaskTile};
pub use keys::Keys;
pub use pattern::{Direction, OwnedPattern, attention_pattern, intervals};

pub(super) use bounds::check_offsets;
pub(super) use tile_row::{TileBits, TileRow, all_bits};
