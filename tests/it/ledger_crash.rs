//! The embedded ledger on disks that fail: whatever was acknowledged is there, unchanged and in order;
//! nothing is served that was not written; what is not a torn end stops the start.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use proptest::prelude::*;
use single_window::domain::{Position, SetClock, Timestamp};
use single_window::ledger::fs::{Fs, RealFs};
use single_window::ledger::segment::{self, Config};
use single_window::ledger::simdisk::{Faults, Loss, SimDisk};
use single_window::ledger::{Appended, Error, Ledger, Record, SegmentLedger, Stored};
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, LazyLock};

/// Entries per group of the run that is crashed everywhere: 40 in all, over several segments.
const GROUPS: [u16; 15] = [1, 3, 1, 5, 2, 1, 4, 6, 1, 1, 7, 2, 1, 3, 2];
const LOSSES: [Loss; 7] =
    [Loss::All, Loss::Nothing, Loss::Torn(1), Loss::Torn(2), Loss::Torn(3), Loss::Torn(4), Loss::Torn(5)];

fn config() -> Config {
    let random = |bytes: &mut [u8]| {
        bytes.fill(0xa5);
        Ok(())
    };
    // A record is up to two sectors long; a segment takes three or four groups.
    Config { segment_bytes_max: 6000, cache_bytes_max: 3000, random, ..Config::default() }
}

fn open(disk: &SimDisk) -> Result<SegmentLedger, Error> {
    SegmentLedger::open(Arc::new(disk.clone()), Arc::new(SetClock::new(Timestamp(1000))), config())
}

/// The n-th record.
fn record(n: u16) -> Record {
    static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| (0..64).map(make_record).collect());
    RECORDS[usize::from(n)].clone()
}

/// Hardly compressible, so that it covers sectors.
fn make_record(n: u16) -> Record {
    let mut state = u64::from(n) + 1;
    let mut noise = |length: usize| -> Vec<u8> {
        let step = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        (0..length).map(step).collect()
    };
    let (skeleton, personal) = (noise(usize::from(n) * 97 % 900), noise(usize::from(n) * 31 % 200));
    Record { kind: n, version: 1, header: n.to_le_bytes().to_vec(), skeleton, personal }
}

/// What a run saw.
#[derive(Default)]
struct Run {
    attempted: u16,
    acknowledged: Vec<Stored>,
    errors: Vec<Error>,
}

impl Run {
    /// Appends `size` records as one group and takes the answers down.
    fn group(&mut self, ledger: &SegmentLedger, size: u16) {
        let hold = ledger.hold();
        let mut waiting = Vec::new();
        for _ in 0..size {
            let n = self.attempted;
            self.attempted += 1;
            match ledger.append(record(n)) {
                Ok(answer) => waiting.push((n, answer)),
                Err(error) => self.errors.push(error),
            }
        }
        drop(hold);
        for (n, answer) in waiting {
            match answer.blocking_recv().expect("every append is answered") {
                Ok(Appended { position, time }) => {
                    self.acknowledged.push(Stored { position, time, record: record(n) });
                }
                Err(error) => self.errors.push(error),
            }
        }
    }

    fn groups(&mut self, ledger: &SegmentLedger) {
        for size in GROUPS {
            self.group(ledger, size);
        }
    }

    /// The whole run on `disk`, as far as it gets.
    fn on(disk: &SimDisk) -> Run {
        let mut run = Run::default();
        match open(disk) {
            Ok(ledger) => run.groups(&ledger),
            Err(error) => run.errors.push(error),
        }
        run
    }

    /// Claims that hold for whatever `ledger` was opened from after this run.
    fn check(&self, ledger: &SegmentLedger, context: &str) {
        let entries = read_all(ledger).unwrap_or_else(|error| panic!("{context}: {error}"));
        let mut rest = entries.iter();
        for acknowledged in &self.acknowledged {
            assert!(rest.any(|entry| entry == acknowledged), "{context}: {} is lost", acknowledged.position);
        }
        let mut attempted = (0..self.attempted).map(record);
        for entry in &entries {
            assert!(attempted.any(|record| record == entry.record), "{context}: {} was not sent", entry.position);
        }
        assert!(entries.windows(2).all(|pair| pair[0].position < pair[1].position), "{context}");
        assert_eq!(ledger.durable_tail(), entries.last().map_or(Position::ZERO, |entry| entry.position), "{context}");
        let verified = ledger.verify().unwrap_or_else(|error| panic!("{context}: {error}"));
        assert_eq!(verified.records, entries.len() as u64, "{context}");
    }

