//! The threads that check messages: one per core, apart from the async threads, fed by one bounded queue.
//!
//! Under load they never sleep between messages, which a pool that wakes a thread per job does.

use super::types::Error;
use crate::domain::limits::{INTAKE_QUEUE_BYTES_MAX, INTAKE_QUEUE_MAX};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<(usize, Job)>,
    /// Bytes of messages in waiting jobs.
    bytes: usize,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    ready: Condvar,
}

/// Handle to the threads; they end when the last one is dropped.
#[derive(Clone)]
pub(super) struct Cores(Arc<Owner>);

struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.queue.lock().closed = true;
        self.0.ready.notify_all();
    }
}

impl Cores {
    /// Starts that many threads.
    pub(super) fn start(count: usize) -> Cores {
        let shared = Arc::new(Shared::default());
        for number in 0..count.max(1) {
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("check-{number}"));
            // Detached: it ends with the last handle.
            drop(thread.spawn(move || work(&shared)).expect("the system can start a thread"));
        }
        Cores(Arc::new(Owner(shared)))
    }

    /// Runs work that holds a message of so many bytes.
    ///
    /// # Errors
    /// [`Error::Busy`] if too much waits; [`Error::Internal`] if the work panicked; what the work answers.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, answer) = oneshot::channel();
        let job = Box::new(move || {
            // Whoever hung up does not need it.
            let _gone = sender.send(work());
        });
        {
            let mut queue = self.0.0.queue.lock();
            if queue.jobs.len() >= INTAKE_QUEUE_MAX || queue.bytes.saturating_add(bytes) > INTAKE_QUEUE_BYTES_MAX {
                return Err(Error::Busy);
            }
            queue.bytes += bytes;
            queue.jobs.push_back((bytes, job));
        }
        self.0.0.ready.notify_one();
        answer.await.unwrap_or(Err(Error::Internal))
    }
}

fn work(shared: &Shared) {
    loop {
        let job = {
            let mut queue = shared.queue.lock();
            loop {
                if let Some((bytes, job)) = queue.jobs.pop_front() {
                    queue.bytes -= bytes;
                    break job;
                }
                if queue.closed {
                    return;
                }
                shared.ready.wait(&mut queue);
            }
        };
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a check panicked; its message was not recorded");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_panics_is_answered_and_the_next_one_runs() {
        let cores = Cores::start(1);
        let broken = cores.run(0, || -> Result<(), Error> { panic!("on purpose") }).await;
        assert!(matches!(broken, Err(Error::Internal)));
        assert_eq!(cores.run(0, || Ok(7)).await.ok(), Some(7));
    }

    #[tokio::test]
    async fn more_bytes_than_may_wait_are_refused() {
        let cores = Cores::start(1);
        let refused = cores.run(INTAKE_QUEUE_BYTES_MAX + 1, || Ok(())).await;
        assert!(matches!(refused, Err(Error::Busy)));
    }
}
