//! Flags, crypto provider, tracing, exit code; nothing else.

use clap::Parser;
use single_window::{cli::Cli, telemetry};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start_log(cli.log);
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error the exit code alone has to tell.
            if writeln!(std::io::stderr(), "swx: {error:#}").is_err() {
                return ExitCode::from(2);
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        anyhow::bail!("a crypto provider was installed before ours");
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(cli.command.run())
}
