//! Where groups are: one small slot per group, kept in memory, rebuilt from group headers at opening.

use super::format::{FILE_BYTES, file_name};
use crate::ledger::fs::{File, Fs};
use parking_lot::{Mutex, RwLock};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

/// Segment files that stay open for reading.
const OPEN_FILES_MAX: usize = 32;

/// Where a group begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Position of its first record.
    pub(super) first: u64,
    /// Byte in the segment file.
    pub(super) offset: u64,
}

/// The groups of one segment.
#[derive(Debug)]
pub(super) struct Segment {
    /// Position that the file is named after.
    pub(super) first: u64,
    /// The file's mark.
    pub(super) mark: u64,
    /// Its groups, in order.
    pub(super) slots: Vec<Slot>,
    /// Byte behind the last of them.
    pub(super) end: u64,
}

/// A group found in the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) segment_first: u64,
    pub(super) mark: u64,
    pub(super) slot: Slot,
}

/// All groups, and the files they are in.
pub(super) struct Index {
    segments: RwLock<Vec<Segment>>,
    files: Mutex<VecDeque<(u64, Arc<dyn File>)>>,
    fs: Arc<dyn Fs>,
}

impl Index {
    pub(super) fn new(fs: Arc<dyn Fs>, segments: Vec<Segment>) -> Index {
        Index { segments: RwLock::new(segments), files: Mutex::default(), fs }
    }

    /// Adds a segment without groups.
    pub(super) fn push_segment(&self, first: u64, mark: u64) {
        self.segments.write().push(Segment { first, mark, slots: Vec::new(), end: FILE_BYTES as u64 });
    }

    /// Adds a durable group, which ends at byte `end`, to the last segment.
    pub(super) fn push_group(&self, slot: Slot, end: u64) {
        if let Some(segment) = self.segments.write().last_mut() {
            segment.slots.push(slot);
            segment.end = end;
        }
    }

    /// The group that holds `position` if any does: the last that begins at or before it.
    pub(super) fn find(&self, position: u64) -> Option<Found> {
        let segments = self.segments.read();
        // A segment begun for a group that is not durable yet has no slots; look before it.
        segments.iter().rev().skip(segments.len() - segments.partition_point(|s| s.first <= position)).find_map(|s| {
            let before = s.slots.partition_point(|slot| slot.first <= position);
            let slot = *s.slots.get(before.checked_sub(1)?)?;
            Some(Found { segment_first: s.first, mark: s.mark, slot })
        })
    }

    /// First position and durable bytes of all segments.
    pub(super) fn segments(&self) -> Vec<(u64, u64)> {
        self.segments.read().iter().map(|segment| (segment.first, segment.end)).collect()
    }

    /// The segment file that begins at `first`; the most recently used stay open.
    pub(super) fn file(&self, first: u64) -> io::Result<Arc<dyn File>> {
        let mut files = self.files.lock();
        if let Some(at) = files.iter().position(|(held, _)| *held == first)
            && let Some(held) = files.remove(at)
        {
            let file = Arc::clone(&held.1);
            files.push_front(held);
            return Ok(file);
        }
        let file = self.fs.open(&file_name(first))?;
        files.push_front((first, Arc::clone(&file)));
        files.truncate(OPEN_FILES_MAX);
        Ok(file)
    }
}
