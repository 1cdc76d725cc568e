//! A disk that fails as disks do, for crash tests: keeps apart what was written and what is stored.
//!
//! Every operation that changes something is numbered from 1. At operation n the machine can crash:
//! from there on everything fails, and [`SimDisk::after_crash`] tells what the next start finds. All is
//! decided by seeds, so a run can be repeated.
//!
//! Harsher than a journaling file system where those differ: names are stored by folder syncs only, in
//! no order among themselves, and bytes of a torn write may be noise.

use super::fs::{File, Fs, Lock};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes that a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// What goes wrong. Operations, syncs and writes are counted from 1 since the disk was made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// The machine crashes in this operation.
    pub crash_at: Option<u64>,
    /// This sync, of a file or the folder, fails once; what it should have stored is dropped from what
    /// later syncs store, as Linux does.
    pub fail_sync: Option<u64>,
    /// The disk is full from this write (or creation) on, until [`SimDisk::set_faults`]. Half of the
    /// first write that fails gets through.
    pub full_from_write: Option<u64>,
}

/// What a crash does to writes that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// All are lost.
    All,
    /// None is lost.
    Nothing,
    /// Of each sector, file size and name it is decided by chance; lost sectors may read as noise.
    Torn(
        /// Seed.
        u64,
    ),
}

/// The disk: one folder. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    faults: Faults,
    operations: u64,
    syncs: u64,
    writes: u64,
    crashed: bool,
    next_inode: u64,
    names: BTreeMap<String, u64>,
    stored_names: BTreeMap<String, u64>,
    name_changes: Vec<(String, Option<u64>)>,
    inodes: HashMap<u64, Inode>,
    lock: Arc<AtomicBool>,
}

#[derive(Default, Clone)]
struct Inode {
    live: Vec<u8>,
    stored: Vec<u8>,
    changes: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Size(usize),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Change::Write { offset, bytes } => put(to, *offset, bytes),
            Change::Size(size) => to.resize(*size, 0),
        }
    }
}

fn put(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    if let Some(to) = to.get_mut(offset..end) {
        to.copy_from_slice(bytes);
    }
}

/// A small generator (splitmix64): enough to choose what is lost.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn one_in(&mut self, of: u64) -> bool {
        self.next().checked_rem(of) == Some(0)
    }
}

impl SimDisk {
    /// An empty disk on which nothing goes wrong.
    #[must_use]
    pub fn new() -> SimDisk {
        SimDisk::default()
    }

    /// Says what goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.state.lock().faults = faults;
    }

    /// Operations so far.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state.lock().operations
    }

    /// Syncs so far.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.state.lock().syncs
    }

    /// Writes and creations so far.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.state.lock().writes
    }

    /// What is in a file now.
    #[must_use]
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state.lock();
        Some(state.inodes.get(state.names.get(name)?)?.live.clone())
    }

    /// Puts a file there, stored.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut state = self.state.lock();
        let inode = state.new_inode();
        state.inodes.insert(inode, Inode { live: bytes.to_vec(), stored: bytes.to_vec(), changes: Vec::new() });
        state.names.insert(name.into(), inode);
        state.stored_names.insert(name.into(), inode);
    }

    /// The disk as the next start finds it if the machine stops now. This one is not changed.
    #[must_use]
    pub fn after_crash(&self, loss: Loss) -> SimDisk {
        let state = self.state.lock();
        let mut chance = match loss {
            Loss::All | Loss::Nothing => Chance(0),
            Loss::Torn(seed) => Chance(seed),
        };
        let names = match loss {
            Loss::All => state.stored_names.clone(),
            Loss::Nothing => state.names.clone(),
            Loss::Torn(_) => state.torn_names(&mut chance),
        };
        let disk = SimDisk::new();
        for (name, inode) in &names {
            let Some(inode) = state.inodes.get(inode) else { continue };
            let bytes = match loss {
                Loss::All => inode.stored.clone(),
                Loss::Nothing => inode.live.clone(),
                Loss::Torn(_) => inode.torn(&mut chance),
            };
            disk.put(name, &bytes);
        }
        disk
    }
}