    /// Opens `disk`, checks it, appends to it, and checks it again after a last crash.
    fn check_and_go_on(&mut self, disk: &SimDisk, context: &str) {
        let ledger = open(disk).unwrap_or_else(|error| panic!("{context}: {error}"));
        self.check(&ledger, context);
        // What survived without an acknowledgement is durable from the opening on.
        self.acknowledged = read_all(&ledger).unwrap();
        let before = self.errors.len();
        self.group(&ledger, 2);
        self.group(&ledger, 6);
        assert_eq!(self.errors.len(), before, "{context}: {:?}", self.errors.last());
        let disk = disk.after_crash(Loss::All);
        drop(ledger);
        let ledger = open(&disk).unwrap_or_else(|error| panic!("{context}, again: {error}"));
        self.check(&ledger, context);
        drop(ledger);
        segment::verify(&disk).unwrap_or_else(|error| panic!("{context}, closed: {error}"));
    }

    fn again(&self) -> Run {
        Run { attempted: self.attempted, acknowledged: self.acknowledged.clone(), errors: Vec::new() }
    }
}

fn read_all(ledger: &SegmentLedger) -> Result<Vec<Stored>, Error> {
    let mut all: Vec<Stored> = Vec::new();
    loop {
        let after = all.last().map_or(Position::ZERO, |entry| entry.position);
        let more = ledger.read(after, 2000)?;
        if more.is_empty() {
            return Ok(all);
        }
        all.extend(more.iter().map(|entry| Stored::clone(entry)));
    }
}

/// All that is on a disk.
fn image(disk: &SimDisk) -> Vec<(String, Vec<u8>)> {
    segments(disk).into_iter().map(|name| (name.clone(), disk.contents(&name).unwrap())).collect()
}

fn segments(disk: &SimDisk) -> Vec<String> {
    let mut names = disk.list().unwrap();
    names.sort();
    names
}

#[test]
fn acknowledged_entries_survive_a_crash_in_every_operation() {
    let whole = SimDisk::new();
    assert_eq!(Run::on(&whole).acknowledged.len(), 40);
    assert!(segments(&whole).len() >= 4, "the run must cross segments");
    let mut seen = HashSet::new();
    for operation in 1..=whole.operations() {
        let disk = SimDisk::new();
        disk.set_faults(Faults { crash_at: Some(operation), ..Faults::default() });
        let run = Run::on(&disk);
        assert!(!run.errors.is_empty(), "operation {operation} never happened");
        for loss in LOSSES {
            let found = disk.after_crash(loss);
            if !seen.insert((image(&found), run.acknowledged.len(), run.attempted)) {
                continue; // another loss left the same
            }
            run.again().check_and_go_on(&found, &format!("crash in operation {operation}, {loss:?}"));
        }
    }
}

#[test]
fn acknowledged_entries_survive_a_second_crash_in_every_operation_of_the_opening() {
    let whole = SimDisk::new();
    Run::on(&whole);
    let mut seen = HashSet::new();
    for operation in 1..=whole.operations() {
        let disk = SimDisk::new();
        disk.set_faults(Faults { crash_at: Some(operation), ..Faults::default() });
        let run = Run::on(&disk);
        for loss in [Loss::All, Loss::Nothing, Loss::Torn(6), Loss::Torn(7)] {
            let found = disk.after_crash(loss);
            let trial = found.after_crash(Loss::Nothing);
            drop(open(&trial).unwrap());
            for second in 1..=trial.operations() {
                let found = found.after_crash(Loss::Nothing);
                found.set_faults(Faults { crash_at: Some(second), ..Faults::default() });
                assert!(open(&found).is_err(), "operation {second} of the opening never happened");
                for second_loss in [Loss::All, Loss::Torn(operation)] {
                    let context = format!("crash in operation {operation}, {loss:?}, then {second}, {second_loss:?}");
                    let found = found.after_crash(second_loss);
                    if !seen.insert((image(&found), run.acknowledged.len(), run.attempted)) {
                        continue; // another loss left the same
                    }
                    let again = open(&found);
                    run.check(&again.unwrap_or_else(|error| panic!("{context}: {error}")), &context);
                }
            }
        }
    }
}

