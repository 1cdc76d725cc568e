//! Opening: what is on disk, what of it is kept, and that all of it is on stable storage.
//!
//! Group n+1 is written only after group n is synced. So:
//!
//! - a bad group with a good one behind it is damage: the ledger refuses to start;
//! - a bad group with nothing good behind it is the torn end of an unacknowledged write: it is cut;
//! - only the last group can be unsynced. A failed sync may have left it in memory alone, marked as
//!   written, so it is written once more before the sync that the opening relies on;
//! - a newest file without any group may have a name that was never stored: it is made anew.

use super::Config;
use super::format::{
    Chain, FILE_BYTES, FileHeader, GROUP_BYTES, GroupHeader, Identity, NotHeader, file_name, parse_file_name,
};
use super::index::Segment;
use super::scan::{Depth, Scan, find_group, scan};
use crate::ledger::Error;
use crate::ledger::fs::{File, Fs};
use std::sync::Arc;

const NEWER: &str = "the file was written by a newer program";

/// What opening found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opening {
    /// True if there was no ledger and one was made.
    pub created: bool,
    /// Segment files.
    pub segments: u64,
    /// Groups in them.
    pub groups: u64,
    /// Records in them.
    pub records: u64,
    /// Bytes of an unacknowledged write that were cut off the end.
    pub torn_bytes: u64,
    /// True if a segment file without any group was removed.
    pub removed_segment: bool,
}

/// A ledger that is ready to be appended to.
pub(super) struct Opened {
    pub(super) opening: Opening,
    pub(super) identity: Identity,
    pub(super) segments: Vec<Segment>,
    pub(super) chain: Chain,
    /// The newest segment.
    pub(super) file: Arc<dyn File>,
    pub(super) first: u64,
    pub(super) mark: u64,
    /// Bytes in it.
    pub(super) end: u64,
}

pub(super) fn failed(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.into();
    move |source| Error::Io { what, source: Arc::new(source) }
}

pub(super) fn damaged(first: u64, offset: u64, reason: impl Into<String>) -> Error {
    Error::Damaged { file: file_name(first), offset, reason: reason.into() }
}

/// Opens the ledger in `fs`, or makes one.
pub(super) fn open(fs: &dyn Fs, config: &Config) -> Result<Opened, Error> {
    let mut opening = Opening::default();
    let mut names = segment_names(fs)?;
    let mut identity = None;
    if let Some(newest) = names.last()
        && let Some(header) = begun(fs, *newest)?
    {
        identity = header.map(|header| header.identity);
        fs.remove(&file_name(*newest)).map_err(failed("removing a segment that had only been begun"))?;
        fs.sync_dir().map_err(failed("syncing the ledger's folder"))?;
        opening.removed_segment = true;
        names.pop();
    }
    if names.is_empty() {
        opening.created = true;
        opening.segments = 1;
        return create(fs, config, opening, identity);
    }
    let mut walk = Walk::default();
    let count = names.len();
    for (at, first) in names.into_iter().enumerate() {
        // The last two: the newest may have no group yet.
        let depth = if at + 2 >= count { Depth::Records } else { Depth::Headers };
        walk.segment(fs, first, depth, if at + 1 == count { End::Torn } else { End::Whole })?;
    }
    let Some((header, file)) = walk.newest else {
        return Err(Error::Closed);
    };
    opening.segments = walk.segments.len() as u64;
    opening.groups = walk.segments.iter().map(|segment| segment.slots.len() as u64).sum();
    opening.records = walk.records;
    opening.torn_bytes = walk.torn_bytes;
    settle(fs, &*file, &header, walk.segments.last(), walk.end)?;
    Ok(Opened {
        opening,
        identity: header.identity,
        segments: walk.segments,
        chain: walk.chain,
        file,
        first: header.chain.next,
        mark: header.mark,
        end: walk.end,
    })
}

/// First positions of the segments, in order.
pub(super) fn segment_names(fs: &dyn Fs) -> Result<Vec<u64>, Error> {
    let mut firsts = Vec::new();
    for name in fs.list().map_err(failed("listing the ledger's folder"))? {
        match parse_file_name(&name) {
            Some(first) => firsts.push(first),
            None if name.ends_with(".seg") => {
                return Err(Error::Damaged { file: name, offset: 0, reason: "this is no segment's name".into() });
            }
            None => {}
        }
    }
    firsts.sort_unstable();
    Ok(firsts)
}

/// `Some` if the file never got past its header, with that header if it is whole: no group was ever
/// written to it.
pub(super) fn begun(fs: &dyn Fs, first: u64) -> Result<Option<Option<FileHeader>>, Error> {
    let name = file_name(first);
    let file = fs.open(&name).map_err(failed(format!("opening {name}")))?;
    let size = file.size().map_err(failed(format!("reading {name}")))?;
    if size > FILE_BYTES as u64 {
        return Ok(None);
    }
    let mut head = [0; FILE_BYTES];
    let read = file.read_at(&mut head, 0).map_err(failed(format!("reading {name}")))?;
    match FileHeader::parse(head.get(..read).unwrap_or_default()) {
        Ok(header) => Ok(Some(Some(header))),
        Err(NotHeader::Broken) => Ok(Some(None)),
        Err(NotHeader::Newer) => Err(damaged(first, 0, NEWER)),
    }
}

