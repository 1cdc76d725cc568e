//! `swx bench`: the load generator. The server runs as a child process of the same executable, so that its
//! memory and CPU time are its own; messages are generated before the clock starts. One JSON line comes out.

mod figures;
mod ingest;
mod latency;
mod load;
mod parcels;
mod recall;
mod signature;
mod validate;

use super::process::ServerProcess;
use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures this machine.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What to measure.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// Durable acceptance over gRPC and mTLS, as fast as it goes
    Ingest(ingest::Args),
    /// The validator alone, on one core
    Validate(validate::Args),
    /// Verifying and signing, each algorithm, on one core
    Signature(signature::Args),
    /// Finding the lists of a lot among a million links
    Recall(recall::Args),
    /// Events of parcels, durable, over gRPC and mTLS
    Parcels(parcels::Args),
    /// Acknowledgement and delivery times at a given rate of arrival
    Latency(latency::Args),
}

/// Runs the command. Exit code 1 if any document was not accepted.
///
/// # Errors
/// If the server cannot be started or breaks off.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Ingest(args) => ingest::run(args).await,
        What::Validate(args) => validate::run(&args),
        What::Signature(args) => signature::run(&args),
        What::Recall(args) => recall::run(&args),
        What::Parcels(args) => parcels::run(args).await,
        What::Latency(args) => latency::run(args).await,
    }
}

/// A server for one measurement, and its data folder, which goes away with it.
struct Bench {
    server: ServerProcess,
    folder: Folder,
}

/// A folder that is removed when dropped, unless it was given by the user.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed stays in the temporary folder, where the system tidies up.
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}

impl Bench {
    async fn start(data: Option<PathBuf>) -> anyhow::Result<Bench> {
        let keep = data.is_some();
        let path = data.unwrap_or_else(|| super::temporary_path("swx-bench"));
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make the folder {}", path.display()))?;
        let folder = Folder { path, keep };
        let program = std::env::current_exe().context("cannot find this program's file")?;
        let server = ServerProcess::start(&program, &folder.path, "127.0.0.1:0").await?;
        Ok(Bench { server, folder })
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.server.kill().await?;
        drop(self.folder);
        Ok(())
    }
}

/// What every result says of how it was measured.
fn settings(more: serde_json::Value) -> serde_json::Value {
    let mut settings = serde_json::json!({
        "server": "child process", "client": "this process, same machine", "messages": "generated before the clock starts",
        "transport": "gRPC over TLS 1.3 with client certificates", "fsync": true, "signatures": "unverified",
        "logic": std::env::var("SWX_LOGIC").unwrap_or_else(|_| crate::state::Editions::LOGIC.to_string()),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "profile": if cfg!(debug_assertions) { "debug" } else { "optimised" },
        "version": env!("CARGO_PKG_VERSION"),
    });
    if let (Some(all), serde_json::Value::Object(more)) = (settings.as_object_mut(), more) {
        all.extend(more);
    }
    settings
}
