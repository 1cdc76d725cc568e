//! Stores that fail, and stores that wait.

use super::super::{Cells, Checkpoint, Error, Memory, Pair, Range, Store, Table, Write};
use super::put;
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Fails or panics at commit `n`, from 0, and refuses afterwards.
struct Failing {
    inner: Arc<Memory>,
    left: AtomicU32,
    panics: bool,
}

impl Store for Failing {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.inner.get(table, key)
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Pair>, Error> {
        self.inner.scan(table, range)
    }

    fn commit(&self, writes: &mut dyn Iterator<Item = Write<'_>>) -> Result<(), Error> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => self.inner.commit(writes),
            Err(_) if self.panics => panic!("the engine is broken"),
            Err(_) => Err(Error::io("sync", std::io::Error::other("no space"))),
        }
    }
}

#[test]
fn a_failed_commit_is_told_and_reads_stay_right() {
    for n in 0..4 {
        for panics in [false, true] {
            let inner = Arc::new(Memory::default());
            let cells = Cells::new(Arc::new(Failing { inner: inner.clone(), left: AtomicU32::new(n), panics }));
            for entry in 0..n {
                put(&cells, Table::Meta, b"applied", &entry.to_be_bytes());
                cells.flush().expect("the store still works");
            }
            assert!(cells.failed().is_none());
            put(&cells, Table::Meta, b"applied", &n.to_be_bytes());
            assert!(cells.flush().is_err());
            assert!(cells.failed().is_some());

            put(&cells, Table::Meta, b"more", b"1");
            assert!(cells.checkpoint().is_err());
            assert!(cells.flush().is_err());
            assert_eq!(cells.get(Table::Meta, b"applied").expect("get"), Some(n.to_be_bytes().to_vec()));
            assert_eq!(cells.scan(Table::Meta, &Range::all()).expect("scan").len(), 2);
            drop(cells);

            let kept = Cells::new(inner).get(Table::Meta, b"applied").expect("get");
            assert_eq!(kept, n.checked_sub(1).map(|last| last.to_be_bytes().to_vec()));
        }
    }
}

/// Commits only while the gate is open.
#[derive(Default)]
struct Gated {
    inner: Memory,
    open: Mutex<bool>,
    changed: Condvar,
}

impl Gated {
    fn open(&self) {
        *self.open.lock() = true;
        self.changed.notify_all();
    }
}

impl Store for Gated {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.inner.get(table, key)
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Pair>, Error> {
        self.inner.scan(table, range)
    }

    fn commit(&self, writes: &mut dyn Iterator<Item = Write<'_>>) -> Result<(), Error> {
        let mut open = self.open.lock();
        self.changed.wait_while(&mut open, |open| !*open);
        self.inner.commit(writes)
    }
}

#[test]
fn three_layers_are_read_as_one_while_a_commit_runs() {
    let store = Arc::new(Gated::default());
    let stored = Write { table: Table::Key, key: b"a", value: Some(b"stored") };
    store
        .inner
        .commit(&mut [stored, Write { key: b"b", ..stored }, Write { key: b"c", ..stored }].into_iter())
        .expect("commit");
    let cells = Cells::new(store.clone());
    put(&cells, Table::Key, b"b", b"frozen");
    put(&cells, Table::Key, b"c", b"frozen");
    assert_eq!(cells.checkpoint().expect("checkpoint"), Checkpoint::Begun);
    put(&cells, Table::Key, b"c", b"active");
    assert_eq!(cells.checkpoint().expect("checkpoint"), Checkpoint::Busy);
    assert!(cells.usage().frozen_bytes > 0);

    let mut txn = cells.begin();
    txn.put(Table::Key, b"d", *b"entry");
    let rows = txn.scan(Table::Key, &Range::all()).expect("scan");
    drop(txn);
    let values: Vec<&[u8]> = rows.iter().map(|(_, value)| value.as_slice()).collect();
    assert_eq!(values, [b"stored".as_slice(), b"frozen", b"active", b"entry"]);
    assert_eq!(cells.get(Table::Key, b"b").expect("get"), Some(b"frozen".to_vec()));

    let before = cells.digest().expect("digest");
    store.open();
    cells.flush().expect("flush");
    assert_eq!(cells.digest().expect("digest"), before);
}

#[test]
fn over_the_hard_limit_a_checkpoint_waits_for_the_running_commit() {
    let store = Arc::new(Gated::default());
    let opened = AtomicBool::new(false);
    let cells = Cells::new(store.clone());
    put(&cells, Table::Key, b"a", b"1");
    assert_eq!(cells.checkpoint().expect("checkpoint"), Checkpoint::Begun);
    put(&cells, Table::Key, b"a", &vec![0; crate::domain::limits::STATE_ACTIVE_BYTES_MAX]);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let done = cells.checkpoint();
            (done, opened.load(Ordering::SeqCst))
        });
        opened.store(true, Ordering::SeqCst);
        store.open();
        let (done, after_opening) = waiting.join().expect("checkpoint");
        assert_eq!(done.expect("checkpoint"), Checkpoint::Begun);
        assert!(after_opening);
    });
    cells.flush().expect("flush");
}
