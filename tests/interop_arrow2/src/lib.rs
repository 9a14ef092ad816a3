//! Files of this product read by arrow2/parquet2, and theirs by this product: see `tests/both_ways.rs`.