#[test]
fn a_failed_sync_is_never_acknowledged_and_stops_the_ledger_for_good() {
    let whole = SimDisk::new();
    Run::on(&whole);
    for sync in 1..=whole.syncs() {
        let disk = SimDisk::new();
        disk.set_faults(Faults { fail_sync: Some(sync), ..Faults::default() });
        let mut run = Run::default();
        match open(&disk) {
            Err(error) => assert!(matches!(error, Error::Io { .. }), "sync {sync}: {error}"),
            Ok(ledger) => {
                run.groups(&ledger);
                assert!(!run.errors.is_empty());
                for error in &run.errors {
                    assert!(matches!(error, Error::Poisoned { .. }), "sync {sync}: {error}");
                }
                assert!(ledger.poisoned().is_some());
                let last = run.acknowledged.last().map_or(Position::ZERO, |entry| entry.position);
                assert_eq!(ledger.durable_tail(), last, "sync {sync}: an unsynced entry is shown");
                assert_eq!(read_all(&ledger).unwrap(), run.acknowledged, "sync {sync}: what was durable is served");
            }
        }
        for loss in [Loss::All, Loss::Nothing, Loss::Torn(sync)] {
            let found = disk.after_crash(loss);
            run.again().check_and_go_on(&found, &format!("sync {sync} failed, crash, {loss:?}"));
        }
        // The process is restarted, the machine is not: memory still shows what the disk never got.
        run.again().check_and_go_on(&disk, &format!("sync {sync} failed, restart"));
    }
}

#[test]
fn a_full_disk_refuses_and_the_ledger_goes_on_when_there_is_room() {
    let whole = SimDisk::new();
    Run::on(&whole);
    for write in 1..=whole.writes() {
        let context = format!("full from write {write}");
        let disk = SimDisk::new();
        disk.set_faults(Faults { full_from_write: Some(write), ..Faults::default() });
        let mut run = Run::default();
        match open(&disk) {
            Err(error) => {
                assert!(matches!(error, Error::Io { .. }), "{context}: {error}");
                disk.set_faults(Faults::default());
            }
            Ok(ledger) => {
                run.groups(&ledger);
                for error in &run.errors {
                    let full = matches!(error, Error::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull);
                    assert!(full, "{context}: {error}");
                }
                assert_eq!(run.errors.len() + run.acknowledged.len(), 40, "{context}");
                assert_eq!(ledger.poisoned(), None);
                for loss in [Loss::All, Loss::Torn(write)] {
                    run.again().check_and_go_on(&disk.after_crash(loss), &format!("{context}, then {loss:?}"));
                }
                disk.set_faults(Faults::default());
                run.errors.clear();
                run.group(&ledger, 3);
                assert!(run.errors.is_empty(), "{context}: {:?}", run.errors);
                run.check(&ledger, &context);
            }
        }
        run.again().check_and_go_on(&disk.after_crash(Loss::All), &format!("{context}, room again, crash"));
        run.check_and_go_on(&disk, &context);
    }
}

#[test]
fn a_failed_write_that_cannot_be_taken_back_stops_the_ledger() {
    let disk = SimDisk::new();
    let ledger = open(&disk).unwrap();
    let mut run = Run::default();
    run.group(&ledger, 3);
    let faults =
        Faults { full_from_write: Some(disk.writes() + 1), fail_sync: Some(disk.syncs() + 1), ..Faults::default() };
    disk.set_faults(faults);
    run.group(&ledger, 2);
    disk.set_faults(Faults::default());
    run.group(&ledger, 1);
    assert!(run.errors.iter().all(|error| matches!(error, Error::Poisoned { .. })) && run.errors.len() == 3);
    drop(ledger);
    for loss in LOSSES {
        run.again().check_and_go_on(&disk.after_crash(loss), &format!("{loss:?}"));
    }
}

/// A ledger with one segment of four groups: its disk, its entries and the byte where each group begins.
fn one_segment() -> (SimDisk, Vec<Stored>, Vec<usize>) {
    let disk = SimDisk::new();
    let ledger = open(&disk).unwrap();
    let mut run = Run::default();
    let mut starts = Vec::new();
    for size in [1, 3, 2, 2] {
        starts.push(disk.contents(&segments(&disk)[0]).unwrap().len());
        run.group(&ledger, size);
    }
    drop(ledger);
    assert_eq!(segments(&disk).len(), 1);
    (disk, run.acknowledged, starts)
}

fn with_segment(bytes: &[u8]) -> SimDisk {
    let disk = SimDisk::new();
    disk.put("00000000000000000001.seg", bytes);
    disk
}

