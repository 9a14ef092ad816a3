//! Files of ironforge read by arrow2/parquet2, and theirs by ironforge: see `tests/both_ways.rs`.
