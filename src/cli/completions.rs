//! `swx completions`: what the shell needs to complete commands and flags.

use clap::CommandFactory;
use std::process::ExitCode;

/// Prints a completion script.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which shell
    shell: clap_complete::Shell,
}

/// Runs the command.
///
/// # Errors
/// None today.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    clap_complete::generate(args.shell, &mut super::Cli::command(), "swx", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
