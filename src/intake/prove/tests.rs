use super::*;
use crate::domain::{Party, SystemClock};
use crate::intake::Signer;
use crate::ledger::{Ledger, MemoryLedger, Record};
use crate::proof::{open_note, verify_consistency, verify_inclusion};
use crate::state::store::{Cells as StoreCells, Memory};
use crate::state::{Cells, Content, Editions, Header, Machine, Tick};

fn tick(number: u32) -> Record {
    let header =
        Header { party: 7, guid: format!("T{number}"), editions: Some(Editions::first()), ..Header::default() };
    Entry { header, content: Content::Tick(Tick { limit: 1 }) }.record()
}

fn filed(number: u32) -> Record {
    let party = Party { code: format!("P{number}"), active: true, ..Party::default() };
    let header = Header { editions: Some(Editions::first()), ..Header::default() };
    Entry { header, content: Content::Party(party) }.record()
}

fn reader(entries: u32, with_rows: bool) -> Reader {
    reader_of((0..entries).map(tick), with_rows)
}

/// A ledger of records, applied as the applier does, and a reader of it.
fn reader_of(records: impl Iterator<Item = Record>, with_rows: bool) -> Reader {
    let ledger = MemoryLedger::new(Arc::new(SystemClock), 1 << 24);
    let cells = StoreCells::new(Arc::new(Memory::default()));
    let mut machine = Machine::load(&cells).expect("empty");
    for record in records {
        ledger.append(record).expect("room").blocking_recv().expect("written").expect("written");
    }
    for stored in ledger.read(Position::ZERO, usize::MAX).expect("readable") {
        let entry = Entry::of_record(&stored.record).expect("an entry");
        let mut writes = cells.begin();
        machine.apply(&mut writes, &stored, entry).expect("applied");
        writes.commit_entry();
    }
    let cells = if with_rows { cells } else { without_rows(&cells) };
    let (shared, _) = Shared::open(Arc::new(cells), Arc::new(ledger)).expect("a state");
    Reader { shared, signer: Arc::new(Signer::new("swx/test".to_owned(), &[7; 32])) }
}

/// The state as a program made it that did not keep rows.
fn without_rows(cells: &StoreCells) -> StoreCells {
    use crate::state::CellsMut;
    use crate::state::store::Table;
    let older = StoreCells::new(Arc::new(Memory::default()));
    let mut writes = older.begin();
    for table in Table::ALL {
        let rows = Cells::scan(cells, table, &[], &[0xff; 32], usize::MAX, false).expect("readable");
        for (key, value) in rows {
            if table != Table::Merkle || ![b'n', b'v'].contains(key.first().expect("a key")) {
                CellsMut::put(&mut writes, table, &key, value);
            }
        }
    }
    writes.commit_entry();
    older
}

fn sender() -> Caller {
    Caller { id: crate::domain::PartyId(7), party: Arc::default() }
}

#[test]
fn every_entry_is_proved_and_every_checkpoint_goes_on() {
    let reader = reader(300, true);
    let newest = reader.checkpoint().expect("a checkpoint");
    let note = open_note(&newest.signed_note, &newest.public_key).expect("signed");
    for position in 1..=300 {
        let (proof, checkpoint) = reader.inclusion(&sender(), Position(position), 0).expect("readable").expect("there");
        assert_eq!((proof.index, proof.entries), (position - 1, 300));
        assert_eq!(checkpoint.as_ref(), Some(&newest));
        let leaf = entry_leaf(proof.position, proof.time_ms, &proof.header);
        assert!(verify_inclusion(&leaf, proof.index, proof.entries, &proof.path, &note.entries_root));
    }
    let mut tree = reader.tree();
    for first in [1, 63, 64, 65, 128, 200, 299, 300] {
        let Ok(old) = crate::proof::root(&mut tree, first) else { panic!("readable") };
        let found = reader.consistency(first, 0).expect("readable").expect("there");
        assert!(verify_consistency(first, found.entries, &old, &note.entries_root, &found.path), "from {first}");
        let (proof, _) = reader.inclusion(&sender(), Position(1), first).expect("readable").expect("there");
        let leaf = entry_leaf(proof.position, proof.time_ms, &proof.header);
        assert!(verify_inclusion(&leaf, 0, first, &proof.path, &old), "in {first}");
    }
}

#[test]
fn what_is_not_there_or_not_the_callers_is_not_proved() {
    let reader = reader(70, true);
    let ask = |party: u32, position: u64, entries: u64| {
        let caller = Caller { id: crate::domain::PartyId(party), party: Arc::default() };
        reader.inclusion(&caller, Position(position), entries).expect("readable").map(|_| ())
    };
    assert_eq!(ask(7, 70, 70), Ok(()));
    for (party, position, entries, wanted) in [
        (7, 0, 0, NoProof::NoEntry),
        (7, 71, 0, NoProof::NoEntry),
        (7, u64::MAX, 0, NoProof::NoEntry),
        (8, 70, 0, NoProof::NoEntry),
        (7, 70, 69, NoProof::NoTree),
        (7, 70, 71, NoProof::NoTree),
        (7, 70, u64::MAX, NoProof::NoTree),
    ] {
        assert_eq!(ask(party, position, entries), Err(wanted), "{party} {position} {entries}");
    }
    for (first, second) in [(71, 0), (2, 1), (1, 71), (u64::MAX, u64::MAX)] {
        assert_eq!(reader.consistency(first, second).expect("readable").map(|_| ()), Err(NoProof::NoTree));
    }
}

/// Every firm that is filed is an event, which its own number is told of by nobody's view; so it is asked for here
/// as the trees have it.
#[test]
fn events_have_a_tree_of_their_own_with_rows_at_the_start() {
    for with_rows in [true, false] {
        let reader = reader_of((0..200).map(filed), with_rows);
        let (_, events, _) = reader.shared.trees();
        assert_eq!(events.leaves(), 200);
        let mut tree = Tree::new(&reader.shared, Kind::Events, events.leaves());
        for position in 1..=200 {
            let index = tree.index_of((position, 1)).expect("readable").expect("there");
            let outcome = reader.outcome(Position(position)).expect("readable").expect("one");
            let event = outcome.events.first().expect("one").encode_to_vec();
            let Ok(path) = inclusion_path(&mut tree, index, 200) else { panic!("readable") };
            assert!(verify_inclusion(&event_leaf(position, &event), index, 200, &path, &events.root()));
        }
        assert_eq!(tree.index_of((201, 1)).expect("readable"), None);
        assert_eq!(tree.index_of((5, 2)).expect("readable"), None);
    }
}

#[test]
fn a_state_of_an_earlier_program_gets_its_rows_at_the_start() {
    let (older, newer) = (reader(200, false), reader(200, true));
    for (level, index) in [(6, 0), (6, 1), (6, 2), (7, 0)] {
        let row = tree::node(older.shared.cells.as_ref(), Kind::Entries, level, index).expect("readable");
        assert!(row.is_some(), "{level} {index}");
    }
    let ask = |reader: &Reader| reader.inclusion(&sender(), Position(77), 0).expect("readable").expect("there").0;
    let (left, right) = (ask(&older), ask(&newer));
    assert_eq!((left.index, left.path.len()), (right.index, right.path.len()));
    let note = older.checkpoint().expect("a checkpoint");
    let leaf = entry_leaf(left.position, left.time_ms, &left.header);
    assert!(verify_inclusion(&leaf, left.index, left.entries, &left.path, &note.entries_root));
}
