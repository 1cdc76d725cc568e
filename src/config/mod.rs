//! The configuration: proven types, made only by [`FileConfig::check`].

mod file;
mod sandbox;
mod signatures;

pub use file::{FileConfig, read};
pub use sandbox::{Reset, Sandbox, SandboxFile};

use crate::domain::Party;
use crate::transport::tls::Files;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the exchange listens.
    pub listen: SocketAddr,
    /// Where metrics and probes listen; `None` for nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Where the public trace page listens, without certificates; `None` for nowhere.
    pub public_listen: Option<SocketAddr>,
    /// Folder of the ledger and the state.
    pub data: PathBuf,
    /// Whose certificates.
    pub identity: Identity,
    /// Whether the reflection service is there.
    pub reflection: bool,
    /// How signatures in messages are treated.
    pub signatures: crate::signature::Settings,
    /// Where entries are kept.
    pub ledger: LedgerKind,
    /// How much one party may send.
    pub rate: Rate,
    /// Persons whose identities are verified, for rehearsals; `None`: nobody can be asked.
    pub identity_file: Option<PathBuf>,
    /// Folder of further schema editions.
    pub schemas: Option<PathBuf>,
    /// Schema edition to put in force; `None` leaves the one that is.
    pub edition: Option<String>,
    /// Newest logic to put in force; `None` for that of the program. An older one lets all nodes of a ledger be renewed
    /// before any of them judges by new rules.
    pub logic: Option<u32>,
    /// Parties filed at the first start.
    pub bootstrap_parties: Vec<Party>,
    /// A sandbox beside the exchange; `None` for none.
    pub sandbox: Option<Sandbox>,
}

/// Where the server's certificate and trust come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// From files of the operator.
    Files(Files),
    /// A CA, certificates and demo parties of our own making, in `<data>/dev`. For trying out only.
    Dev,
}

impl Identity {
    /// True for `--dev`.
    #[must_use]
    pub fn is_dev(&self) -> bool {
        match self {
            Identity::Dev => true,
            Identity::Files(_) => false,
        }
    }
}

/// Where entries are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerKind {
    /// Segment files under the data folder.
    Segments,
    /// In memory only: everything is lost at the stop. For trying out.
    Memory,
}

/// How much one party may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests and stream messages a second; as many may come at once.
    pub requests_per_second: NonZeroU32,
    /// Payload kilobytes a second; as many may come at once.
    pub kilobytes_per_second: NonZeroU32,
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Key in the file, for example `tls.key`.
    pub key: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.what)
    }
}

/// What was given on the command line; it wins over the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--dev`
    pub dev: bool,
    /// `--sandbox`
    pub sandbox: bool,
    /// `--logic`
    pub logic: Option<u32>,
}
