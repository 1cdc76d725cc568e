//! Flags, crypto provider, tracing, exit code; nothing else.

use clap::Parser;
use single_window::cli::{self, Cli, Command};
use single_window::telemetry;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Serve(_)) {
        telemetry::start_log(cli.log);
    }
    match run(cli) {
        Ok(code) => code,
        Err(error) if cli::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error the exit code alone has to tell.
            drop(writeln!(std::io::stderr(), "swx: {error:#}"));
            ExitCode::from(cli::EXIT_COULD_NOT_RUN)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        anyhow::bail!("a crypto provider was installed before ours");
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(cli.run())
}
