//! Opens what a node keeps on disk: ledger, state store, secrets. Beside [`crate::app`] the only place that
//! knows concrete backends.
//!
//! ```text
//! <data>/ledger/   segment files: the truth
//! <data>/state/    derived from the ledger; may be removed, it is rebuilt
//! <data>/keys/     personal.key, checkpoint.key, inspection.key: 32 bytes each, mode 0600; keep them with backups of the
//!                  ledger, but apart from them
//! ```

use crate::domain::limits::{SCHEMA_BYTES_MAX, SCHEMA_FILES_MAX};
use crate::domain::{Clock, SystemClock};
use crate::feed::LedgerId;
use crate::intake::{Checks, Edition, Node, Secrets};
use crate::ledger::fs::RealFs;
use crate::ledger::{Ledger, MemoryLedger, SegmentLedger, segment};
use crate::signature::Settings;
use crate::state::store::{Cells, Disk, DiskOptions, Memory, Store};
use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that a ledger in memory may hold.
const MEMORY_LEDGER_BYTES: usize = 1 << 30;

/// Why a node cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The ledger cannot be opened.
    #[error("the ledger in {folder}: {source}")]
    Ledger {
        /// Its folder.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: crate::ledger::Error,
    },
    /// The state store cannot be opened.
    #[error("the state in {folder}: {source}")]
    Store {
        /// Its folder.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: crate::state::store::Error,
    },
    /// A key file cannot be read or made.
    #[error("the key file {file}: {source}")]
    Key {
        /// The file.
        file: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A folder of schemas cannot be read.
    #[error("the schemas in {folder}: {source}")]
    Schemas {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Schemas have mistakes.
    #[error("the schemas in {folder}: {count} mistakes, the first is {first}")]
    Schema {
        /// The folder.
        folder: PathBuf,
        /// How many there are.
        count: usize,
        /// The first one.
        first: Box<crate::schema::Error>,
    },
    /// The ledger holds what this program cannot apply.
    #[error(transparent)]
    Apply(#[from] crate::intake::ApplyError),
}

/// Where a node keeps its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Segment files and a state store under the data folder.
    Segments,
    /// Memory: everything is lost at the stop.
    Memory,
}

/// Opens the backends and starts a node. Blocking, and needs a runtime.
///
/// # Errors
/// [`Error`] names the folder or file.
pub fn open(data: &Path, backend: Backend, schemas: Option<&Path>, signatures: Settings) -> Result<Node, Error> {
    open_by(data, backend, schemas, signatures, Arc::new(SystemClock))
}

/// The same with a clock that dates all entries.
///
/// # Errors
/// [`Error`] names the folder or file.
pub fn open_by(
    data: &Path,
    backend: Backend,
    schemas: Option<&Path>,
    signatures: Settings,
    clock: Arc<dyn Clock>,
) -> Result<Node, Error> {
    let editions = editions(schemas)?;
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get);
    let secrets = secrets(&data.join("keys"))?;
    let (ledger, id, store): (Arc<dyn Ledger>, LedgerId, Arc<dyn Store>) = match backend {
        Backend::Segments => {
            let folder = data.join("ledger");
            let fail = |source| Error::Ledger { folder: folder.clone(), source };
            let files = RealFs::new(&folder).map_err(|source| {
                fail(crate::ledger::Error::Io { what: "opening the folder".to_owned(), source: Arc::new(source) })
            })?;
            let ledger =
                SegmentLedger::open(Arc::new(files), clock.clone(), segment::Config::default()).map_err(fail)?;
            let identity = ledger.identity();
            let id = LedgerId { id: identity.id, epoch: identity.epoch };
            let folder = data.join("state");
            let store =
                Disk::open(&folder, DiskOptions::default()).map_err(|source| Error::Store { folder, source })?;
            (Arc::new(ledger), id, Arc::new(store))
        }
        Backend::Memory => {
            let ledger = MemoryLedger::new(clock.clone(), MEMORY_LEDGER_BYTES);
            (
                Arc::new(ledger),
                LedgerId { id: uuid::Uuid::new_v4().into_bytes(), epoch: 0 },
                Arc::new(Memory::default()),
            )
        }
    };
    let cells = Arc::new(Cells::new(store));
    Ok(Node::start(ledger, id, cells, Checks { editions, signatures }, &secrets, clock, cores)?)
}

