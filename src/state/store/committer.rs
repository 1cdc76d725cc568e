//! The thread that commits frozen layers to the store.

use super::cells::Layers;
use super::layer::Layer;
use super::{Checkpoint, Error, Store};
use parking_lot::{Condvar, Mutex, RwLock};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::thread::JoinHandle;

#[derive(Default)]
struct Work {
    next: Option<Arc<Layer>>,
    /// From the handing over until the layer left memory.
    busy: bool,
    failed: Option<Error>,
    closing: bool,
}

#[derive(Default)]
struct Desk {
    work: Mutex<Work>,
    changed: Condvar,
}

/// Owner of the committer thread; dropping it waits for a running commit.
pub(super) struct Committer {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub(super) fn start(store: Arc<dyn Store>, layers: Arc<RwLock<Layers>>) -> Committer {
        let desk = Arc::new(Desk::default());
        let thread = std::thread::Builder::new()
            .name("state-commit".into())
            .spawn({
                let desk = desk.clone();
                move || work(&desk, store.as_ref(), &layers)
            })
            .expect("a thread can be started");
        Committer { desk, thread: Some(thread) }
    }

    /// Freezes the active layer and hands it to the thread. If one is still being committed, waits for
    /// it only when the active layer weighs more than `bytes_max`.
    pub(super) fn freeze(&self, layers: &RwLock<Layers>, bytes_max: usize) -> Result<Checkpoint, Error> {
        let mut work = self.desk.work.lock();
        while work.busy && work.failed.is_none() {
            // The lock on the layers is not kept: the thread needs it to finish.
            if layers.read().active.bytes() <= bytes_max && bytes_max > 0 {
                return Ok(Checkpoint::Busy);
            }
            self.desk.changed.wait(&mut work);
        }
        if let Some(error) = &work.failed {
            return Err(error.clone());
        }
        let mut layers = layers.write();
        if layers.active.is_empty() {
            return Ok(Checkpoint::Nothing);
        }
        let frozen = Arc::new(layers.active.replace());
        layers.frozen = Some(frozen.clone());
        work.next = Some(frozen);
        work.busy = true;
        self.desk.changed.notify_all();
        Ok(Checkpoint::Begun)
    }

    pub(super) fn wait_idle(&self) -> Result<(), Error> {
        let mut work = self.desk.work.lock();
        while work.busy && work.failed.is_none() {
            self.desk.changed.wait(&mut work);
        }
        work.failed.clone().map_or(Ok(()), Err)
    }

    pub(super) fn failed(&self) -> Option<Error> {
        self.desk.work.lock().failed.clone()
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.desk.work.lock().closing = true;
        self.desk.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("state committer thread panicked");
        }
    }
}

fn work(desk: &Desk, store: &dyn Store, layers: &RwLock<Layers>) {
    loop {
        let frozen = {
            let mut work = desk.work.lock();
            loop {
                // What was handed over before closing is still committed.
                if let Some(frozen) = work.next.take() {
                    break frozen;
                }
                if work.closing {
                    return;
                }
                desk.changed.wait(&mut work);
            }
        };
        // An engine that panics must not leave the applier believing that its commits go on.
        let done = std::panic::catch_unwind(AssertUnwindSafe(|| store.commit(&mut frozen.writes())))
            .unwrap_or_else(|_| Err(Error::Poisoned { reason: "the engine panicked in a commit".into() }));
        // After a failure the frozen layer stays in memory, so that reads stay right until the restart.
        let committed = done.is_ok().then(|| layers.write().frozen.take());
        let mut work = desk.work.lock();
        work.busy = false;
        work.failed = done.err();
        desk.changed.notify_all();
        drop(work);
        // Freeing a large layer takes a while: after everyone was told.
        drop((committed, frozen));
    }
}
