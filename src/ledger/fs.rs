//! The little of a file system that the ledger needs, so that tests can put a failing one in its place.
//!
//! One folder, flat names. Nothing is buffered here: `write_at` hands the bytes to the system,
//! [`File::sync`] and [`Fs::sync_dir`] bring them to stable storage.

use std::any::Any;
use std::fs;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder of files.
pub trait Fs: Send + Sync + 'static {
    /// Creates a file that is not there yet, open for reading and writing. It may vanish in a crash
    /// until [`Fs::sync_dir`] returned.
    ///
    /// # Errors
    /// Those of the system; `AlreadyExists` if it is there.
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>>;

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// Those of the system.
    fn open(&self, name: &str) -> io::Result<Arc<dyn File>>;

    /// Names of all files, in no order.
    ///
    /// # Errors
    /// Those of the system.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Removes a file. It may come back in a crash until [`Fs::sync_dir`] returned.
    ///
    /// # Errors
    /// Those of the system.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Brings the creations and removals so far to stable storage.
    ///
    /// # Errors
    /// Those of the system. Afterwards nothing is known of what is stored.
    fn sync_dir(&self) -> io::Result<()>;

    /// Takes the folder for this owner until the lock is dropped.
    ///
    /// # Errors
    /// `ResourceBusy` if another owner has it.
    fn lock(&self) -> io::Result<Lock>;
}

/// An open file. Dropping it closes it.
pub trait File: Send + Sync {
    /// Bytes in the file.
    ///
    /// # Errors
    /// Those of the system.
    fn size(&self) -> io::Result<u64>;

    /// Reads into `buffer` from `offset` until it is full or the file ends; answers how much.
    ///
    /// # Errors
    /// Those of the system.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`. After an error any part of them may have been written.
    ///
    /// # Errors
    /// Those of the system; `StorageFull` if there is no room.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts the file to `size` bytes.
    ///
    /// # Errors
    /// Those of the system.
    fn truncate(&self, size: u64) -> io::Result<()>;

    /// Brings the bytes and the size to stable storage.
    ///
    /// # Errors
    /// Those of the system. Afterwards what was written since the last sync may be gone, and a second
    /// sync that succeeds proves nothing: the system may have dropped the bytes.
    fn sync(&self) -> io::Result<()>;
}

/// Held while a folder is in use; dropping it releases the folder.
pub struct Lock(#[expect(dead_code, reason = "held for its drop")] Box<dyn Any + Send + Sync>);

impl Lock {
    /// A lock that `held` releases when it is dropped.
    pub fn new(held: impl Any + Send + Sync) -> Lock {
        Lock(Box::new(held))
    }
}

/// A folder on this machine's disk.
#[derive(Debug, Clone)]
pub struct RealFs {
    dir: PathBuf,
}

/// Name of the file whose advisory lock keeps a second process out.
const LOCK_NAME: &str = "lock";

impl RealFs {
    /// The folder `dir`, made if it is not there.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new(dir: impl AsRef<Path>) -> io::Result<RealFs> {
        let dir = dir.as_ref().to_path_buf();
        if !dir.is_dir() {
            fs::create_dir_all(&dir)?;
            // A new folder is stored once the folder that names it is.
            if let Some(parent) = fs::canonicalize(&dir)?.parent() {
                fs::File::open(parent)?.sync_all()?;
            }
        }
        Ok(RealFs { dir })
    }
}

impl Fs for RealFs {
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let file = fs::File::options().read(true).write(true).create_new(true).open(self.dir.join(name))?;
        Ok(Arc::new(RealFile(file)))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let file = fs::File::options().read(true).write(true).open(self.dir.join(name))?;
        Ok(Arc::new(RealFile(file)))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            // A name that is no text is not one of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.dir.join(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        fs::File::open(&self.dir)?.sync_all()
    }

    fn lock(&self) -> io::Result<Lock> {
        let file = fs::File::options().write(true).create(true).truncate(false).open(self.dir.join(LOCK_NAME))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock::new(file)),
            Err(fs::TryLockError::WouldBlock) => {
                Err(io::Error::new(io::ErrorKind::ResourceBusy, "another process has this folder open"))
            }
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

struct RealFile(fs::File);

impl File for RealFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
            match self.0.read_at(rest, at) {
                Ok(0) => break,
                Ok(bytes) => done += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
