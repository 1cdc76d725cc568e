//! How one record lies on disk.
//!
//! A record is a frame, filled in by the writer, and a body, encoded by the caller of `append`.
//! All numbers are little-endian.
//!
//! ```text
//! frame  0  u32  bytes of the body
//!        4  u64  position
//!       12  i64  time, milliseconds since 1970
//!       20  u32  crc32c of the body
//!       24  u32  crc32c of frame[0..24]
//! body   0  u8   version of this layout, 1
//!        1  u8   method of the skeleton: 0 as it is, 1 zstd
//!        2  u8   method of the personal section
//!        3  u8   0
//!        4  u16  kind
//!        6  u16  version of the sections
//!        8  u32  bytes of the header
//!       12  u32  bytes of the skeleton as stored
//!       16  u32  bytes of the skeleton
//!       20  u32  bytes of the personal section as stored
//!       24  u32  bytes of the personal section
//!       28       header ‖ skeleton as stored ‖ personal section as stored
//! ```
//!
//! The costly part (compression, crc of the body) is done once per record on the caller's thread.
//! The frame's crc covers the body's, so position and time are bound to the body without reading it
//! again. Skeleton and personal section are compressed apart: a shared window would leave traces of
//! the one in the other.

use super::{Error, Record};
use crate::domain::{Position, Timestamp, limits};
use std::cell::RefCell;
use zstd::bulk::{Compressor, Decompressor};

/// Bytes of a frame.
pub(super) const FRAME_BYTES: usize = 28;
/// Bytes of a body before its sections.
const BODY_HEAD_BYTES: usize = 28;
/// Version of the body's layout.
const BODY_VERSION: u8 = 1;
/// Stored as it is.
const METHOD_RAW: u8 = 0;
/// One zstd frame.
const METHOD_ZSTD: u8 = 1;
/// The fastest ordinary level: CEB messages shrink to about a seventh with it.
const ZSTD_LEVEL: i32 = 1;
/// Below this, compression costs more than it saves.
const COMPRESS_BYTES_MIN: usize = 64;
/// Scratch space that a thread keeps between records.
const SCRATCH_BYTES_KEPT: usize = 1024 * 1024;
/// What decoding ever allocates for one section. Belongs to the format: it may grow, never shrink.
const SECTION_BYTES_MAX: u32 = 64 * 1024 * 1024;
/// Largest body; the same for the format's life, whatever [`limits::RECORD_BYTES_MAX`] becomes.
pub(super) const BODY_BYTES_MAX: u32 = 96 * 1024 * 1024;

/// The body of a record, ready to be framed.
#[derive(Debug)]
pub(super) struct Encoded {
    body: Vec<u8>,
    crc: u32,
}

impl Encoded {
    /// Bytes that the record takes on disk.
    pub(super) fn stored_bytes(&self) -> usize {
        FRAME_BYTES + self.body.len()
    }
}

/// What stands before a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// Bytes of the body.
    pub(super) body_bytes: u32,
    /// Where the record is.
    pub(super) position: Position,
    /// When it was appended.
    pub(super) time: Timestamp,
    crc: u32,
}

impl Record {
    /// Bytes of the three sections.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.header.len().saturating_add(self.skeleton.len()).saturating_add(self.personal.len())
    }
}

/// Encodes the body of `record`.
pub(super) fn encode(record: &Record) -> Result<Encoded, Error> {
    let too_large = || Error::TooLarge { bytes: record.bytes(), bytes_max: limits::RECORD_BYTES_MAX };
    if record.bytes() > limits::RECORD_BYTES_MAX {
        return Err(too_large());
    }
    let length = |bytes: usize| u32::try_from(bytes).map_err(|_| too_large());
    CODEC.with_borrow_mut(|codec| {
        let Codec { compressor, first, second, .. } = codec;
        let skeleton = compress(compressor, &record.skeleton, first);
        let personal = compress(compressor, &record.personal, second);
        let mut body = Vec::with_capacity(BODY_HEAD_BYTES + record.header.len() + skeleton.1.len() + personal.1.len());
        body.extend_from_slice(&[BODY_VERSION, skeleton.0, personal.0, 0]);
        body.extend_from_slice(&record.kind.to_le_bytes());
        body.extend_from_slice(&record.version.to_le_bytes());
        body.extend_from_slice(&length(record.header.len())?.to_le_bytes());
        body.extend_from_slice(&length(skeleton.1.len())?.to_le_bytes());
        body.extend_from_slice(&length(record.skeleton.len())?.to_le_bytes());
        body.extend_from_slice(&length(personal.1.len())?.to_le_bytes());
        body.extend_from_slice(&length(record.personal.len())?.to_le_bytes());
        body.extend_from_slice(&record.header);
        body.extend_from_slice(skeleton.1);
        body.extend_from_slice(personal.1);
        for scratch in [first, second] {
            scratch.clear();
            scratch.shrink_to(SCRATCH_BYTES_KEPT);
        }
        let crc = crc32c::crc32c(&body);
        Ok(Encoded { body, crc })
    })
}

