//! Recovery of segment files: the bytes are a script of damage done to a good ledger of two files.
//!
//! The first byte says how: bit 0 seals all checksums and hashes again after the damage, bit 1 takes the rest as the
//! contents of the newest file. Otherwise the rest is steps of five bytes: what, which file and where, how much.

use aws_lc_rs::digest::{SHA256, digest};
use single_window::domain::{Clock, Position, SetClock, Timestamp};
use single_window::ledger::segment::{Config, SegmentLedger, verify};
use single_window::ledger::simdisk::SimDisk;
use single_window::ledger::{Ledger, Record};
use std::sync::{Arc, LazyLock};

/// Pieces for mutations.
pub const WORDS: &[&str] = &[
    "swx-seg\n",
    "swxg",
    "\u{0}",
    "\u{1}",
    "\u{2}",
    "\u{3}",
    "\u{4}",
    "\u{5}",
    "\u{6}",
    "\u{7}",
    "\u{0}\u{64}",
    "d\u{0}",
];

/// Bytes of the file header, of a group header, and of a record's frame: the format is for ever.
const FILE_BYTES: usize = 100;
const GROUP_BYTES: usize = 108;
const FRAME_BYTES: usize = 28;
/// Records of the good ledger.
const RECORDS: u16 = 7;

type Files = Vec<(String, Vec<u8>)>;

static GOOD: LazyLock<Files> = LazyLock::new(|| {
    let disk = SimDisk::new();
    let ledger = open(&disk).expect("an empty disk");
    for number in 0..RECORDS {
        ledger.append(record(number)).expect("room").blocking_recv().expect("an answer").expect("a good disk");
    }
    drop(ledger);
    let files = files(&disk);
    assert!(files.len() > 1, "more than one file");
    files
});

fn record(number: u16) -> Record {
    Record {
        kind: number,
        version: 1,
        header: vec![b'h'; usize::from(number)],
        skeleton: format!("skeleton {number} ").repeat(usize::from(number) * 8).into_bytes(),
        personal: format!("personal {number}").into_bytes(),
    }
}

fn open(disk: &SimDisk) -> Result<SegmentLedger, single_window::ledger::Error> {
    let clock: Arc<dyn Clock> = Arc::new(SetClock::new(Timestamp(1_780_000_000_000)));
    let random = |bytes: &mut [u8]| {
        bytes.fill(7);
        Ok(())
    };
    let config = Config { segment_bytes_max: 1200, cache_bytes_max: 1, random, ..Config::default() };
    SegmentLedger::open(Arc::new(disk.clone()), clock, config)
}

fn files(disk: &SimDisk) -> Files {
    use single_window::ledger::fs::Fs;
    let names = disk.list().expect("a good disk");
    names.into_iter().map(|name| (name.clone(), disk.contents(&name).expect("it is listed"))).collect()
}

/// Opens a damaged ledger, reads all of it, appends to it, and opens it again.
pub fn run(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    let mut damaged = GOOD.clone();
    if mode & 2 != 0 {
        damaged.last_mut().expect("two files").1 = rest.to_vec();
    } else {
        for [what, file, low, high, value] in rest.as_chunks::<5>().0.iter().take(16) {
            let file = usize::from(*file) % damaged.len();
            damage(&mut damaged[file].1, *what, usize::from(u16::from_le_bytes([*low, *high])), *value);
        }
    }
    let sealed = mode & 1 != 0;
    if sealed {
        seal(&mut damaged);
    }
    let disk = SimDisk::new();
    for (name, bytes) in &damaged {
        disk.put(name, bytes);
    }
    let verified = verify(&disk);
    let ledger = match open(&disk) {
        Ok(ledger) => ledger,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let tail = ledger.durable_tail();
    let read = ledger.read(Position::ZERO, usize::MAX);
    if !sealed {
        // Nothing but a torn end was cut, so what is left is what was written.
        assert!(verified.is_ok(), "it opens but does not verify: {verified:?}");
        for (number, stored) in (0..RECORDS).zip(read.expect("what opens unsealed can be read")) {
            assert_eq!((stored.position, &stored.record), (Position(u64::from(number) + 1), &record(number)));
        }
    }
    let appended = ledger.append(record(3)).expect("room").blocking_recv().expect("an answer").expect("a good disk");
    assert!(appended.position > tail);
    drop(ledger);
    let again = open(&disk).expect("what was opened once opens again");
    assert_eq!(again.durable_tail(), appended.position);
    let last = again.read_one(appended.position).expect("readable").expect("it is there");
    assert_eq!(last.record, record(3));
}

fn damage(bytes: &mut Vec<u8>, what: u8, offset: usize, value: u8) {
    if bytes.is_empty() {
        return;
    }
    let at = offset % bytes.len();
    match what % 8 {
        0 => bytes[at] ^= value.max(1),
        1 => bytes[at] = value,
        2 => bytes.truncate(at),
        3 => {
            bytes.remove(at);
        }
        4 => bytes.insert(at, value),
        5 => {
            let tail = bytes[at..].to_vec();
            bytes.extend(tail);
        }
        6 => {
            let end = (at + usize::from(value)).min(bytes.len());
            bytes[at..end].fill(0);
        }
        _ => {
            let end = (at + 4).min(bytes.len());
            let number = (u32::from(value) << (value % 25)).to_le_bytes();
            bytes[at..end].copy_from_slice(&number[..end - at]);
        }
    }
}

/// Makes every checksum and hash right again, as far as the lengths still lead.
fn seal(files: &mut Files) {
    let mut previous = [0; 32];
    for (number, (_, bytes)) in files.iter_mut().enumerate() {
        let Some((header, mut rest)) = bytes.split_at_mut_checked(FILE_BYTES) else { continue };
        if number > 0 {
            header[48..80].copy_from_slice(&previous);
        }
        let crc = crc32c::crc32c(&header[..96]);
        header[96..].copy_from_slice(&crc.to_le_bytes());
        while let Some((group, behind)) = std::mem::take(&mut rest).split_at_mut_checked(GROUP_BYTES) {
            let length = usize::try_from(u32_at(group, 16)).expect("64 bits").min(behind.len());
            let (records, next) = behind.split_at_mut(length);
            seal_records(records);
            group[40..72].copy_from_slice(&previous);
            group[72..104].copy_from_slice(digest(&SHA256, records).as_ref());
            let crc = crc32c::crc32c(&group[..104]);
            group[104..].copy_from_slice(&crc.to_le_bytes());
            previous.copy_from_slice(digest(&SHA256, group).as_ref());
            rest = next;
        }
    }
}

fn seal_records(mut rest: &mut [u8]) {
    while let Some((frame, behind)) = std::mem::take(&mut rest).split_at_mut_checked(FRAME_BYTES) {
        let length = usize::try_from(u32_at(frame, 0)).expect("64 bits").min(behind.len());
        let (body, next) = behind.split_at_mut(length);
        let crc = crc32c::crc32c(body);
        frame[20..24].copy_from_slice(&crc.to_le_bytes());
        let crc = crc32c::crc32c(&frame[..24]);
        frame[24..].copy_from_slice(&crc.to_le_bytes());
        rest = next;
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