/// Entries that an opening serves, all of them unaltered.
fn served(bytes: &[u8], entries: &[Stored]) -> Result<usize, Error> {
    let ledger = open(&with_segment(bytes))?;
    let read = read_all(&ledger)?;
    assert_eq!(read, entries[..read.len()], "altered data is served");
    Ok(read.len())
}

#[test]
fn a_flipped_bit_before_the_last_group_stops_the_start_and_names_the_place() {
    let (disk, entries, starts) = one_segment();
    let bytes = disk.contents("00000000000000000001.seg").unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let outcome = served(&flipped, &entries);
        let group = starts.partition_point(|start| *start <= at);
        let start = if group == 0 { 0 } else { starts[group - 1] };
        match outcome {
            Err(Error::Damaged { file, offset, .. }) => {
                assert_eq!(file, "00000000000000000001.seg");
                assert!((start..=at).contains(&usize::try_from(offset).unwrap()), "byte {at}, said {offset}");
                assert!(group < starts.len(), "byte {at}: the last group may be torn");
            }
            Err(error) => panic!("byte {at}: {error}"),
            Ok(kept) => {
                assert_eq!(group, starts.len(), "byte {at}: damage is taken for a torn end");
                assert_eq!(kept, 6, "byte {at}");
            }
        }
    }
}

#[test]
fn a_cut_file_keeps_the_groups_before_the_cut() {
    let (disk, entries, starts) = one_segment();
    let bytes = disk.contents("00000000000000000001.seg").unwrap();
    for length in 0..bytes.len() {
        let whole_groups = starts.iter().skip(1).filter(|start| **start <= length).count();
        let expected = [0, 1, 4, 6][whole_groups];
        assert_eq!(served(&bytes[..length], &entries).unwrap(), expected, "cut to {length} bytes");
    }
}

#[test]
fn groups_that_are_missing_doubled_or_swapped_are_damage() {
    let (disk, entries, starts) = one_segment();
    let bytes = disk.contents("00000000000000000001.seg").unwrap();
    let (head, groups) = bytes.split_at(starts[0]);
    let at = |group: usize| starts.get(group).copied().unwrap_or(bytes.len()) - starts[0];
    let group = |n: usize| &groups[at(n)..at(n + 1)];
    for order in [&[0, 2, 3][..], &[0, 1, 1], &[1, 0, 2, 3], &[0, 1, 3], &[1], &[0, 0]] {
        let mut built = head.to_vec();
        order.iter().for_each(|n| built.extend_from_slice(group(*n)));
        let error = served(&built, &entries).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{order:?}: {error}");
    }
}

#[test]
fn damage_in_an_old_segment_is_never_served_and_verify_finds_it() {
    let whole = SimDisk::new();
    let run = Run::on(&whole);
    let names = segments(&whole);
    let bytes = whole.contents(&names[0]).unwrap();
    for at in (0..bytes.len()).step_by(7) {
        let disk = whole.after_crash(Loss::Nothing);
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        disk.put(&names[0], &flipped);
        let error = segment::verify(&disk).unwrap_err();
        assert!(matches!(&error, Error::Damaged { file, .. } if *file == names[0]), "byte {at}: {error}");
        let Ok(ledger) = open(&disk) else { continue };
        assert!(ledger.verify().is_err());
        let mut after = Position::ZERO;
        for entry in &run.acknowledged {
            match ledger.read(after, 0) {
                Ok(read) => assert_eq!(*read[0], *entry, "byte {at}: altered data is served"),
                Err(error) => assert!(matches!(error, Error::Damaged { .. }), "byte {at}: {error}"),
            }
            after = entry.position;
        }
    }
}

#[test]
fn a_missing_or_foreign_segment_stops_the_start() {
    let whole = SimDisk::new();
    Run::on(&whole);
    let names = segments(&whole);
    for missing in &names[..names.len() - 1] {
        let disk = whole.after_crash(Loss::Nothing);
        disk.remove(missing).unwrap();
        let error = open(&disk).err().expect("entries are missing");
        assert!(matches!(error, Error::Damaged { offset: 0, .. }), "{error}");
    }
    let disk = whole.after_crash(Loss::Nothing);
    disk.put(&names[2], &whole.contents(&names[1]).unwrap());
    assert!(matches!(open(&disk), Err(Error::Damaged { file, .. }) if file == names[2]));
    let disk = whole.after_crash(Loss::Nothing);
    disk.put("backup.seg", b"");
    assert!(matches!(open(&disk), Err(Error::Damaged { file, .. }) if file == "backup.seg"));
}

