//! The sandbox: a second exchange of the same process, with a port, a ledger, a state and keys of its own.
//!
//! It runs on threads of its own, shares nothing with the exchange but its certificates and what is filed there, which
//! it copies and follows, and has a made-up customs that answers. Nothing leads from it back.

mod filings;
mod folder;

use super::{Error, bind, open_node};
use crate::config::{Config, Reset, Sandbox as Settings};
use crate::domain::limits::DRAIN_WAIT_MS;
use crate::domain::{Caller, Clock, Timestamp};
use crate::intake::{Node, Reader};
use crate::rehearsal::inside::{self, Inside};
use crate::rehearsal::{self, Limits};
use crate::simulator::{Desk, Scenario};
use crate::telemetry::{Realm, start_sandbox_metrics};
use crate::transport::peer::Gate;
use crate::transport::{Door, grpc, http, listen, marked, tls::Trust};
use folder::Folder;
use metrics_exporter_prometheus::PrometheusHandle;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

/// Threads of the sandbox beside those of its node.
const THREADS: usize = 2;
/// Name of the subscription of its customs.
const SUBSCRIPTION: &str = "customs-sim";
/// Stands before every text of its customs.
const MARK: &str = "[沙箱 sandbox] ";
/// Pause before its customs begins again after a failure, and between attempts to open the port again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
/// Longest sleep before its clock is looked at again: clocks are set, and machines sleep.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Midnight in China is that much before midnight in UTC.
const CHINA_OFFSET_MS: i64 = 8 * 3600 * 1000;

/// A running sandbox.
pub(super) struct Sandbox {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Renders its metrics.
    pub(super) metrics: Option<PrometheusHandle>,
    resets: mpsc::Sender<oneshot::Sender<()>>,
    supervisor: JoinHandle<()>,
    runtime: Option<Runtime>,
}

/// Has a sandbox forget everything. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SandboxReset(mpsc::Sender<oneshot::Sender<()>>);

impl SandboxReset {
    /// Empties the sandbox; it answers again when this returns. False if it has stopped.
    pub async fn reset(&self) -> bool {
        let (done, is_done) = oneshot::channel();
        self.0.send(done).await.is_ok() && is_done.await.is_ok()
    }
}

/// What a sandbox is made of, every time that it is opened.
struct Plan {
    /// The configuration of the exchange, with the folder of the sandbox.
    config: Config,
    scenario: Option<Scenario>,
    folder: Folder,
    reset: Reset,
    /// The exchange: read only, and of it only what is filed.
    real: Reader,
    trust: Trust,
    clock: Arc<dyn Clock>,
}

