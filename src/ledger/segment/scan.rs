//! Walks the groups of a segment file and tells where they stop being good.

use super::format::{Chain, FILE_BYTES, GROUP_BYTES, GROUP_MAGIC, GroupHeader, NotHeader, hash};
use super::index::Slot;
use crate::domain::{Position, Timestamp};
use crate::ledger::fs::File;
use crate::ledger::record::{self, FRAME_BYTES};
use std::io;

/// Bytes read at a time where the next ones will be wanted too.
const AHEAD_BYTES: usize = 256 * 1024;
/// Groups smaller than this are scanned by reading through, larger ones by jumping.
const JUMP_BYTES: u64 = 32 * 1024;

/// A piece of a file in memory.
#[derive(Default)]
pub(super) struct Window {
    buffer: Vec<u8>,
    start: u64,
    filled: usize,
}

impl Window {
    /// `length` bytes at `offset`, fewer at the end of the file. Reads `ahead` bytes if it has to read.
    pub(super) fn get(&mut self, file: &dyn File, offset: u64, length: usize, ahead: usize) -> io::Result<&[u8]> {
        if self.held(offset, length).is_none() {
            let wanted = length.max(ahead);
            if self.buffer.len() < wanted {
                self.buffer = vec![0; wanted];
            }
            self.filled = 0;
            let buffer = self.buffer.get_mut(..wanted).unwrap_or_default();
            self.filled = file.read_at(buffer, offset)?;
            self.start = offset;
        }
        let available = length.min(self.filled);
        Ok(self.held(offset, length).or_else(|| self.buffer.get(..available)).unwrap_or_default())
    }

    fn held(&self, offset: u64, length: usize) -> Option<&[u8]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.buffer.get(..self.filled)?.get(from..from.checked_add(length)?)
    }
}

/// How closely groups are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Headers, chain and sizes.
    Headers,
    /// Also every byte of every record.
    Records,
}

/// A group that is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bad {
    /// Byte where the damaged piece begins.
    pub(super) offset: u64,
    pub(super) reason: &'static str,
    /// Where another group could begin; `None` if the group is whole and yet does not belong here,
    /// which no torn write explains.
    pub(super) resume: Option<u64>,
}

/// What a walk found.
#[derive(Debug)]
pub(super) struct Scan {
    /// The good groups.
    pub(super) slots: Vec<Slot>,
    pub(super) records: u64,
    /// Where the first one that is not good begins, or the file ends.
    pub(super) end: u64,
    pub(super) chain: Chain,
    pub(super) bad: Option<Bad>,
}

/// Walks the groups of `file` from its header up to byte `until`.
pub(super) fn scan(file: &dyn File, mark: u64, chain: Chain, until: u64, depth: Depth) -> io::Result<Scan> {
    let mut found = Scan { slots: Vec::new(), records: 0, end: FILE_BYTES as u64, chain, bad: None };
    let mut window = Window::default();
    let mut ahead = AHEAD_BYTES;
    while found.end < until {
        let offset = found.end;
        let head = window.get(file, offset, GROUP_BYTES, ahead)?;
        let header = match check_header(head, mark, &found.chain, offset, until) {
            Ok(header) => header,
            Err(bad) => {
                found.bad = Some(bad);
                break;
            }
        };
        if depth == Depth::Records {
            let start = offset + GROUP_BYTES as u64;
            let length = usize::try_from(header.records_bytes).unwrap_or(usize::MAX);
            let records = window.get(file, start, length, AHEAD_BYTES)?;
            if let Err((at, reason)) = check_records(&header, found.chain.time, records) {
                found.bad = Some(Bad { offset: start + at, reason, resume: Some(start) });
                break;
            }
        }
        found.slots.push(Slot { first: header.first, offset });
        found.records += u64::from(header.records);
        found.chain = header.chain();
        found.end = offset + header.group_bytes();
        let jumps = depth == Depth::Headers && header.group_bytes() > JUMP_BYTES;
        ahead = if jumps { GROUP_BYTES } else { AHEAD_BYTES };
    }
    Ok(found)
}

fn check_header(head: &[u8], mark: u64, chain: &Chain, offset: u64, until: u64) -> Result<GroupHeader, Bad> {
    let alien = |reason| Bad { offset, reason, resume: None };
    let header = GroupHeader::parse(head, mark).map_err(|why| match why {
        NotHeader::Broken => Bad { offset, reason: "no group begins here", resume: Some(offset + 1) },
        NotHeader::Newer => alien("the group was written by a newer program"),
    })?;
    if header.first != chain.next {
        return Err(alien("the group begins at another position"));
    }
    if header.previous != chain.hash {
        return Err(alien("the group does not follow the one before it"));
    }
    if header.records == 0 || header.time < chain.time {
        return Err(alien("the group's header contradicts itself"));
    }
    if header.group_bytes() > until.saturating_sub(offset) {
        return Err(Bad { offset, reason: "the group is cut", resume: Some(offset + GROUP_BYTES as u64) });
    }
    Ok(header)
}

/// Checks every record of a group; an error names the byte among the records.
fn check_records(header: &GroupHeader, mut time: Timestamp, records: &[u8]) -> Result<(), (u64, &'static str)> {
    let total = records.len();
    let mut rest = records;
    for ordinal in 0..header.records {
        let at = (total - rest.len()) as u64;
        let frame = record::parse_frame(rest).map_err(|reason| (at, reason))?;
        let length = usize::try_from(frame.body_bytes).unwrap_or(usize::MAX);
        let body = rest.get(FRAME_BYTES..).and_then(|behind| behind.split_at_checked(length));
        let (body, behind) = body.ok_or((at, "the record is cut"))?;
        if !record::checks(&frame, body) {
            return Err((at, "the record does not check"));
        }
        if frame.position != Position(header.first.saturating_add(u64::from(ordinal))) || frame.time < time {
            return Err((at, "the record is out of order"));
        }
        time = frame.time;
        rest = behind;
    }
    if !rest.is_empty() || time != header.time {
        return Err((0, "the records are not those of the group's header"));
    }
    if hash(records) != header.records_hash {
        return Err((0, "the records do not have the group's hash"));
    }
    Ok(())
}

/// Looks for a group of the file with `mark` at or behind `from`, at any byte.
pub(super) fn find_group(file: &dyn File, mark: u64, from: u64) -> io::Result<Option<u64>> {
    let mut offset = from;
    let mut window = vec![0; AHEAD_BYTES];
    loop {
        let read = file.read_at(&mut window, offset)?;
        let bytes = window.get(..read).unwrap_or_default();
        for (at, start) in bytes.windows(GROUP_MAGIC.len()).enumerate() {
            if start == GROUP_MAGIC {
                let head = bytes.get(at..).unwrap_or_default();
                // A header across the window's end is seen whole in the next one.
                if !matches!(GroupHeader::parse(head, mark), Err(NotHeader::Broken)) {
                    return Ok(Some(offset + at as u64));
                }
            }
        }
        if read < window.len() {
            return Ok(None);
        }
        offset += (read - (GROUP_BYTES - 1)) as u64;
    }
}
