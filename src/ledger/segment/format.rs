//! How segments and groups lie on disk.
//!
//! A segment file is a file header and then groups, one after the other. All numbers are little-endian.
//!
//! ```text
//! file   0  [8]   "swx-seg\n"
//!        8  u16   format version, 1
//!       10  [6]   0
//!       16  [16]  ledger id, random, made once
//!       32  u64   epoch of the ledger
//!       40  u64   first position, also the file's name
//!       48  [32]  hash of the group before, 0 if there is none
//!       80  i64   time of the record before, i64::MIN if there is none
//!       88  u64   mark, random, of this file
//!       96  u32   crc32c of file[0..96]
//!
//! group  0  [4]   "swxg"
//!        4  u16   format version, 1
//!        6  u16   0
//!        8  u64   mark of the file
//!       16  u32   bytes of the records
//!       20  u32   number of records, at least 1; their positions follow one another
//!       24  u64   first position
//!       32  i64   time of the last record
//!       40  [32]  hash of the group before
//!       72  [32]  SHA-256 of the records
//!      104  u32   crc32c of group[0..104]
//!      108        records, see `record.rs`
//! ```
//!
//! The hash of a group is the SHA-256 of its 108 header bytes. They hold the hash of the records and
//! of the group before, so the chain can be followed by headers alone.
//!
//! The mark is there for recovery, which looks for groups behind a bad one. No sender knows it, so no
//! message can carry bytes that look like a group and turn a torn tail into damage.

use crate::domain::Timestamp;
use crate::ledger::record::{self, Fields};
use aws_lc_rs::digest::{SHA256, digest};

/// Bytes of the file header.
pub(super) const FILE_BYTES: usize = 100;
/// Bytes of a group's header.
pub(super) const GROUP_BYTES: usize = 108;
/// Most bytes of records in one group, for the format's life.
pub(super) const RECORDS_BYTES_MAX: u32 = 128 * 1024 * 1024;
/// What every group begins with.
pub(super) const GROUP_MAGIC: [u8; 4] = *b"swxg";

const FILE_MAGIC: [u8; 8] = *b"swx-seg\n";
const VERSION: u16 = 1;

const _: () = assert!(RECORDS_BYTES_MAX > record::BODY_BYTES_MAX);

/// A SHA-256.
pub(super) type Hash = [u8; 32];

/// SHA-256 of `bytes`.
pub(super) fn hash(bytes: &[u8]) -> Hash {
    digest(&SHA256, bytes).as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

/// Where the next group continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain {
    /// Position of the next record.
    pub(super) next: u64,
    /// Time of the last record.
    pub(super) time: Timestamp,
    /// Hash of the last group.
    pub(super) hash: Hash,
}

impl Chain {
    /// Before the first group.
    pub(super) const START: Chain = Chain { next: 1, time: Timestamp(i64::MIN), hash: [0; 32] };
}

/// Which ledger it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Random, made when the ledger was created.
    pub id: [u8; 16],
    /// Raised when the ledger is put back to an earlier state, so that old cursors are known as such.
    pub epoch: u64,
}

/// Header of a segment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileHeader {
    pub(super) identity: Identity,
    /// Where the first group continues.
    pub(super) chain: Chain,
    pub(super) mark: u64,
}

/// Why bytes are not a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotHeader {
    /// Cut, torn, or altered.
    Broken,
    /// Whole, but of a version this program does not know.
    Newer,
}

impl FileHeader {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FILE_BYTES);
        out.extend_from_slice(&FILE_MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 6]);
        out.extend_from_slice(&self.identity.id);
        out.extend_from_slice(&self.identity.epoch.to_le_bytes());
        out.extend_from_slice(&self.chain.next.to_le_bytes());
        out.extend_from_slice(&self.chain.hash);
        out.extend_from_slice(&self.chain.time.0.to_le_bytes());
        out.extend_from_slice(&self.mark.to_le_bytes());
        seal(out)
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<FileHeader, NotHeader> {
        let mut fields = Fields(bytes);
        let magic: [u8; 8] = fields.take().ok_or(NotHeader::Broken)?;
        let version = fields.take().map(u16::from_le_bytes).ok_or(NotHeader::Broken)?;
        if magic == FILE_MAGIC && version > VERSION {
            return Err(NotHeader::Newer);
        }
        if magic != FILE_MAGIC || version != VERSION || !is_sealed(bytes, FILE_BYTES) {
            return Err(NotHeader::Broken);
        }
        let rest = (|| {
            let zero: [u8; 6] = fields.take()?;
            let identity = Identity { id: fields.take()?, epoch: u64::from_le_bytes(fields.take()?) };
            let next = u64::from_le_bytes(fields.take()?);
            let hash = fields.take()?;
            let time = Timestamp(i64::from_le_bytes(fields.take()?));
            let mark = u64::from_le_bytes(fields.take()?);
            (zero == [0; 6]).then_some(FileHeader { identity, chain: Chain { next, time, hash }, mark })
        })();
        rest.ok_or(NotHeader::Broken)
    }
}

