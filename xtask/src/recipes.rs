//! The recipes.

/// A named list of steps.
pub struct Recipe {
    pub name: &'static str,
    pub about: &'static str,
    /// True if words after the name are passed to the steps as `"$@"`.
    pub takes_arguments: bool,
    pub steps: &'static [Step],
}

pub enum Step {
    /// An earlier recipe.
    Recipe(&'static str),
    /// A command line of bash.
    Shell(&'static str),
}

use Step::{Recipe as Run, Shell};

const fn recipe(name: &'static str, about: &'static str, steps: &'static [Step]) -> Recipe {
    Recipe { name, about, takes_arguments: false, steps }
}

pub const RECIPES: &[Recipe] = &[
    Recipe {
        name: "test",
        about: "the tests whose name contains ARG, built incrementally: the loop of daily work",
        takes_arguments: true,
        steps: &[Shell(r#"cargo test --lib --test it -- "$@""#)],
    },
    recipe(
        "full-test",
        "the README's test command: every test, optimised",
        &[Shell(
            // The README's own line, so that what it promises is what is checked.
            r#"line=$(sed -n 's/^\(cargo test.*\)$/\1/p' README.md | head -n 1); [ -n "$line" ]; echo "$line"; eval "$line""#,
        )],
    ),
    recipe(
        "interop",
        "every table read back by pyarrow, DuckDB and Polars; the Arrow C stream with pyarrow; motifs computed in Python",
        &[Shell("tests/interop/run")],
    ),
    recipe(
        "emulator",
        "the tests of the kernel emulator itself",
        &[Shell("cargo test --release --package ironforge-emulator")],
    ),
    recipe(
        "bare",
        "the library without features: tests, and at most 75 crates",
        &[
            // The planted bugs are hunted by full-test; nothing in them depends on a feature.
            Shell("cargo test --release --no-default-features --quiet -- --skip emulator::mutants"),
            Shell(
                r#"crates=$(cargo tree --no-default-features --edges normal --prefix none | sed 's/ (\*)$//' | sort -u)
count=$(printf '%s\n' "$crates" | wc -l); echo "$count crates without default features"; [ "$count" -le 75 ]
if printf '%s\n' "$crates" | grep -E '^(arrow|parquet|clap|jiff|chrono|csv)'; then echo "these belong to features"; exit 1; fi"#,
            ),
        ],
    ),
    recipe(
        "no-nvcc",
        "the feature cuda without the CUDA compiler: it builds, with one warning",
        &[Shell(
            r#"NVCC=/nonexistent cargo check --release --features cuda 2>&1 | tee target/no-nvcc.log
[ "$(grep -c '^warning: ironforge.*built without CUDA kernels' target/no-nvcc.log)" -eq 1 ]"#,
        )],
    ),
    recipe(
        "cuda",
        "the feature cuda: every kernel assembled, the host half against a driver that records",
        &[
            Shell("kernels/fetch_toolkit.sh"),
            Shell(
                "IRONFORGE_REQUIRE_PTX=1 cargo test --release --features cuda --lib --test it -- \
                 cuda ptx fake_driver primitives gpu backend cli",
            ),
        ],
    ),
    recipe(
        "lint",
        "formatting, clippy, documentation",
        &[
            Shell("cargo fmt --all --check"),
            Shell("cargo clippy --workspace --all-targets --features cuda -- --deny warnings"),
            Shell(r#"RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --features cuda"#),
            Shell("cargo test --package xtask --quiet"),
        ],
    ),
    recipe(
        "features",
        "the optional features build alone: store without yaml, petgraph and sprs",
        &[
            Shell("cargo check --no-default-features --features store"),
            Shell("cargo check --no-default-features --features petgraph,sprs"),
        ],
    ),
    recipe(
        "sample",
        "the main job on the built-in sample",
        &[
            Shell("rm -rf target/sample-run"),
            Shell(
                "cargo run --release --quiet -- discover --out target/sample-run --set motif.iterations=100",
            ),
            Shell("test -s target/sample-run/run.json"),
        ],
    ),
    recipe(
        "arrow2",
        "files of arrow2/parquet2 read here, and ours there",
        &[Shell("cargo test --release --manifest-path tests/interop_arrow2/Cargo.toml")],
    ),
    recipe(
        "deny",
        "licences, sources and bans of every dependency, by cargo-deny (installed if it is missing)",
        &[
            Shell("command -v cargo-deny >/dev/null || cargo install --locked cargo-deny"),
            Shell("cargo deny --all-features check licenses bans sources"),
        ],
    ),
    recipe(
        "advisories",
        "known vulnerabilities of the dependencies; needs the advisory database",
        &[
            Shell("command -v cargo-deny >/dev/null || cargo install --locked cargo-deny"),
            Shell("cargo deny --all-features check advisories"),
        ],
    ),
    recipe(
        "fuzz",
        "each fuzz target for 60 seconds, by cargo-fuzz (installed if it is missing)",
        &[
            Shell("command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz"),
            Shell(
                "export RUSTC_BOOTSTRAP=1; for target in read_parquet read_arrow; do \
                 cargo fuzz run \"$target\" -- -max_total_time=60 -rss_limit_mb=4096; done",
            ),
        ],
    ),
    recipe(
        "msrv",
        "builds with the oldest supported Rust (rustup needs that toolchain)",
        &[Shell(
            r#"version=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
cargo "+$version" check --release --all-targets"#,
        )],
    ),
    recipe(
        "calibration",
        "error rates and power of the motif tests, on data whose answer is known (most of an hour; CALIBRATION_LOGS=40: ten minutes)",
        // One test at a time: each fills the cores, and prints a table line by line.
        &[Shell("cargo test --release --test it -- --ignored calibration --nocapture --test-threads 1")],
    ),
    recipe(
        "ci",
        "everything a commit must pass, on a fresh machine",
        &[
            Run("full-test"),
            Run("interop"),
            Run("emulator"),
            Run("bare"),
            Run("no-nvcc"),
            Run("cuda"),
            Run("lint"),
            Run("features"),
            Run("sample"),
        ],
    ),
    recipe(
        "nightly",
        "what is too slow for every commit, or needs more than a fresh machine has",
        &[Run("ci"), Run("arrow2"), Run("deny"), Run("fuzz"), Run("calibration")],
    ),
];
