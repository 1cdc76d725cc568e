//! The part of the configuration about the sandbox: an exchange beside the real one, to rehearse in.

use super::file::Problems;
use crate::domain::limits::SCENARIO_BYTES_MAX;
use crate::simulator::{CARRIED, Scenario, ScenarioFile};
use serde::Deserialize;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The port of the sandbox, beside that of the exchange.
const PORT: u16 = 8444;
/// The scenario of a sandbox without made-up customs.
const NONE: &str = "none";

/// The sandbox as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxFile {
    /// Whether there is one. Default false; `--sandbox` says true.
    #[serde(default)]
    pub enabled: bool,
    /// Its address and port. Default: the address of the exchange, port 8444; a free port if the exchange takes one.
    pub listen: Option<String>,
    /// Its folder: a ledger, a state and keys of its own. Default `sandbox` in the data folder.
    pub data: Option<PathBuf>,
    /// `"never"` (the default) or `"daily"`: everything in it is forgotten at midnight in China.
    pub reset: Option<String>,
    /// What its customs answers: a carried scenario (`"calm"`, the default, `"festival"`, `"trouble"`, `"strict"`), a
    /// file, or `"none"` for no made-up customs.
    pub scenario: Option<String>,
}

/// When a sandbox forgets everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reset {
    /// Never.
    #[default]
    Never,
    /// At midnight in China.
    Daily,
}

/// A sandbox to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its folder.
    pub data: PathBuf,
    /// When it forgets everything.
    pub reset: Reset,
    /// What its customs answers; `None`: nobody does.
    pub scenario: Option<Scenario>,
}

/// What the check needs to know of the exchange.
pub(super) struct Beside<'a> {
    /// Folder that relative paths start at.
    pub(super) folder: &'a Path,
    /// Data folder of the exchange.
    pub(super) data: &'a Path,
    /// Where the exchange listens.
    pub(super) listen: SocketAddr,
    /// Where metrics listen.
    pub(super) metrics_listen: Option<SocketAddr>,
    /// True if a flag asks for the sandbox.
    pub(super) asked: bool,
}

impl SandboxFile {
    /// Proves the part, whether it is enabled or not.
    pub(super) fn check(&self, beside: &Beside<'_>, problems: &mut Problems) -> Option<Sandbox> {
        let port = if beside.listen.port() == 0 { 0 } else { PORT };
        let default = SocketAddr::new(beside.listen.ip(), port);
        let listen = problems.address("sandbox.listen", self.listen.as_deref()).unwrap_or(default);
        let enabled = self.enabled || beside.asked;
        let taken = [Some(beside.listen), beside.metrics_listen].into_iter().flatten();
        if enabled && listen.port() != 0 && taken.into_iter().any(|other| other == listen) {
            problems.add("sandbox.listen", format!("{listen} is taken by the exchange itself"));
        }
        let data = self.data.as_ref().map_or_else(|| beside.data.join("sandbox"), |data| beside.folder.join(data));
        if overlaps(&data, beside.data) {
            problems.add("sandbox.data", "is a folder of the exchange itself: the sandbox needs one of its own");
        }
        let reset = match self.reset.as_deref() {
            None | Some("never") => Reset::Never,
            Some("daily") => Reset::Daily,
            Some(other) => {
                problems.add("sandbox.reset", format!("{other:?} is neither \"never\" nor \"daily\""));
                Reset::Never
            }
        };
        let name = self.scenario.as_deref().unwrap_or("calm");
        let scenario = scenario(name, beside.folder, problems);
        enabled.then_some(Sandbox { listen, data, reset, scenario })
    }
}

/// True if the folder is that of the exchange, holds it, or lies in what the exchange keeps there.
fn overlaps(sandbox: &Path, data: &Path) -> bool {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (sandbox, data) = (whole(sandbox), whole(data));
    data.starts_with(&sandbox)
        || ["ledger", "state", "keys", "dev"].iter().any(|own| sandbox.starts_with(data.join(own)))
}

fn scenario(name: &str, folder: &Path, problems: &mut Problems) -> Option<Scenario> {
    const KEY: &str = "sandbox.scenario";
    if name == NONE {
        return None;
    }
    let text = match Scenario::carried(name) {
        Some(text) => text.to_owned(),
        None => match read(&folder.join(name)) {
            Ok(text) => text,
            Err(error) => {
                let names = CARRIED.map(|(name, _)| name).join(", ");
                problems.add(KEY, format!("{name:?} is none of {names} and {NONE}, and no file: {error}"));
                return None;
            }
        },
    };
    match ScenarioFile::parse(&text).map(|file| file.check()) {
        Ok(Ok(scenario)) => Some(scenario),
        Ok(Err(wrong)) => {
            for problem in wrong {
                problems.add(format!("{KEY}.{}", problem.key), problem.what);
            }
            None
        }
        Err(problem) => {
            problems.add(KEY, problem);
            None
        }
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let bytes = std::fs::File::open(path)?.take(SCENARIO_BYTES_MAX + 1).read_to_string(&mut text)?;
    if u64::try_from(bytes).is_ok_and(|bytes| bytes <= SCENARIO_BYTES_MAX) {
        return Ok(text);
    }
    Err(std::io::Error::other(format!("more than {SCENARIO_BYTES_MAX} bytes")))
}
