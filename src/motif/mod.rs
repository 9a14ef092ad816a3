//! motif