impl State {
    fn new_inode(&mut self) -> u64 {
        self.next_inode += 1;
        self.next_inode
    }

    /// Counts an operation. True: it is the one in which the machine crashes.
    fn begin(&mut self) -> io::Result<bool> {
        if self.crashed {
            return Err(io::Error::other("the machine has crashed"));
        }
        self.operations += 1;
        self.crashed = self.faults.crash_at == Some(self.operations);
        Ok(self.crashed)
    }

    fn end(&self) -> io::Result<()> {
        if self.crashed { Err(io::Error::other("the machine crashed here")) } else { Ok(()) }
    }

    /// Counts a write. True: the disk is full; `first` if only now.
    fn is_full(&mut self) -> (bool, bool) {
        self.writes += 1;
        let from = self.faults.full_from_write.unwrap_or(u64::MAX);
        (self.writes >= from, self.writes == from)
    }

    /// Counts a sync. True: it fails.
    fn sync_fails(&mut self) -> bool {
        self.syncs += 1;
        self.faults.fail_sync == Some(self.syncs)
    }

    fn torn_names(&self, chance: &mut Chance) -> BTreeMap<String, u64> {
        let mut names = self.stored_names.clone();
        for (name, change) in &self.name_changes {
            match change {
                _ if chance.one_in(2) => {}
                Some(inode) => {
                    names.insert(name.clone(), *inode);
                }
                None => {
                    names.remove(name);
                }
            }
        }
        names
    }

    fn inode(&mut self, inode: u64) -> io::Result<&mut Inode> {
        self.inodes.get_mut(&inode).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

impl Inode {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.changes.push(change);
    }

    fn torn(&self, chance: &mut Chance) -> Vec<u8> {
        let mut torn = self.stored.clone();
        for change in &self.changes {
            match change {
                Change::Size(_) => {
                    if chance.one_in(2) {
                        change.apply(&mut torn);
                    }
                }
                Change::Write { offset, bytes } => {
                    if chance.one_in(2) && torn.len() < offset + bytes.len() {
                        torn.resize(offset + bytes.len(), 0);
                    }
                    let mut at = *offset;
                    let mut rest = bytes.as_slice();
                    while !rest.is_empty() {
                        // Sectors are those of the file, not of the write.
                        let length = (SECTOR_BYTES - at % SECTOR_BYTES).min(rest.len());
                        let (sector, behind) = rest.split_at(length);
                        if chance.one_in(2) {
                            put(&mut torn, at, sector);
                        } else if self.stored.len() <= at && chance.one_in(4) {
                            let noise: Vec<u8> = sector.iter().map(|_| chance.next().to_le_bytes()[0]).collect();
                            put(&mut torn, at, &noise);
                        }
                        at += length;
                        rest = behind;
                    }
                }
            }
        }
        torn
    }
}

impl Fs for SimDisk {
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let mut state = self.state.lock();
        state.begin()?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if state.is_full().0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let inode = state.new_inode();
        state.inodes.insert(inode, Inode::default());
        state.names.insert(name.into(), inode);
        state.name_changes.push((name.into(), Some(inode)));
        state.end()?;
        Ok(Arc::new(SimFile { state: Arc::clone(&self.state), inode }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let state = self.state.lock();
        state.end()?;
        let inode = *state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(SimFile { state: Arc::clone(&self.state), inode }))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let state = self.state.lock();
        state.end()?;
        Ok(state.names.keys().cloned().collect())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state.lock();
        state.begin()?;
        state.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        state.name_changes.push((name.into(), None));
        state.end()
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        if state.begin()? {
            return state.end();
        }
        if state.sync_fails() {
            state.name_changes.clear();
            return Err(io::Error::other("the folder cannot be synced"));
        }
        for (name, change) in std::mem::take(&mut state.name_changes) {
            match change {
                Some(inode) => state.stored_names.insert(name, inode),
                None => state.stored_names.remove(&name),
            };
        }
        Ok(())
    }

