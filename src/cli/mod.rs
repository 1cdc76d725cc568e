//! One file per command.

pub mod r#gen;
mod serve;

use crate::telemetry::LogForm;
use clap::{Parser, Subcommand};

/// A single-window exchange for cross-border e-commerce.
#[derive(Debug, Parser)]
#[command(name = "swx", version)]
pub struct Cli {
    /// Form of the log lines on standard error; SWX_LOG filters them.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub log: LogForm,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the exchange.
    Serve(serve::Serve),
    /// Checks a configuration without opening a port.
    CheckConfig(serve::CheckConfig),
}

impl Command {
    /// Runs the command to its end.
    ///
    /// # Errors
    /// What to print; the exit code is then 1.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Serve(command) => command.run().await,
            Command::CheckConfig(command) => command.run(),
        }
    }
}