/// Appends frame and body to `out`.
pub(super) fn write(out: &mut Vec<u8>, encoded: &Encoded, position: Position, time: Timestamp) {
    let mut frame = [0; FRAME_BYTES - 4];
    let length = u32::try_from(encoded.body.len()).expect("encode bounds the body");
    let fields = length.to_le_bytes().into_iter().chain(position.0.to_le_bytes());
    let fields = fields.chain(time.0.to_le_bytes()).chain(encoded.crc.to_le_bytes());
    frame.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
    out.extend_from_slice(&frame);
    out.extend_from_slice(&crc32c::crc32c(&frame).to_le_bytes());
    out.extend_from_slice(&encoded.body);
}

/// Reads the frame at the front of `bytes`.
pub(super) fn parse_frame(bytes: &[u8]) -> Result<Frame, &'static str> {
    let (covered, _) = bytes.split_at_checked(FRAME_BYTES - 4).ok_or("the record's frame is cut")?;
    let mut fields = Fields(bytes);
    let frame = (|| {
        Some(Frame {
            body_bytes: u32::from_le_bytes(fields.take()?),
            position: Position(u64::from_le_bytes(fields.take()?)),
            time: Timestamp(i64::from_le_bytes(fields.take()?)),
            crc: u32::from_le_bytes(fields.take()?),
        })
    })();
    let crc = fields.take().map(u32::from_le_bytes);
    let (Some(frame), Some(crc)) = (frame, crc) else { return Err("the record's frame is cut") };
    if crc != crc32c::crc32c(covered) {
        return Err("the record's frame does not check");
    }
    if frame.body_bytes > BODY_BYTES_MAX {
        return Err("the record is longer than records are");
    }
    Ok(frame)
}

/// True if `body` is what was encoded.
pub(super) fn checks(frame: &Frame, body: &[u8]) -> bool {
    u32::try_from(body.len()) == Ok(frame.body_bytes) && crc32c::crc32c(body) == frame.crc
}

/// Decodes the body that belongs to `frame`.
pub(super) fn decode(frame: &Frame, body: &[u8]) -> Result<Record, &'static str> {
    if !checks(frame, body) {
        return Err("the record does not check");
    }
    parse_body(body)
}

fn parse_body(body: &[u8]) -> Result<Record, &'static str> {
    const CUT: &str = "the record's lengths do not fit";
    let mut fields = Fields(body);
    let [version, skeleton_method, personal_method, zero] = fields.take().ok_or(CUT)?;
    if version != BODY_VERSION || zero != 0 {
        return Err("the record was written by a newer program");
    }
    let kind = fields.take().map(u16::from_le_bytes).ok_or(CUT)?;
    let version = fields.take().map(u16::from_le_bytes).ok_or(CUT)?;
    let mut length = || fields.take().map(u32::from_le_bytes).ok_or(CUT);
    let (header, skeleton_stored, skeleton, personal_stored, personal) =
        (length()?, length()?, length()?, length()?, length()?);
    let header = fields.slice(header).ok_or(CUT)?.to_vec();
    let skeleton = section(skeleton_method, fields.slice(skeleton_stored).ok_or(CUT)?, skeleton)?;
    let personal = section(personal_method, fields.slice(personal_stored).ok_or(CUT)?, personal)?;
    if !fields.0.is_empty() {
        return Err(CUT);
    }
    Ok(Record { kind, version, header, skeleton, personal })
}

