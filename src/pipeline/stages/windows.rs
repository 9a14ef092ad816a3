//! The time windows of a run: those that are set, and those that follow from the scale of its events.

use crate::config::{ConfigError, Effective, SettingOrigin};
use crate::dag::{DagError, ResolvedLinks};
use crate::legacy::forms;
use crate::motif::MotifConfig;
use crate::pipeline::error::Error;
use crate::scale::TimeScale;
use crate::table::Session;

/// The settings of a run that hold time windows, resolved on one scale.
pub(crate) struct RunWindows {
    /// The scale.
    pub(crate) scale: TimeScale,
    /// True if session files of the Python system were read together with tables.
    pub(crate) mixed: bool,
    /// The link rules.
    pub(crate) links: ResolvedLinks,
    /// The settings of the miner; their widths are numbers.
    pub(crate) motif: MotifConfig,
}

impl RunWindows {
    /// The windows of a run over these sessions.
    ///
    /// One scale holds for all sessions, since their patterns are counted together: that of session files if all
    /// sessions come from such files, else that of the times of all sessions.
    ///
    /// # Errors
    /// [`Error::Config`] if a window that is set contradicts one that is `auto`.
    pub(crate) fn of(sessions: &[Session], effective: &Effective) -> Result<Self, Error> {
        let from_session_file = |session: &&Session| forms::is_session_file(session.origin.form);
        let session_files = sessions.iter().filter(from_session_file).count();
        let scale = if session_files > 0 && session_files == sessions.len() {
            TimeScale::SessionFiles
        } else {
            TimeScale::of_times(sessions.iter().map(|session| &session.events.t_ms[..]))
        };
        // The sample has entities too; its links are those of a log whose keys nobody has named.
        let has_keys = !effective.config.session.keys.is_empty();
        let links = effective.config.dag.resolved(scale).map_err(|error| refusal(error, effective))?;
        Ok(Self {
            scale,
            mixed: session_files > 0 && session_files < sessions.len(),
            links: ResolvedLinks { rules: effective.config.dag.rules(has_keys), ..links },
            motif: effective.config.motif.resolved(scale),
        })
    }
}

/// The error of a window, with the origin of the window that was set.
fn refusal(error: DagError, effective: &Effective) -> Error {
    let set = |key: &str| {
        let is_set = |origin: &SettingOrigin| !matches!(origin, SettingOrigin::Preset(_));
        let entry = effective.entries().iter().find(|entry| entry.key == key && is_set(&entry.origin));
        entry.map(|entry| entry.origin.clone())
    };
    let origin = ["dag.dt_min_minutes", "dag.dt_max_minutes"].into_iter().find_map(set);
    Error::Config(ConfigError::Check { origin, reason: error.to_string() })
}
