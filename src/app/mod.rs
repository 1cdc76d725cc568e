//! The only place that wires parts: [`Config`] → [`App::start`] → [`App::run`].

mod sandbox;

pub use sandbox::SandboxReset;

use crate::config::{Config, Identity, LedgerKind};
use crate::domain::{Clock, Party, PartyId, Role, SystemClock};
use crate::intake::{self, FileVerifier, Intake, Node};
use crate::parts::{self, Backend};
use crate::pki::{self, DevPki};
use crate::telemetry;
use crate::transport::{Door, grpc, http, listen, metrics, peer::Gate, public, tls};
use sandbox::Sandbox;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Why the exchange cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificate files cannot be used.
    #[error("the certificates cannot be used")]
    Tls(#[from] tls::Error),
    /// The certificates for `--dev` cannot be made.
    #[error("the certificates for --dev cannot be made")]
    Pki(#[from] pki::Error),
    /// A port cannot be opened.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Ledger, state or keys cannot be opened.
    #[error(transparent)]
    Parts(#[from] parts::Error),
    /// A party of the configuration cannot be filed.
    #[error("cannot file the party {code}")]
    File {
        /// Its code.
        code: String,
        /// The cause.
        #[source]
        source: intake::Error,
    },
    /// The schema edition of the configuration cannot be put in force.
    #[error("the schema edition {name}: {source}")]
    Edition {
        /// Its name.
        name: String,
        /// The cause.
        #[source]
        source: intake::Error,
    },
    /// The logic and the shipped tables of this program cannot be put in force.
    #[error("the tables of this program cannot be put in force")]
    Tables(#[source] intake::Error),
    /// The file of persons cannot be read.
    #[error("the identity file: {0}")]
    Identities(String),
    /// The reflection service cannot be built.
    #[error("reflection cannot be built: {0}")]
    Reflection(String),
    /// The folder of the sandbox cannot be used.
    #[error("the folder {} cannot be the sandbox's", folder.display())]
    Sandbox {
        /// The folder.
        folder: std::path::PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The threads of the sandbox cannot be started.
    #[error("the threads of the sandbox cannot be started")]
    Threads(#[source] std::io::Error),
}

/// Where the exchange listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// gRPC and HTTP over mutual TLS.
    pub exchange: SocketAddr,
    /// Metrics and probes.
    pub metrics: Option<SocketAddr>,
    /// The public trace page.
    pub public: Option<SocketAddr>,
    /// The sandbox, as the exchange.
    pub sandbox: Option<SocketAddr>,
}

/// A started exchange: its ports are open and answer.
pub struct App {
    /// Where it listens, with the ports that were given.
    pub addresses: Addresses,
    /// The certificates of `--dev`.
    pub dev: Option<DevPki>,
    node: Node,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    sandbox: Option<Sandbox>,
}

impl App {
    /// Starts everything. Bootstrap parties that are not filed yet are filed before a port answers.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn start(config: Config) -> Result<App, Error> {
        App::start_by(config, Arc::new(SystemClock)).await
    }

    /// The same by another clock, which dates all entries and ends what ends by time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn start_by(config: Config, clock: Arc<dyn Clock>) -> Result<App, Error> {
        let dev = match &config.identity {
            Identity::Dev => Some(DevPki::create_or_load(&config.data.join("dev"))?),
            Identity::Files(_) => None,
        };
        let files = match (&config.identity, &dev) {
            (Identity::Files(files), _) => files.clone(),
            (Identity::Dev, Some(dev)) => dev.files(),
            (Identity::Dev, None) => unreachable!("the certificates of --dev were just made"),
        };
        let trust = tls::Trust::load(files)?;
        let exchange = bind(config.listen).await?;
        let metrics_port = match config.metrics_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let public_port = match config.public_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let mut addresses = Addresses {
            exchange: address(&exchange, config.listen)?,
            metrics: match (&metrics_port, config.metrics_listen) {
                (Some(port), Some(asked)) => Some(address(port, asked)?),
                (Some(_) | None, _) => None,
            },
            public: match (&public_port, config.public_listen) {
                (Some(port), Some(asked)) => Some(address(port, asked)?),
                (Some(_) | None, _) => None,
            },
            sandbox: None,
        };
        let handle = telemetry::start_metrics();
        let node = open_node(&config, Arc::clone(&clock)).await?;
        node.intake.bring_up_to_date(config.logic).await.map_err(Error::Tables)?;
        if let Some(edition) = &config.edition {
            let changed = node.intake.put_in_force(edition).await;
            changed.map_err(|source| Error::Edition { name: edition.clone(), source })?;
        }
        let demo = dev.as_ref().map(demo_parties).unwrap_or_default();
        file_parties(&node, config.bootstrap_parties.iter().cloned().chain(demo)).await?;

        let (stop, stopped) = watch::channel(false);
        let gate = Gate::new(node.reader.clone(), trust.clone(), &config.rate, Arc::clone(&clock));
        let door = Door {
            intake: with_verifier(&config, node.intake.clone())?,
            reader: node.reader.clone(),
            feed: node.feed.clone(),
            gate,
            stop: stopped.clone(),
            sandbox: false,
        };
        let ledger_ok = node.healthy();
        let (services, reporter) = grpc::router(&door, config.reflection).map_err(Error::Reflection)?;
        let router = services.merge(http::router(&door, ledger_ok.clone())).fallback(http::nothing_here);
        let sandbox = match &config.sandbox {
            Some(settings) => {
                let real = node.reader.clone();
                Some(Sandbox::start(&config, settings, real, trust.clone(), clock, stopped.clone()).await?)
            }
            None => None,
        };
        addresses.sandbox = sandbox.as_ref().map(|sandbox| sandbox.address);
        let sandbox_metrics = sandbox.as_ref().and_then(|sandbox| sandbox.metrics.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(trust.clone().follow(stopped.clone()));
        tasks.spawn(grpc::follow_health(reporter, ledger_ok.clone(), stopped.clone()));
        if let Some(port) = metrics_port {
            tasks.spawn(metrics::serve(port, handle, sandbox_metrics, ledger_ok, stopped.clone()));
        }
        if let Some(port) = public_port {
            tasks.spawn(public::serve(port, node.reader.clone(), stopped.clone()));
        }
        tasks.spawn(listen::serve(exchange, trust, router, stopped));
        Ok(App { addresses, dev, node, stop, tasks, sandbox })
    }

    /// A handle that empties the sandbox, if there is one.
    #[must_use]
    pub fn sandbox(&self) -> Option<SandboxReset> {
        self.sandbox.as_ref().map(Sandbox::handle)
    }

    /// Runs until `shutdown`, then stops: no new connection is taken, open requests end within
    /// [`DRAIN_WAIT_MS`](crate::domain::limits::DRAIN_WAIT_MS).
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
        tracing::info!("stopping");
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a task ended badly");
            }
        }
        if let Some(sandbox) = self.sandbox {
            sandbox.ended().await;
        }
        self.node.stop().await;
    }
}

