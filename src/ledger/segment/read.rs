//! Reading entries back from segment files.

use super::format::{GROUP_BYTES, GroupHeader, file_name};
use super::index::{Found, Index};
use super::recover::{damaged, failed};
use super::scan::Window;
use crate::domain::Position;
use crate::ledger::fs::File;
use crate::ledger::record::{self, FRAME_BYTES};
use crate::ledger::{Error, Stored};
use std::sync::Arc;

/// Least and most bytes that a read asks the disk for beyond what it must have.
const AHEAD_BYTES: std::ops::RangeInclusive<usize> = 16 * 1024..=1024 * 1024;

/// Entries that were collected so far.
struct Taken {
    entries: Vec<Arc<Stored>>,
    bytes: usize,
    bytes_max: usize,
}

impl Taken {
    /// Adds the entry if there is room for it, or none was taken yet. False: stop.
    fn take(&mut self, entry: Stored) -> bool {
        let bytes = self.bytes.saturating_add(entry.record.bytes());
        if bytes > self.bytes_max && !self.entries.is_empty() {
            return false;
        }
        self.bytes = bytes;
        self.entries.push(Arc::new(entry));
        true
    }
}

/// Entries after `after` up to `tail`, about `bytes_max` bytes of them, at least one.
pub(super) fn read(
    index: &Index,
    after: Position,
    tail: Position,
    bytes_max: usize,
) -> Result<Vec<Arc<Stored>>, Error> {
    let ahead = bytes_max.clamp(*AHEAD_BYTES.start(), *AHEAD_BYTES.end());
    let mut taken = Taken { entries: Vec::new(), bytes: 0, bytes_max };
    let mut next = after.next();
    let mut window = Window::default();
    let mut windowed = None;
    while next <= tail {
        let Some(found) = index.find(next.0) else {
            return Err(damaged(next.0, 0, "an entry of the index is missing"));
        };
        let file =
            index.file(found.segment_first).map_err(failed(format!("opening {}", file_name(found.segment_first))))?;
        if windowed != Some(found.segment_first) {
            window = Window::default();
            windowed = Some(found.segment_first);
        }
        match group(&*file, &mut window, ahead, &found, next, &mut taken)? {
            Some(behind) => next = behind,
            None => break,
        }
    }
    Ok(taken.entries)
}

/// Takes the records of one group from `next` on; answers the position behind the group, or `None` if
/// there was no more room.
fn group(
    file: &dyn File,
    window: &mut Window,
    ahead: usize,
    found: &Found,
    next: Position,
    taken: &mut Taken,
) -> Result<Option<Position>, Error> {
    let reading = || failed(format!("reading {}", file_name(found.segment_first)));
    let damaged = |offset: u64, reason: &str| damaged(found.segment_first, offset, reason);
    let start = found.slot.offset;
    let head = window.get(file, start, GROUP_BYTES, ahead).map_err(reading())?;
    let header =
        GroupHeader::parse(head, found.mark).map_err(|_| damaged(start, "the group's header does not check"))?;
    let behind = header.first.saturating_add(u64::from(header.records));
    if header.first != found.slot.first || next.0 >= behind {
        return Err(damaged(start, "another group is here"));
    }
    let mut offset = start + GROUP_BYTES as u64;
    let end = start + header.group_bytes();
    for position in (header.first..behind).map(Position) {
        let bytes = window.get(file, offset, FRAME_BYTES, ahead).map_err(reading())?;
        let frame = record::parse_frame(bytes).map_err(|reason| damaged(offset, reason))?;
        let body_start = offset + FRAME_BYTES as u64;
        let body_end = body_start + u64::from(frame.body_bytes);
        if frame.position != position || body_end > end {
            return Err(damaged(offset, "another record is here"));
        }
        if position >= next {
            let length = usize::try_from(frame.body_bytes).unwrap_or(usize::MAX);
            let body = window.get(file, body_start, length, ahead).map_err(reading())?;
            let record = record::decode(&frame, body).map_err(|reason| damaged(offset, reason))?;
            if !taken.take(Stored { position, time: frame.time, record }) {
                return Ok(None);
            }
        }
        offset = body_end;
    }
    Ok(Some(Position(behind)))
}
