//! Sizes shared by the host, the CPU backend and the kernels.
//!
//! ```
//! use ironforge::geometry::{blocks, padded_head_dim};
//!
//! assert_eq!((padded_head_dim(11), blocks(65)), (Some(16), 2));
//! ```

/// Rows and columns of one attention tile: the unit of storage and of scheduling.
pub const BLOCK: usize = 64;

/// Largest supported head dimension.
pub const MAX_HEAD_DIM: usize = 128;

/// Head dimensions that kernels are built for; other sizes are padded to the next of these.
pub const PADDED_HEAD_DIMS: [usize; 4] = [16, 32, 64, 128];

/// Padded size for `head_dim` values; `None` for 0 and above [`MAX_HEAD_DIM`].
pub fn padded_head_dim(head_dim: usize) -> Option<usize> {
    PADDED_HEAD_DIMS.into_iter().find(|&p| head_dim > 0 && head_dim <= p)
}

/// Number of tiles that cover `len` rows.
pub const fn blocks(len: usize) -> usize {
    len.div_ceil(BLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_dims_are_padded_to_the_next_built_size() {
        let cases = [(0, None), (1, Some(16)), (16, Some(16)), (17, Some(32)), (128, Some(128)), (129, None)];
        for (head_dim, want) in cases {
            assert_eq!(padded_head_dim(head_dim), want, "head_dim {head_dim}");
        }
        assert_eq!([blocks(0), blocks(1), blocks(64), blocks(65)], [0, 1, 1, 2]);
    }
}
