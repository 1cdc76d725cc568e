//! The state against a plain map, under random use, restarts included.

use super::super::{Cells, Memory, Range, Store, Table};
use super::disk;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

type Model = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

const APPLIED: &[u8] = b"applied";

#[derive(Debug, Clone)]
enum Step {
    /// Writes of one entry; the flag says whether it is kept.
    Entry(Vec<(Table, Vec<u8>, Option<Vec<u8>>)>, bool),
    Scan(Table, Vec<u8>, Vec<u8>, usize, bool),
    Checkpoint,
    Flush,
    Reopen,
}

fn table() -> impl Strategy<Value = Table> {
    prop::sample::select(vec![Table::Key, Table::Document, Table::Facts])
}

/// Few distinct keys, so that they meet; some longer than what is held in place.
fn key() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(prop::sample::select(vec![0u8, 1, 0xff]), 1..4), prop::sample::select(vec![0usize, 25]))
        .prop_map(|(mut key, more)| {
            key.extend(std::iter::repeat_n(1, more));
            key
        })
}

fn step() -> impl Strategy<Value = Step> {
    let write = (table(), key(), prop::option::weighted(0.7, prop::collection::vec(any::<u8>(), 0..40)));
    prop_oneof![
        8 => (prop::collection::vec(write, 1..12), prop::bool::weighted(0.8)).prop_map(|(w, kept)| Step::Entry(w, kept)),
        6 => (table(), key(), key(), 0usize..12, any::<bool>()).prop_map(|(t, p, a, l, r)| Step::Scan(t, p, a, l, r)),
        3 => Just(Step::Checkpoint),
        1 => Just(Step::Flush),
        1 => Just(Step::Reopen),
    ]
}

fn expected(
    model: &Model,
    table: Table,
    prefix: &[u8],
    after: &[u8],
    limit: usize,
    reverse: bool,
) -> Vec<(Vec<u8>, Vec<u8>)> {
    let rows = model.iter().filter(|((t, key), _)| *t == table && key.starts_with(prefix));
    let rows = rows.map(|((_, key), value)| (key.clone(), value.clone()));
    if reverse {
        rows.rev().filter(|(key, _)| key.as_slice() < after).take(limit).collect()
    } else {
        rows.filter(|(key, _)| key.as_slice() > after).take(limit).collect()
    }
}

fn check_whole(cells: &Cells, model: &Model) {
    for table in Table::ALL {
        let rows = cells.scan(table, &Range::all()).expect("scan");
        assert_eq!(rows, expected(model, table, &[], &[], usize::MAX, false), "{table:?}");
    }
}

fn run(steps: &[Step], open: impl Fn() -> Arc<dyn Store>) {
    let mut cells = Cells::new(open());
    // The model after every entry; what survives a restart must be one of them.
    let mut history = vec![Model::new()];
    let mut durable = 0;
    for step in steps {
        let now = history.last().expect("never empty");
        match step {
            Step::Entry(writes, kept) => {
                let mut next = now.clone();
                let mut txn = cells.begin();
                let applied = u64::try_from(history.len()).expect("few entries").to_be_bytes();
                txn.put(Table::Meta, APPLIED, applied);
                next.insert((Table::Meta, APPLIED.to_vec()), applied.to_vec());
                for (table, key, value) in writes {
                    match value {
                        Some(value) => {
                            txn.put(*table, key, value.as_slice());
                            next.insert((*table, key.clone()), value.clone());
                        }
                        None => {
                            txn.delete(*table, key);
                            next.remove(&(*table, key.clone()));
                        }
                    }
                    assert_eq!(txn.get(*table, key).expect("get"), *value);
                }
                if *kept {
                    txn.commit_entry();
                    history.push(next);
                } else {
                    drop(txn);
                }
                let now = history.last().expect("never empty");
                for (table, key, _) in writes {
                    assert_eq!(cells.get(*table, key).expect("get").as_ref(), now.get(&(*table, key.clone())));
                }
            }
            Step::Scan(table, prefix, after, limit, reverse) => {
                let range = Range::prefix(prefix).limit(*limit);
                let range = if *reverse { range.before(after).reverse() } else { range.after(after) };
                let rows = cells.scan(*table, &range).expect("scan");
                assert_eq!(rows, expected(now, *table, prefix, after, *limit, *reverse));
            }
            Step::Checkpoint => {
                cells.checkpoint().expect("checkpoint");
            }
            Step::Flush => {
                cells.flush().expect("flush");
                durable = history.len() - 1;
            }
            Step::Reopen => {
                drop(cells);
                cells = Cells::new(open());
                let applied = cells.get(Table::Meta, APPLIED).expect("get");
                let applied = applied.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().expect("eight bytes")));
                let applied = usize::try_from(applied).expect("few entries");
                assert!(applied >= durable, "flushed {durable}, found {applied}");
                history.truncate(applied + 1);
                durable = applied;
            }
        }
    }
    check_whole(&cells, history.last().expect("never empty"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn memory_is_like_a_plain_map(steps in prop::collection::vec(step(), 1..80)) {
        let store = Arc::new(Memory::default());
        run(&steps, || store.clone());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn disk_is_like_a_plain_map(steps in prop::collection::vec(step(), 1..60)) {
        let folder = tempfile::tempdir().expect("temporary folder");
        run(&steps, || disk(folder.path()));
    }
}
