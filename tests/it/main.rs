//! The one test binary: properties, goldens, the command, and the rules of the architecture.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs, unreachable_pub)]

mod architecture;
mod attention;
#[cfg(feature = "cli")]
mod cli;
mod close;
#[cfg(feature = "store")]
mod config;
mod dag;
#[cfg(feature = "store")]
mod data;
mod emulator;
#[cfg(feature = "store")]
mod events;
#[cfg(all(feature = "cuda", feature = "cli", target_os = "linux"))]
mod fake_driver;
mod golden;
#[cfg(feature = "cuda")]
mod gpu;
#[cfg(feature = "store")]
mod legacy;
mod motif;
#[cfg(feature = "store")]
mod outputs;
#[cfg(feature = "store")]
mod pipeline;
mod plans;
mod primitives;
#[cfg(feature = "cuda")]
mod ptx;
mod scale;
mod skip;
#[cfg(feature = "store")]
mod store;
mod tensors;
mod tgat;