/// The intake with whoever can be asked about identities.
fn with_verifier(config: &Config, intake: Intake) -> Result<Intake, Error> {
    let Some(path) = &config.identity_file else { return Ok(intake) };
    let verifier =
        FileVerifier::read(path).map_err(|reason| Error::Identities(format!("{}: {reason}", path.display())))?;
    Ok(intake.with_verifier(Arc::new(verifier)))
}

/// Opens ledger, state and keys, and starts what is behind the doors.
async fn open_node(config: &Config, clock: Arc<dyn Clock>) -> Result<Node, Error> {
    let backend = match config.ledger {
        LedgerKind::Segments => Backend::Segments,
        LedgerKind::Memory => Backend::Memory,
    };
    let (data, schemas, signatures) = (config.data.clone(), config.schemas.clone(), config.signatures.clone());
    // Replaying the end of the ledger takes a moment; other tasks go on meanwhile.
    match tokio::task::spawn_blocking(move || parts::open_by(&data, backend, schemas.as_deref(), signatures, clock))
        .await
    {
        Ok(opened) => Ok(opened?),
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

fn address(port: &TcpListener, asked: SocketAddr) -> Result<SocketAddr, Error> {
    port.local_addr().map_err(|source| Error::Listen { address: asked, source })
}

/// Files those parties that are not there yet; a filing that is there was perhaps changed since.
async fn file_parties(node: &Node, parties: impl Iterator<Item = Party>) -> Result<(), Error> {
    for party in parties {
        if node.reader.party_of_code(&party.code).is_some() {
            continue;
        }
        let code = party.code.clone();
        node.intake
            .file_party(PartyId::default(), party)
            .await
            .map_err(|source| Error::File { code: code.clone(), source })?;
        tracing::info!(code, "party filed at the first start");
    }
    Ok(())
}

/// The demo parties: made-up names, codes that pass the check of their kind.
const DEMO: [(&str, &str, &str, Role); 14] = [
    ("platform", "91410100MA95WPTA0C", "示例跨境平台有限公司", Role::Platform),
    ("seller", "91410100MA95WEBC08", "示例优选电子商务有限公司", Role::Seller),
    ("payment", "91410100MA95WPAY06", "示例支付服务有限公司", Role::Payment),
    ("logistics", "410116W001", "示例快递物流有限公司", Role::Logistics),
    ("declarant", "91410100MA95WAGT06", "示例报关服务有限公司", Role::Declarant),
    ("site", "410116W003", "示例监管场所服务有限公司", Role::SiteOperator),
    ("customs", "4600000001", "示例海关", Role::Customs),
    ("statistics", "4600000002", "示例统计机构", Role::Statistics),
    ("operator", "4600000003", "示例单一窗口运营机构", Role::Operator),
    ("bank", "91410100MA95WBNK08", "示例银行股份有限公司", Role::Bank),
    ("agency", "4600000004", "示例市场监督管理机构", Role::Agency),
    ("tax", "4600000005", "示例税务机关", Role::Tax),
    ("forex", "4600000006", "示例外汇管理部门", Role::Forex),
    ("warehouse", "410116W002", "示例综保区仓储有限公司", Role::Warehouse),
];

/// Customs offices that the demo's customs decides for.
const DEMO_OFFICES: [&str; 4] = ["4600", "4604", "4605", "4612"];

fn demo_parties(pki: &DevPki) -> Vec<Party> {
    let filing = |(name, fingerprint): &(&'static str, String)| {
        let (_, code, title, role) = DEMO.iter().find(|(of, ..)| of == name)?;
        let offices = if *role == Role::Customs { DEMO_OFFICES.map(str::to_owned).to_vec() } else { Vec::new() };
        Some(Party {
            code: (*code).to_owned(),
            name: (*title).to_owned(),
            roles: vec![*role as i32],
            dxp_ids: vec![demo_dxp_id(name)],
            certificate_sha256: vec![fingerprint.clone()],
            customs_codes: offices,
            active: true,
            schema_edition: String::new(),
            ..Party::default()
        })
    };
    pki.fingerprints().iter().filter_map(filing).collect()
}

/// DXP ids of the demo: those of the made-up documents for who sends documents, and one for each authority. The
/// operator's is the address of the exchange.
fn demo_dxp_id(name: &str) -> String {
    let number = DEMO.iter().position(|(of, ..)| *of == name).unwrap_or(DEMO.len());
    match name {
        "customs" => "DXPCUS0000900001".to_owned(),
        "statistics" => "DXPSTA0000900001".to_owned(),
        "operator" => "DXPSWX0000900001".to_owned(),
        "warehouse" => "DXPENT0000900006".to_owned(),
        "site" => "DXPENT0000900007".to_owned(),
        _ => format!("DXPENT00009{:05}", number + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demo_parties_have_the_dxp_ids_of_the_made_up_documents() {
        let sample = crate::sample::Parties::demo();
        for party in sample.all() {
            if let Some((name, ..)) = DEMO.iter().find(|(_, code, ..)| **code == *party.code) {
                assert_eq!(demo_dxp_id(name), *party.dxp_id, "{name}");
            }
        }
    }

    #[test]
    fn every_demo_certificate_belongs_to_a_party() {
        let folder = tempfile::tempdir().expect("a folder");
        let pki = DevPki::create_or_load(folder.path()).expect("made");
        let parties = demo_parties(&pki);
        assert_eq!(parties.len(), pki::PARTIES.len());
        assert!(parties.iter().any(|party| party.has_role(Role::Operator)));
    }
}
