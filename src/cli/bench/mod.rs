//! demo
use std::process::ExitCode;
/// Args
#[derive(Debug, clap::Args)]
pub struct Args {}
/// run
pub async fn run(_args: Args) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