impl Sandbox {
    /// Starts a sandbox beside an exchange, which goes on until `stopped`.
    pub(super) async fn start(
        config: &Config,
        settings: &Settings,
        real: Reader,
        trust: Trust,
        clock: Arc<dyn Clock>,
        stopped: watch::Receiver<bool>,
    ) -> Result<Sandbox, Error> {
        let metrics = start_sandbox_metrics();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("sandbox")
            .on_thread_start(|| Realm::Sandbox.enter())
            .enable_all()
            .build()
            .map_err(Error::Threads)?;
        let scenario = settings.scenario.clone().map(|scenario| Scenario { mark: MARK.to_owned(), ..scenario });
        let folder = Folder::new(&settings.data);
        let config = Config { data: settings.data.clone(), sandbox: None, ..config.clone() };
        let plan = Plan { config, scenario, folder, reset: settings.reset, real, trust, clock };
        let (resets, asked) = mpsc::channel(1);
        let listen = settings.listen;
        // Everything from here on belongs to the threads of the sandbox.
        let opening = runtime.spawn(async move {
            let begun = plan.clock.now();
            plan.folder.prepare(plan.reset, begun).map_err(|source| plan.folder_error(source))?;
            let tcp = bind(listen).await?;
            let address = super::address(&tcp, listen)?;
            let open = Open::start(&plan, tcp).await?;
            Ok::<_, Error>((address, tokio::spawn(supervise(plan, (open, begun), address, asked, stopped))))
        });
        let opened = opening.await.unwrap_or_else(|broken| std::panic::resume_unwind(broken.into_panic()));
        match opened {
            Ok((address, supervisor)) => Ok(Sandbox { address, metrics, resets, supervisor, runtime: Some(runtime) }),
            Err(error) => {
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    /// A handle that empties it.
    pub(super) fn handle(&self) -> SandboxReset {
        SandboxReset(self.resets.clone())
    }

    /// Waits until it has ended, which the stop of the exchange told it to.
    pub(super) async fn ended(mut self) {
        if let Err(error) = (&mut self.supervisor).await {
            tracing::error!(%error, "the sandbox ended badly");
        }
        if let Some(runtime) = self.runtime.take() {
            let wait = Duration::from_millis(DRAIN_WAIT_MS);
            if tokio::task::spawn_blocking(move || runtime.shutdown_timeout(wait)).await.is_err() {
                tracing::error!("the threads of the sandbox could not be ended");
            }
        }
    }
}

impl Drop for Sandbox {
    /// An app that was dropped without a stop must not wait here: it may be on an async thread.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Plan {
    fn folder_error(&self, source: std::io::Error) -> Error {
        Error::Sandbox { folder: self.config.data.clone(), source }
    }
}

/// A sandbox that is open: its node, its door and its customs.
struct Open {
    node: Node,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Open {
    async fn start(plan: &Plan, tcp: TcpListener) -> Result<Open, Error> {
        let node = open_node(&plan.config, Arc::clone(&plan.clock)).await?;
        match Open::furnish(plan, &node, tcp).await {
            Ok((stop, tasks)) => Ok(Open { node, stop, tasks }),
            Err(error) => {
                // Another attempt needs the folder.
                node.stop().await;
                Err(error)
            }
        }
    }

    /// Files what there is to file, then opens the door and has customs answer.
    async fn furnish(plan: &Plan, node: &Node, tcp: TcpListener) -> Result<(watch::Sender<bool>, JoinSet<()>), Error> {
        if let Some(edition) = &plan.config.edition {
            let changed = node.intake.put_in_force(edition).await;
            changed.map_err(|source| Error::Edition { name: edition.clone(), source })?;
        }
        let mut copied = filings::Copied::default();
        copied.copy(&plan.real, node).await;
        let (stop, stopped) = watch::channel(false);
        let door = Door {
            intake: node.intake.clone(),
            reader: node.reader.clone(),
            feed: node.feed.clone(),
            gate: Gate::new(node.reader.clone(), plan.trust.clone(), &plan.config.rate, Arc::clone(&plan.clock)),
            stop: stopped.clone(),
            sandbox: true,
        };
        let healthy = node.healthy();
        let (services, reporter) = grpc::router(&door, plan.config.reflection).map_err(Error::Reflection)?;
        let router = services.merge(http::router(&door, healthy.clone())).fallback(http::nothing_here);
        let mut tasks = JoinSet::new();
        if let Some(scenario) = &plan.scenario {
            let caller = filings::customs(node).await?;
            tasks.spawn(answer(scenario.clone(), caller, door.clone(), stopped.clone()));
        }
        tasks.spawn(copied.follow(plan.real.clone(), node.intake.clone(), node.reader.clone(), stopped.clone()));
        tasks.spawn(grpc::follow_health(reporter, healthy, stopped.clone()));
        tasks.spawn(listen::serve(tcp, plan.trust.clone(), marked(router), stopped));
        Ok((stop, tasks))
    }

    async fn stop(mut self) {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a task of the sandbox ended badly");
            }
        }
        self.node.stop().await;
    }
}

/// Keeps a sandbox open until the stop, which was begun empty at a time; empties it when it is asked to, and at midnight
/// if it is to.
async fn supervise(
    plan: Plan,
    (open, begun): (Open, Timestamp),
    address: SocketAddr,
    mut asked: mpsc::Receiver<oneshot::Sender<()>>,
    mut stopped: watch::Receiver<bool>,
) {
    let plan = Arc::new(plan);
    let (mut open, mut begun) = (open, begun);
    loop {
        let midnight = async {
            match plan.reset {
                Reset::Daily => day_after(begun, plan.clock.as_ref()).await,
                Reset::Never => std::future::pending().await,
            }
        };
        let done = tokio::select! {
            // The end of the app is a stop too.
            _ = stopped.wait_for(|stop| *stop) => break,
            done = asked.recv() => match done {
                Some(done) => Some(done),
                None => break,
            },
            () = midnight => None,
        };
        open.stop().await;
        (open, begun) = loop {
            match again(&plan, address).await {
                Ok(again) => break again,
                Err(error) => {
                    tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "the sandbox cannot be opened again, trying later");
                    tokio::select! {
                        _ = stopped.wait_for(|stop| *stop) => return,
                        () = tokio::time::sleep(AGAIN_AFTER) => {}
                    }
                }
            }
        };
        tracing::info!("the sandbox was emptied");
        // Whoever asked may have left.
        let _told = done.map(|done| done.send(()));
    }
    open.stop().await;
}

async fn again(plan: &Plan, address: SocketAddr) -> Result<(Open, Timestamp), Error> {
    let begun = plan.clock.now();
    plan.folder.empty(begun).map_err(|source| plan.folder_error(source))?;
    Ok((Open::start(plan, bind(address).await?).await?, begun))
}

/// Waits by a clock until a later day than that of a time has begun in China.
async fn day_after(time: Timestamp, clock: &dyn Clock) {
    while clock.now().ceb8() <= time.ceb8() {
        tokio::time::sleep(until_midnight(clock.now()).min(LOOK_EVERY)).await;
    }
}

/// Time until the next day begins in China.
fn until_midnight(now: Timestamp) -> Duration {
    let of_day = now.0.saturating_add(CHINA_OFFSET_MS).rem_euclid(DAY_MS);
    Duration::from_millis(u64::try_from(DAY_MS - of_day).unwrap_or_default())
}

/// The made-up customs of the sandbox, begun again after a failure.
async fn answer(scenario: Scenario, caller: Caller, door: Door, mut stopped: watch::Receiver<bool>) {
    let customs = Inside { intake: door.intake, reader: door.reader, caller };
    loop {
        let mut stop = stopped.clone();
        let worked = async {
            let (inbox, reader) = inside::inbox(&door.feed, &customs, SUBSCRIPTION, &scenario).await?;
            let mut desk = Desk::new(scenario.clone());
            let until = async {
                // The end of the sender is a stop too.
                let _stop = stop.wait_for(|stop| *stop).await;
            };
            let ended = rehearsal::run(&mut desk, inbox, customs.clone(), Limits::default(), |_| Ok(()), until).await;
            if reader.await.is_err() {
                tracing::error!("the reader of the sandbox's customs failed");
            }
            ended.map(drop)
        };
        let failed: rehearsal::Error = match worked.await {
            Ok(()) => return,
            Err(error) => error,
        };
        if *stopped.borrow() {
            return;
        }
        tracing::warn!(error = %failed, "the sandbox's customs begins again");
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(AGAIN_AFTER) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_ends_at_midnight_in_china() {
        let at = |text: &str| Timestamp::parse_ceb(text).expect("a time");
        assert_eq!(until_midnight(at("20260501235959999")), Duration::from_millis(1));
        assert_eq!(until_midnight(at("20260501000000")), Duration::from_secs(24 * 3600));
        assert_eq!(until_midnight(at("20260501120000")), Duration::from_secs(12 * 3600));
    }
}