/// The editions that the program carries, and those of a folder: one folder of schema files each, named as the edition,
/// which takes the place of a carried one of that name.
///
/// # Errors
/// [`Error::Schemas`] and [`Error::Schema`] name the folder.
pub fn editions(folder: Option<&Path>) -> Result<Vec<Edition>, Error> {
    let mut editions = Edition::all_carried();
    let Some(folder) = folder else { return Ok(editions) };
    let fail = |source| Error::Schemas { folder: folder.to_owned(), source };
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    for folder in found {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let files = schema_files(&folder).map_err(|source| Error::Schemas { folder: folder.clone(), source })?;
        let sets = crate::schema::compile_folder(&files);
        let sets = match sets {
            Ok(sets) => sets,
            Err(errors) => {
                let count = errors.len();
                let first = errors.into_iter().next().map(Box::new);
                let first = first.expect("schemas that do not compile have a mistake");
                return Err(Error::Schema { folder, count, first });
            }
        };
        if sets.is_empty() {
            continue;
        }
        let edition = Edition::new(&name, sets);
        match editions.iter_mut().find(|carried| carried.name == name) {
            Some(carried) => *carried = edition,
            None => editions.push(edition),
        }
    }
    Ok(editions)
}

/// The schema files and the catalogue of a folder, by name.
fn schema_files(folder: &Path) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !(name.to_lowercase().ends_with(".xsd") || name == crate::schema::CATALOGUE) {
            continue;
        }
        if files.len() >= SCHEMA_FILES_MAX {
            return Err(std::io::Error::other(format!("more than {SCHEMA_FILES_MAX} schema files")));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(entry.path())?.take(SCHEMA_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > SCHEMA_BYTES_MAX {
            return Err(std::io::Error::other(format!("{name} has more than {SCHEMA_BYTES_MAX} bytes")));
        }
        files.push((name, bytes));
    }
    files.sort();
    Ok(files)
}

/// Reads the node's secrets, or makes them at the first start.
fn secrets(folder: &Path) -> Result<Secrets, Error> {
    std::fs::create_dir_all(folder).map_err(|source| Error::Key { file: folder.to_owned(), source })?;
    let key = |name: &str| {
        let file = folder.join(name);
        key_file(&file).map_err(|source| Error::Key { file, source })
    };
    Ok(Secrets { personal: key("personal.key")?, signing: key("checkpoint.key")?, inspection: key("inspection.key")? })
}

/// The 32 bytes of a key file, made if it is not there.
fn key_file(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut key = [0; 32];
    match OpenOptions::new().read(true).open(path) {
        Ok(mut file) => file.read_exact(&mut key)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            aws_lc_rs::rand::fill(&mut key).map_err(|_| std::io::Error::other("no random bytes"))?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            // Written beside and renamed, so that a crash leaves a whole key or none.
            let begun = path.with_extension("new");
            // A file of that name is left from a start that did not end.
            match std::fs::remove_file(&begun) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            let mut file = options.open(&begun)?;
            file.write_all(&key)?;
            file.sync_all()?;
            std::fs::rename(&begun, path)?;
            if let Some(folder) = path.parent() {
                std::fs::File::open(folder)?.sync_all()?;
            }
        }
        Err(error) => return Err(error),
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_the_same_and_is_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("personal.key");
        let made = key_file(&file).expect("made");
        assert_eq!(key_file(&file).expect("read"), made);
        assert_ne!(made, [0; 32]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(file.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn half_a_key_is_refused_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("personal.key");
        std::fs::write(&file, [1; 16]).expect("written");
        assert!(key_file(&file).is_err());
    }
}
