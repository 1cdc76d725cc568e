//! Flags, crypto provider, tracing, exit code; nothing else.

use clap::Parser;
use single_window::cli::{self, Cli};
use single_window::telemetry;
use std::io::Write;
use std::process::ExitCode;

/// Messages are many small pieces made on one thread and dropped on another; see docs/benchmarks.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, cli::Command::Serve(_)) {
        telemetry::start_log(cli.log);
    }
    match run(cli) {
        Ok(code) => code,
        Err(error) if cli::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody reads standard error: then the exit code has to do.
            drop(writeln!(std::io::stderr().lock(), "swx: {error:#}"));
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