fn create(fs: &dyn Fs, config: &Config, opening: Opening, identity: Option<Identity>) -> Result<Opened, Error> {
    let mut id = [0; 16];
    let mut mark = [0; 8];
    (config.random)(&mut id).and_then(|()| (config.random)(&mut mark)).map_err(failed("making random bytes"))?;
    let identity = identity.unwrap_or(Identity { id, epoch: 1 });
    let mark = u64::from_le_bytes(mark);
    let header = FileHeader { identity, chain: Chain::START, mark };
    let first = header.chain.next;
    let file = fs.create(&file_name(first)).map_err(failed("creating the first segment"))?;
    file.write_at(&header.encode(), 0).map_err(failed("writing the first segment"))?;
    file.sync().map_err(failed("syncing the first segment"))?;
    fs.sync_dir().map_err(failed("syncing the ledger's folder"))?;
    let segments = vec![Segment { first, mark, slots: Vec::new(), end: FILE_BYTES as u64 }];
    Ok(Opened { opening, identity, segments, chain: Chain::START, file, first, mark, end: FILE_BYTES as u64 })
}

/// Where a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With the file; every group must be good.
    Whole,
    /// With the file; the last write may be torn.
    Torn,
    /// At this byte: what is behind it may be being written.
    At(u64),
}

/// A walk over all segments in order.
pub(super) struct Walk {
    pub(super) segments: Vec<Segment>,
    pub(super) records: u64,
    pub(super) chain: Chain,
    pub(super) newest: Option<(FileHeader, Arc<dyn File>)>,
    /// Bytes of the newest that are good.
    pub(super) end: u64,
    pub(super) torn_bytes: u64,
}

impl Default for Walk {
    fn default() -> Walk {
        Walk { segments: Vec::new(), records: 0, chain: Chain::START, newest: None, end: 0, torn_bytes: 0 }
    }
}

impl Walk {
    /// Checks the segment that begins at `first` and that it follows the ones before.
    pub(super) fn segment(&mut self, fs: &dyn Fs, first: u64, depth: Depth, until: End) -> Result<(), Error> {
        let name = file_name(first);
        let reading = || failed(format!("reading {name}"));
        let file = fs.open(&name).map_err(reading())?;
        let size = match until {
            End::Whole | End::Torn => file.size().map_err(reading())?,
            End::At(end) => end,
        };
        let header = self.header(&*file, first)?;
        let Scan { slots, records, end, chain, bad } =
            scan(&*file, header.mark, self.chain, size, depth).map_err(reading())?;
        if let Some(bad) = bad {
            let Some(resume) = bad.resume.filter(|_| until == End::Torn) else {
                return Err(damaged(first, bad.offset, bad.reason));
            };
            if let Some(later) = find_group(&*file, header.mark, resume).map_err(reading())? {
                let reason = format!("{}, but a later group follows at byte {later}", bad.reason);
                return Err(damaged(first, bad.offset, reason));
            }
            self.torn_bytes = size.saturating_sub(end);
        }
        self.segments.push(Segment { first, mark: header.mark, slots, end });
        self.records += records;
        self.chain = chain;
        self.end = end;
        self.newest = Some((header, file));
        Ok(())
    }

    fn header(&self, file: &dyn File, first: u64) -> Result<FileHeader, Error> {
        let mut head = [0; FILE_BYTES];
        let read = file.read_at(&mut head, 0).map_err(failed(format!("reading {}", file_name(first))))?;
        let header = FileHeader::parse(head.get(..read).unwrap_or_default()).map_err(|why| {
            let reason = match why {
                NotHeader::Broken => "the file header does not check",
                NotHeader::Newer => NEWER,
            };
            damaged(first, 0, reason)
        })?;
        if header.chain.next != first {
            return Err(damaged(first, 0, "the file has another segment's name"));
        }
        if let Some((before, _)) = &self.newest
            && before.identity != header.identity
        {
            return Err(damaged(first, 0, "the file belongs to another ledger"));
        }
        if header.chain.next != self.chain.next {
            return Err(damaged(first, 0, format!("entries from {} on are missing before this file", self.chain.next)));
        }
        if header.chain != self.chain {
            return Err(damaged(first, 0, "the file does not follow the one before it"));
        }
        Ok(header)
    }
}

/// Writes the last group (or the header of a file without one) again, cuts what is behind it, and syncs.
fn settle(fs: &dyn Fs, file: &dyn File, header: &FileHeader, newest: Option<&Segment>, end: u64) -> Result<(), Error> {
    let name = file_name(header.chain.next);
    let doing = |what: &str| failed(format!("{what} {name}"));
    match newest.and_then(|segment| segment.slots.last()) {
        Some(last) => {
            let length = usize::try_from(end.saturating_sub(last.offset)).unwrap_or(usize::MAX);
            let mut group = vec![0; length];
            let read = file.read_at(&mut group, last.offset).map_err(doing("reading"))?;
            let head = group.get(..GROUP_BYTES).unwrap_or_default();
            if read != length || GroupHeader::parse(head, header.mark).is_err() {
                return Err(damaged(header.chain.next, last.offset, "the file changed while it was opened"));
            }
            file.write_at(&group, last.offset).map_err(doing("rewriting the end of"))?;
        }
        None => file.write_at(&header.encode(), 0).map_err(doing("rewriting the header of"))?,
    }
    file.truncate(end).map_err(doing("cutting"))?;
    file.sync().map_err(doing("syncing"))?;
    fs.sync_dir().map_err(failed("syncing the ledger's folder"))
}