/// Header of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GroupHeader {
    pub(super) mark: u64,
    pub(super) records_bytes: u32,
    pub(super) records: u32,
    pub(super) first: u64,
    /// Time of the last record.
    pub(super) time: Timestamp,
    pub(super) previous: Hash,
    pub(super) records_hash: Hash,
}

impl GroupHeader {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(GROUP_BYTES);
        out.extend_from_slice(&GROUP_MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&self.mark.to_le_bytes());
        out.extend_from_slice(&self.records_bytes.to_le_bytes());
        out.extend_from_slice(&self.records.to_le_bytes());
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.time.0.to_le_bytes());
        out.extend_from_slice(&self.previous);
        out.extend_from_slice(&self.records_hash);
        seal(out)
    }

    /// Reads a header of the file with `mark` at the front of `bytes`.
    pub(super) fn parse(bytes: &[u8], mark: u64) -> Result<GroupHeader, NotHeader> {
        if !is_sealed(bytes, GROUP_BYTES) {
            return Err(NotHeader::Broken);
        }
        let mut fields = Fields(bytes);
        let parsed = (|| {
            let magic: [u8; 4] = fields.take()?;
            let version = u16::from_le_bytes(fields.take()?);
            let zero: [u8; 2] = fields.take()?;
            let header = GroupHeader {
                mark: u64::from_le_bytes(fields.take()?),
                records_bytes: u32::from_le_bytes(fields.take()?),
                records: u32::from_le_bytes(fields.take()?),
                first: u64::from_le_bytes(fields.take()?),
                time: Timestamp(i64::from_le_bytes(fields.take()?)),
                previous: fields.take()?,
                records_hash: fields.take()?,
            };
            (magic == GROUP_MAGIC && header.mark == mark).then_some((version, zero, header))
        })();
        let (version, zero, header) = parsed.ok_or(NotHeader::Broken)?;
        if version != VERSION || zero != [0; 2] || header.records_bytes > RECORDS_BYTES_MAX {
            return Err(NotHeader::Newer);
        }
        Ok(header)
    }

    /// Bytes of header and records.
    pub(super) fn group_bytes(&self) -> u64 {
        GROUP_BYTES as u64 + u64::from(self.records_bytes)
    }

    /// What follows this group.
    pub(super) fn chain(&self) -> Chain {
        let next = self.first.saturating_add(u64::from(self.records));
        Chain { next, time: self.time, hash: hash(&self.encode()) }
    }
}

/// Name of the segment that begins at `first`.
pub(super) fn file_name(first: u64) -> String {
    format!("{first:020}.seg")
}

/// First position of the segment called `name`; `None` if it is no segment.
pub(super) fn parse_file_name(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".seg")?;
    if digits.len() != 20 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

fn seal(mut out: Vec<u8>) -> Vec<u8> {
    let crc = crc32c::crc32c(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

fn is_sealed(bytes: &[u8], length: usize) -> bool {
    let covered = bytes.get(..length).and_then(<[u8]>::split_last_chunk);
    covered.is_some_and(|(covered, crc)| crc32c::crc32c(covered) == u32::from_le_bytes(*crc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_and_notice_every_flip() {
        let identity = Identity { id: [7; 16], epoch: 2 };
        let chain = Chain { next: 41, time: Timestamp(-5), hash: [9; 32] };
        let file = FileHeader { identity, chain, mark: 77 };
        let bytes = file.encode();
        assert_eq!((bytes.len(), FileHeader::parse(&bytes)), (FILE_BYTES, Ok(file)));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(FileHeader::parse(&flipped).is_err(), "bit {bit}");
        }
        let group = GroupHeader {
            mark: 77,
            records_bytes: 1,
            records: 2,
            first: 41,
            time: Timestamp(4),
            previous: [1; 32],
            records_hash: [2; 32],
        };
        let bytes = group.encode();
        assert_eq!((bytes.len(), GroupHeader::parse(&bytes, 77)), (GROUP_BYTES, Ok(group)));
        assert_eq!(GroupHeader::parse(&bytes, 78), Err(NotHeader::Broken), "another file's group");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(GroupHeader::parse(&flipped, 77), Err(NotHeader::Broken), "bit {bit}");
        }
    }

    #[test]
    fn only_twenty_digits_name_a_segment() {
        assert_eq!(parse_file_name(&file_name(1)), Some(1));
        assert_eq!(parse_file_name(&file_name(u64::MAX)), Some(u64::MAX));
        for name in ["1.seg", "0000000000000000000a.seg", "99999999999999999999.seg", "00000000000000000001", ""] {
            assert_eq!(parse_file_name(name), None, "{name}");
        }
    }
}
