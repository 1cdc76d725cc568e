//! Claims about the state as a whole, each over memory and disk.

mod failing;
mod model;

use super::{Cells, Checkpoint, Disk, DiskOptions, Error, Memory, Range, Store, Table};
use std::path::Path;
use std::sync::Arc;

/// Small, so that tests flush and compact too.
pub(super) fn disk(folder: &Path) -> Arc<dyn Store> {
    let options = DiskOptions {
        cache_bytes: 1024 * 1024,
        memtable_bytes: 64 * 1024,
        journal_bytes: 64 * 1024 * 1024,
        threads: 1,
    };
    Arc::new(Disk::open(folder, options).expect("open the store"))
}

fn put(cells: &Cells, table: Table, key: &[u8], value: &[u8]) {
    let mut txn = cells.begin();
    txn.put(table, key, value);
    txn.commit_entry();
}

/// Runs a claim over both stores.
fn on_both(claim: impl Fn(Arc<dyn Store>)) {
    claim(Arc::new(Memory::default()));
    let folder = tempfile::tempdir().expect("temporary folder");
    claim(disk(folder.path()));
}

#[test]
fn two_tables_do_not_mix() {
    on_both(|store| {
        let cells = Cells::new(store);
        put(&cells, Table::Key, b"k", b"1");
        put(&cells, Table::Match, b"k", b"2");
        for _ in 0..2 {
            assert_eq!(cells.get(Table::Key, b"k").expect("get"), Some(b"1".to_vec()));
            assert_eq!(cells.get(Table::Match, b"k").expect("get"), Some(b"2".to_vec()));
            assert_eq!(cells.get(Table::Document, b"k").expect("get"), None);
            assert_eq!(cells.scan(Table::Key, &Range::all()).expect("scan").len(), 1);
            cells.flush().expect("flush");
        }
    });
}

#[test]
fn a_scan_sees_all_layers_and_no_deleted_key() {
    on_both(|store| {
        let cells = Cells::new(store);
        for n in 0..600u32 {
            put(&cells, Table::Events, &n.to_be_bytes(), b"stored");
        }
        cells.flush().expect("flush");
        let mut txn = cells.begin();
        for n in (0..600u32).filter(|n| n % 3 != 0) {
            txn.delete(Table::Events, &n.to_be_bytes());
        }
        txn.put(Table::Events, &3u32.to_be_bytes(), *b"new");
        let inside = txn.scan(Table::Events, &Range::all().limit(2)).expect("scan");
        assert_eq!(inside, [(vec![0, 0, 0, 0], b"stored".to_vec()), (vec![0, 0, 0, 3], b"new".to_vec())]);
        txn.commit_entry();
        let rows = cells.scan(Table::Events, &Range::all()).expect("scan");
        assert_eq!(rows.len(), 200);
        let last = cells.scan(Table::Events, &Range::all().reverse().limit(1)).expect("scan");
        assert_eq!(last, [(597u32.to_be_bytes().to_vec(), b"stored".to_vec())]);
        cells.flush().expect("flush");
        assert_eq!(cells.scan(Table::Events, &Range::all()).expect("scan"), rows);
    });
}

#[test]
fn a_dropped_entry_leaves_nothing() {
    on_both(|store| {
        let cells = Cells::new(store);
        let mut txn = cells.begin();
        txn.put(Table::Meta, b"half", *b"1");
        assert_eq!(txn.get(Table::Meta, b"half").expect("get"), Some(b"1".to_vec()));
        assert_eq!(cells.get(Table::Meta, b"half").expect("get"), None);
        drop(txn);
        assert_eq!(cells.get(Table::Meta, b"half").expect("get"), None);
        assert_eq!(cells.checkpoint().expect("checkpoint"), Checkpoint::Nothing);
    });
}

#[test]
fn a_view_never_sees_half_an_entry() {
    const ENTRIES: u32 = 2_000;
    on_both(|store| {
        let cells = Cells::new(store);
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut seen = 0u32;
                        while seen < ENTRIES {
                            let view = cells.read();
                            let a = view.get(Table::Meta, b"a").expect("get");
                            let b = view.scan(Table::Key, &Range::prefix(b"b")).expect("scan");
                            assert_eq!(a.as_ref(), b.first().map(|(_, value)| value));
                            let now = a.map_or(0, |a| u32::from_be_bytes(a.try_into().expect("four bytes")));
                            assert!(now >= seen, "{now} after {seen}");
                            seen = now;
                        }
                    })
                })
                .collect();
            for n in 1..=ENTRIES {
                let mut txn = cells.begin();
                txn.put(Table::Meta, b"a", n.to_be_bytes());
                txn.put(Table::Key, b"b", n.to_be_bytes());
                txn.commit_entry();
                if n % 50 == 0 {
                    cells.checkpoint().expect("checkpoint");
                }
            }
            for reader in readers {
                reader.join().expect("reader");
            }
        });
        cells.flush().expect("flush");
    });
}

#[test]
fn the_digest_does_not_depend_on_where_rows_are() {
    let digests: Vec<[u8; 32]> = [1u32, 7, 1000]
        .into_iter()
        .map(|every| {
            let cells = Cells::new(Arc::new(Memory::default()));
            for n in 0..500u32 {
                put(&cells, Table::Document, &(n % 300).to_be_bytes(), &n.to_be_bytes());
                if n % every == 0 {
                    cells.flush().expect("flush");
                }
            }
            cells.digest().expect("digest")
        })
        .collect();
    assert!(digests.windows(2).all(|pair| pair.first() == pair.last()));
    let other = Cells::new(Arc::new(Memory::default()));
    assert_ne!(Some(&other.digest().expect("digest")), digests.first());
}

#[test]
fn a_folder_in_use_is_locked() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let first = disk(folder.path());
    let second = Disk::open(folder.path(), DiskOptions::default());
    assert!(matches!(second, Err(Error::Locked { .. })));
    drop(first);
    assert!(Disk::open(folder.path(), DiskOptions::default()).is_ok());
}

#[test]
fn memory_is_counted() {
    let cells = Cells::new(Arc::new(Memory::default()));
    assert_eq!(cells.usage().active_bytes, 0);
    put(&cells, Table::Facts, b"f", &[0; 1000]);
    assert!(cells.usage().active_bytes >= 1000);
    assert!(!cells.should_checkpoint());
    put(&cells, Table::Facts, b"g", &vec![0; crate::domain::limits::STATE_CHECKPOINT_BYTES]);
    assert!(cells.should_checkpoint());
    cells.flush().expect("flush");
    assert_eq!(cells.usage(), super::Usage::default());
}
