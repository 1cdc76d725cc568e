//! The program: flags in, exit code out.

use clap::Parser;
use single_window::cli::{self, Cli};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(cli.run()) {
        Ok(code) => code,
        Err(error) if cli::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        text = format!("{text}: {cause}");
    }
    // Nobody reads standard error: then the exit code has to do.
    drop(writeln!(std::io::stderr().lock(), "swx: {text}"));
    ExitCode::from(cli::EXIT_COULD_NOT_RUN)
}
