//! Configuration: the settings of a run, the sources that set them, and the origin of each value.
//!
//! Sources, in rising precedence: preset, file (TOML, JSON, or YAML with the feature `yaml`), environment
//! (`IRONFORGE_DAG_K=6`), `--set dag.k=6`, options of the command. An unknown key is an error that names the key, its
//! origin and the nearest known key. Every source also accepts the options of the Python system
//! ([`legacy::options`](crate::legacy::options)).
//!
//! Each module defines its own settings (`DagConfig`, `AttentionConfig`, ...); this one composes them.
//!
//! - `settings`: [`Config`], the tree of all settings
//! - `session`, `limits`: the sections `session.*` and `limits.*`
//! - `preset`: named starting points
//! - `load`: from the sources to the [`Effective`] configuration
//! - `keys`: settings as dotted keys, each with its origin
//! - `file`, `yaml`, `environment`: the assignments of each source
//! - `aliases`, `legacy_options`: other names of settings
//! - `check`: ranges and contradictions
//! - `error`: errors of configuration
//!
//! ```
//! use ironforge::config::{Effective, Sources};
//!
//! let sets = ["dag.k=6".to_owned(), "tgat.num_layers=3".to_owned()];
//! let effective = Effective::load(&Sources { sets: &sets, ..Sources::default() })?;
//! assert_eq!((effective.config.dag.k, effective.config.tgat.num_layers), (6, 3));
//! # Ok::<(), ironforge::config::ConfigError>(())
//! ```

mod aliases;
mod check;
mod environment;
mod error;
mod file;
mod keys;
mod legacy_options;
mod limits;
mod load;
mod preset;
mod session;
mod settings;
#[cfg(feature = "yaml")]
mod yaml;

pub use error::{ConfigError, GivenSetting};
pub use keys::{SettingEntry, SettingOrigin};
pub use limits::LimitsConfig;
pub use load::{Effective, Sources, check_file};
pub use preset::Preset;
pub use session::{FeatureSet, Header, InputFormat, Quote, SessionConfig};
pub use settings::Config;