fn section(method: u8, stored: &[u8], bytes: u32) -> Result<Vec<u8>, &'static str> {
    const DAMAGED: &str = "a section of the record does not decompress";
    if bytes > SECTION_BYTES_MAX {
        return Err("a section of the record is longer than sections are");
    }
    let bytes = usize::try_from(bytes).map_err(|_| DAMAGED)?;
    match method {
        METHOD_RAW if stored.len() == bytes => Ok(stored.to_vec()),
        METHOD_RAW => Err("a section of the record has another length"),
        METHOD_ZSTD => CODEC.with_borrow_mut(|codec| {
            let decompressor = match &mut codec.decompressor {
                Some(it) => it,
                none => none.insert(Decompressor::new().map_err(|_| "no memory for decompression")?),
            };
            // The capacity is the bound: zstd never writes past it, whatever the frame claims.
            let mut section = Vec::with_capacity(bytes);
            decompressor.decompress_to_buffer(stored, &mut section).map_err(|_| DAMAGED)?;
            if section.len() == bytes { Ok(section) } else { Err(DAMAGED) }
        }),
        _ => Err("a section of the record has an unknown method"),
    }
}

/// A thread's zstd contexts: making one costs more than compressing a small record.
#[derive(Default)]
struct Codec {
    compressor: Option<Compressor<'static>>,
    decompressor: Option<Decompressor<'static>>,
    first: Vec<u8>,
    second: Vec<u8>,
}

thread_local! {
    static CODEC: RefCell<Codec> = RefCell::default();
}

/// Compresses into `scratch`; falls back to the bytes as they are where that is no gain or not possible.
fn compress<'a>(
    compressor: &mut Option<Compressor<'static>>,
    bytes: &'a [u8],
    scratch: &'a mut Vec<u8>,
) -> (u8, &'a [u8]) {
    if bytes.len() < COMPRESS_BYTES_MIN {
        return (METHOD_RAW, bytes);
    }
    if compressor.is_none() {
        *compressor = Compressor::new(ZSTD_LEVEL).ok();
    }
    let Some(compressor) = compressor else { return (METHOD_RAW, bytes) };
    scratch.clear();
    scratch.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
    match compressor.compress_to_buffer(bytes, scratch) {
        Ok(stored) if stored < bytes.len() => (METHOD_ZSTD, scratch),
        Ok(_) | Err(_) => (METHOD_RAW, bytes),
    }
}

/// Takes fixed-width fields off the front of bytes that may end anywhere.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next `N` bytes.
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn slice(&mut self, bytes: u32) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(bytes).ok()?)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stored(record: &Record) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, &encode(record).unwrap(), Position(7), Timestamp(-3));
        out
    }

    fn read(bytes: &[u8]) -> Result<(Frame, Record), &'static str> {
        let frame = parse_frame(bytes)?;
        let record = decode(&frame, bytes.get(FRAME_BYTES..).ok_or("cut")?)?;
        Ok((frame, record))
    }

    #[test]
    fn long_sections_shrink_and_come_back() {
        let record = Record { skeleton: b"<Inventory/>".repeat(1000), ..Record::default() };
        let bytes = stored(&record);
        assert!(bytes.len() < 1000, "{}", bytes.len());
        assert_eq!(read(&bytes).unwrap().1, record);
    }

    #[test]
    fn a_section_that_unpacks_to_more_than_it_says_is_damage() {
        let bomb = zstd::bulk::compress(&vec![0; 1_000_000], 1).unwrap();
        assert_eq!(section(METHOD_ZSTD, &bomb, 1000), Err("a section of the record does not decompress"));
        assert!(section(METHOD_ZSTD, &bomb, u32::MAX).is_err());
        assert!(section(METHOD_ZSTD, &bomb, 1_000_001).is_err());
        assert_eq!(section(METHOD_ZSTD, &bomb, 1_000_000).unwrap().len(), 1_000_000);
    }

    #[test]
    fn every_single_bit_flip_is_noticed() {
        let record =
            Record { kind: 3, version: 1, header: b"header".to_vec(), skeleton: vec![5; 200], personal: vec![] };
        let bytes = stored(&record);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&flipped).is_err(), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn decode_undoes_encode(
            kind: u16, version: u16,
            header in prop::collection::vec(any::<u8>(), 0..100),
            skeleton in prop::collection::vec(0_u8..4, 0..3000),
            personal in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let record = Record { kind, version, header, skeleton, personal };
            let (frame, back) = read(&stored(&record)).unwrap();
            prop_assert_eq!(back, record);
            prop_assert_eq!((frame.position, frame.time), (Position(7), Timestamp(-3)));
        }

        #[test]
        fn any_body_is_a_record_or_an_error(body in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(parse_body(&body));
            let mut body = body;
            body.splice(0..body.len().min(4), [1, 1, 0, 0]);
            drop(parse_body(&body));
        }
    }
}