#[test]
fn a_message_that_looks_like_a_group_does_not_turn_a_torn_end_into_damage() {
    let (other, entries, starts) = one_segment();
    let forged = other.contents("00000000000000000001.seg").unwrap()[starts[1]..].to_vec();
    let disk = SimDisk::new();
    let random = |bytes: &mut [u8]| {
        bytes.fill(0x5a);
        Ok(())
    };
    let open = |disk: &SimDisk| {
        let config = Config { random, ..config() };
        SegmentLedger::open(Arc::new(disk.clone()), Arc::new(SetClock::new(Timestamp(1000))), config)
    };
    let ledger = open(&disk).unwrap();
    let mut run = Run::default();
    run.group(&ledger, 1);
    let start = disk.contents("00000000000000000001.seg").unwrap().len();
    let hostile = Record { header: forged, ..Record::default() };
    ledger.append(hostile).unwrap().blocking_recv().unwrap().unwrap();
    drop(ledger);
    let mut torn = disk.contents("00000000000000000001.seg").unwrap();
    torn[start..start + 64].fill(0);
    let ledger = open(&with_segment(&torn)).unwrap();
    assert_eq!(read_all(&ledger).unwrap(), entries[..1]);
    assert_eq!(ledger.opening().torn_bytes, (torn.len() - start) as u64);
}

#[test]
fn one_folder_has_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let on: [Arc<dyn Fs>; 2] = [Arc::new(SimDisk::new()), Arc::new(RealFs::new(dir.path()).unwrap())];
    for fs in on {
        let open = || SegmentLedger::open(Arc::clone(&fs), Arc::new(SetClock::default()), config());
        let first = open().unwrap();
        let second = open().err().expect("the folder is in use");
        assert!(matches!(second, Error::Io { source, .. } if source.kind() == io::ErrorKind::ResourceBusy));
        let identity = first.identity();
        drop(first);
        assert_eq!(open().unwrap().identity(), identity);
    }
}

#[test]
fn segments_of_format_version_1_are_still_read() {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/format/segment-v1.seg");
    if std::env::var_os("SWX_WRITE_GOLDEN").is_some() {
        let disk = SimDisk::new();
        let ledger = open(&disk).unwrap();
        let mut run = Run::default();
        [1, 2, 2].iter().for_each(|size| run.group(&ledger, *size));
        let compressible = Record { skeleton: b"<orderNo/>".repeat(50), ..record(5) };
        ledger.append(compressible).unwrap().blocking_recv().unwrap().unwrap();
        std::fs::write(PATH, disk.contents("00000000000000000001.seg").unwrap()).unwrap();
    }
    let ledger = open(&with_segment(&std::fs::read(PATH).unwrap())).unwrap();
    assert_eq!(ledger.opening().torn_bytes, 0);
    assert_eq!((ledger.identity().id, ledger.identity().epoch), ([0xa5; 16], 1));
    let expected = (0..6_u16).map(|n| {
        let record = if n < 5 { record(n) } else { Record { skeleton: b"<orderNo/>".repeat(50), ..record(5) } };
        Stored { position: Position(u64::from(n) + 1), time: Timestamp(1000), record }
    });
    assert_eq!(read_all(&ledger).unwrap(), expected.collect::<Vec<_>>());
    let head = ledger.verify().unwrap().head;
    assert_eq!(head[..4], [40, 29, 104, 153], "the hash of the last group is part of the format");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_as_a_segment_are_opened_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let (disk, _, starts) = one_segment();
        drop(open(&with_segment(&bytes)));
        let mut behind_a_header = disk.contents("00000000000000000001.seg").unwrap()[..starts[0]].to_vec();
        behind_a_header.extend_from_slice(&bytes);
        let ledger = open(&with_segment(&behind_a_header)).unwrap();
        prop_assert_eq!(ledger.durable_tail(), Position::ZERO);
        prop_assert_eq!(ledger.opening().torn_bytes, bytes.len() as u64);
    }

    #[test]
    fn any_change_leaves_a_prefix_or_is_refused(
        at in any::<prop::sample::Index>(), removed in 0_usize..400, put in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let (disk, entries, _) = one_segment();
        let mut bytes = disk.contents("00000000000000000001.seg").unwrap();
        let at = at.index(bytes.len());
        let end = (at + removed).min(bytes.len());
        bytes.splice(at..end, put);
        if let Err(error) = served(&bytes, &entries) {
            prop_assert!(matches!(error, Error::Damaged { .. }), "{}", error);
        }
    }
}