    fn lock(&self) -> io::Result<Lock> {
        let lock = Arc::clone(&self.state.lock().lock);
        if lock.swap(true, Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, "the disk is in use"));
        }
        Ok(Lock::new(Locked(lock)))
    }
}

struct Locked(Arc<AtomicBool>);

impl Drop for Locked {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

struct SimFile {
    state: Arc<Mutex<State>>,
    inode: u64,
}

fn place(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

impl File for SimFile {
    fn size(&self) -> io::Result<u64> {
        let mut state = self.state.lock();
        state.end()?;
        Ok(state.inode(self.inode)?.live.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state.lock();
        state.end()?;
        let live = &state.inode(self.inode)?.live;
        let from = live.get(place(offset)?..).unwrap_or_default();
        let length = from.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), from.get(..length)) {
            to.copy_from_slice(from);
        }
        Ok(length)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.begin()?;
        let offset = place(offset)?;
        let (full, first) = state.is_full();
        let bytes = match (full, first) {
            (false, _) => bytes,
            (true, true) => bytes.get(..bytes.len() / 2).unwrap_or_default(),
            (true, false) => &[],
        };
        state.inode(self.inode)?.change(Change::Write { offset, bytes: bytes.to_vec() });
        if full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.end()
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.begin()?;
        let size = place(size)?;
        state.inode(self.inode)?.change(Change::Size(size));
        state.end()
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        if state.begin()? {
            return state.end();
        }
        if state.sync_fails() {
            state.inode(self.inode)?.changes.clear();
            return Err(io::Error::other("the file cannot be synced"));
        }
        let inode = state.inode(self.inode)?;
        for change in std::mem::take(&mut inode.changes) {
            change.apply(&mut inode.stored);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_synced_is_lost() {
        let disk = SimDisk::new();
        let file = disk.create("a").unwrap();
        file.write_at(b"one", 0).unwrap();
        assert_eq!(disk.after_crash(Loss::All).contents("a"), None, "the name was not synced");
        disk.sync_dir().unwrap();
        assert_eq!(disk.after_crash(Loss::All).contents("a").unwrap(), b"");
        file.sync().unwrap();
        file.write_at(b"two", 3).unwrap();
        assert_eq!(disk.after_crash(Loss::All).contents("a").unwrap(), b"one");
        assert_eq!(disk.after_crash(Loss::Nothing).contents("a").unwrap(), b"onetwo");
    }

    #[test]
    fn a_sync_after_a_failed_one_does_not_bring_the_bytes_back() {
        let disk = SimDisk::new();
        let file = disk.create("a").unwrap();
        disk.sync_dir().unwrap();
        disk.set_faults(Faults { fail_sync: Some(2), ..Faults::default() });
        file.write_at(b"one", 0).unwrap();
        assert!(file.sync().is_err());
        file.sync().unwrap();
        assert_eq!(disk.contents("a").unwrap(), b"one", "memory still shows it");
        assert_eq!(disk.after_crash(Loss::All).contents("a").unwrap(), b"");
    }

    #[test]
    fn torn_writes_lose_whole_sectors_and_the_seed_decides_which() {
        let disk = SimDisk::new();
        let file = disk.create("a").unwrap();
        file.write_at(&[0; 8 * SECTOR_BYTES], 0).unwrap();
        file.sync().unwrap();
        disk.sync_dir().unwrap();
        file.write_at(&[1; 8 * SECTOR_BYTES], 0).unwrap();
        let torn = |seed| disk.after_crash(Loss::Torn(seed)).contents("a").unwrap();
        assert_eq!(torn(3), torn(3));
        assert!((0..20).any(|seed| torn(seed) != torn(seed + 1)));
        for sector in torn(3).chunks(SECTOR_BYTES) {
            assert!(sector.iter().all(|byte| *byte == sector[0]));
        }
    }
}
