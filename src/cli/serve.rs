//! `swx serve` and `swx check-config`.

use crate::app::App;
use crate::config::{self, Config, FileConfig, Flags, Problem};
use anyhow::Context;
use clap::Args;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Runs the exchange.
#[derive(Debug, Args)]
pub struct Serve {
    /// Configuration file (docs/swx.sample.toml explains every key).
    #[arg(long, env = "SWX_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the ledger and the state.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Address and port; port 0 takes a free one.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// For trying out: makes its own certificates and demo parties in <DATA>/dev.
    #[arg(long)]
    dev: bool,
    /// Open a sandbox beside the exchange: the same parties, a ledger of its own, a made-up customs that answers.
    #[arg(long)]
    sandbox: bool,
    /// Newest logic to put in force, for renewing programs step by step: 1 without, 2 with the rules of clearance.
    #[arg(long, env = "SWX_LOGIC", value_parser = clap::value_parser!(u32).range(1..=2))]
    logic: Option<u32>,
}

/// Checks a configuration without opening a port.
#[derive(Debug, Args)]
pub struct CheckConfig {
    /// Configuration file.
    config: PathBuf,
}

impl Serve {
    fn config(self) -> anyhow::Result<Config> {
        let flags =
            Flags { data: self.data, listen: self.listen, dev: self.dev, sandbox: self.sandbox, logic: self.logic };
        let file = match &self.config {
            Some(path) => config::read(path).map_err(explained)?,
            None => FileConfig::default(),
        };
        file.check(&flags).map_err(explained)
    }

    pub(super) async fn run(self) -> anyhow::Result<()> {
        let config = self.config()?;
        let data = config.data.display().to_string();
        let app = App::start(config).await?;
        let mut text = format!("exchange   https://{} (gRPC and HTTP, mutual TLS)\n", app.addresses.exchange);
        if let Some(sandbox) = app.addresses.sandbox {
            writeln!(text, "sandbox    https://{sandbox} (the same parties, a ledger of its own)")?;
        }
        if let Some(metrics) = app.addresses.metrics {
            writeln!(text, "metrics    http://{metrics}/metrics")?;
        }
        if let Some(public) = app.addresses.public {
            writeln!(text, "public     http://{public}/ (trace page, no certificate)")?;
        }
        writeln!(text, "data       {data}")?;
        if let Some(dev) = &app.dev {
            writeln!(text, "dev        certificates in {}", dev.ca().with_file_name("").display())?;
        }
        print(&text)?;
        app.run(interrupted()).await;
        Ok(())
    }
}

impl CheckConfig {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = config::read(&self.config).and_then(|file| file.check(&Flags::default())).map_err(explained)?;
        let editions = crate::parts::editions(config.schemas.as_deref())?;
        if let Some(name) = config.edition.filter(|name| !editions.iter().any(|edition| edition.name == *name)) {
            let what = format!("there is no edition {name:?} here");
            return Err(explained(vec![Problem { key: "schemas.edition".to_owned(), what }]));
        }
        print("the configuration is good\n")
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write to standard output")
}

fn explained(problems: Vec<Problem>) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
    anyhow::anyhow!("the configuration has {} problem(s):\n{}", problems.len(), lines.join("\n"))
}

/// Ends at Ctrl-C or a termination signal.
async fn interrupted() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot wait for an interrupt");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "cannot wait for a termination signal");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
