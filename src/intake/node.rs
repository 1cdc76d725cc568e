//! One node of the exchange without its doors: ledger, state, intake, reader and feed, and their tasks.

use super::Intake;
use super::applier::{Applier, ApplyError, Shared};
use super::check::Edition;
use super::cores::Cores;
use super::hash::PersonalHash;
use super::reader::Reader;
use super::signer::Signer;
use crate::domain::Clock;
use crate::feed::{Feed, LedgerId};
use crate::ledger::Ledger;
use crate::state::store::Cells;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often deadlines are looked at.
const TICK_EVERY: Duration = Duration::from_secs(60);

/// How often the state is committed even if little was applied.
const COMMIT_EVERY: Duration = Duration::from_secs(30);

/// Secrets of a node. They are no part of the ledger and of no backup of it.
pub struct Secrets {
    /// Key of the hashes of personal values: the same on every node of a ledger, for ever.
    pub personal: [u8; 32],
    /// Seed of the key that signs checkpoints.
    pub signing: [u8; 32],
    /// Key of the secrets of draws: without it lists of the periods it made are not drawn, and nothing is revealed.
    pub inspection: [u8; 32],
}

/// What judges messages before they are recorded.
pub struct Checks {
    /// Compiled editions of the schema.
    pub editions: Vec<Edition>,
    /// How their signatures are treated.
    pub signatures: crate::signature::Settings,
}

/// A running node. Stop it with [`Node::stop`].
pub struct Node {
    /// Takes what parties send.
    pub intake: Intake,
    /// Looks things up.
    pub reader: Reader,
    /// Delivers events.
    pub feed: Feed,
    healthy: watch::Receiver<bool>,
    stop: watch::Sender<bool>,
    stop_applier: watch::Sender<bool>,
    /// Held so that the applier does not take the end of the timer for the end of the node.
    _commit_due: watch::Sender<()>,
    applier: std::thread::JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
}

impl Node {
    /// Applies what the ledger holds and the state does not yet, then starts. Blocking; needs a runtime.
    ///
    /// # Errors
    /// [`ApplyError`] if the ledger or the state cannot be read.
    ///
    /// # Panics
    /// If the system cannot start a thread.
    pub fn start(
        ledger: Arc<dyn Ledger>,
        ledger_id: LedgerId,
        cells: Arc<Cells>,
        checks: Checks,
        secrets: &Secrets,
        clock: Arc<dyn Clock>,
        cores: usize,
    ) -> Result<Node, ApplyError> {
        let (shared, machine) = Shared::open(cells, ledger)?;
        let mut applier = Applier::new(Arc::clone(&shared), machine);
        let replayed = applier.catch_up()?;
        tracing::info!(replayed, position = %shared.applied(), "state is up to date");
        let origin = format!("swx/{}", super::check::hex(&ledger_id.id));
        let reader = Reader { shared: Arc::clone(&shared), signer: Arc::new(Signer::new(origin, &secrets.signing)) };
        let intake = Intake {
            shared: Arc::clone(&shared),
            reader: reader.clone(),
            editions: Arc::new(checks.editions),
            signatures: Arc::new(checks.signatures),
            keyring: Arc::default(),
            clock,
            hash: Arc::new(PersonalHash::new(&secrets.personal)),
            verifier: Arc::new(super::NoVerifier),
            cores: Cores::start(cores),
            draw_key: Arc::new(super::draw::DrawKey::new(&secrets.inspection)),
        };
        let (stop, stopping) = watch::channel(false);
        let feed = Feed::new(reader.clone(), intake.clone(), ledger_id, stopping.clone());
        let runtime = tokio::runtime::Handle::current();
        let (stop_applier, applier_stopping) = watch::channel(false);
        let (commit_due, due) = watch::channel(());
        let applier = {
            let runtime = runtime.clone();
            let thread = std::thread::Builder::new().name("applier".to_owned());
            thread.spawn(move || applier.run(&runtime, applier_stopping, due)).expect("the system can start a thread")
        };
        let tasks = vec![
            runtime.spawn(feed.clone().record_acks(stopping.clone())),
            runtime.spawn(tick(intake.clone(), stopping.clone())),
            runtime.spawn(intake.clone().keep_drawing(stopping.clone())),
            runtime.spawn(commit_now_and_then(commit_due.clone(), stopping)),
        ];
        Ok(Node {
            intake,
            reader,
            feed,
            healthy: shared.healthy(),
            stop,
            stop_applier,
            _commit_due: commit_due,
            applier,
            tasks,
        })
    }

    /// Follows whether entries can be taken and applied.
    #[must_use]
    pub fn healthy(&self) -> watch::Receiver<bool> {
        self.healthy.clone()
    }

    /// Stops the tasks, records the last acknowledged cursors, commits the state. What is queued in the
    /// ledger is still written when the ledger is dropped.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the node failed");
            }
        }
        // Only now: the tasks' last entries are waited for until they are applied.
        self.stop_applier.send_replace(true);
        let applier = self.applier;
        if tokio::task::spawn_blocking(move || applier.join()).await.is_err() {
            tracing::error!("the applier could not be joined");
        }
    }
}

/// Lets the state be committed now and then, however little was applied: a restart then replays little.
async fn commit_now_and_then(due: watch::Sender<()>, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopping.changed() => return,
            () = tokio::time::sleep(COMMIT_EVERY) => due.send_replace(()),
        }
    }
}

/// Fires deadlines now and then. Only the entry's time counts, not when this runs.
async fn tick(intake: Intake, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopping.changed() => return,
            () = tokio::time::sleep(TICK_EVERY) => {}
        }
        if let Err(error) = intake.tick().await {
            tracing::warn!(%error, "deadlines were not fired; trying again later");
        }
    }
}
