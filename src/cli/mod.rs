//! One file per command.

mod agency;
pub mod bench;
pub mod chain;
pub mod client;
pub mod completions;
pub mod convert;
pub mod customs_sim;
pub mod decide;
pub mod demo;
mod docs;
mod envelope;
pub mod file;
pub mod filings;
pub mod forex;
pub mod r#gen;
mod inspect;
mod json;
mod json_filing;
pub mod match_report;
pub mod paint;
pub mod payment_data;
pub mod parcel;
pub mod precheck;
pub mod process;
pub mod proof;
pub mod quota;
pub mod recall;
pub mod rules;
mod record;
pub mod refund;
mod rows;
mod serve;
mod show;
pub mod sign;
pub mod stock;
pub mod submit;
pub mod tables;
mod tables_import;
pub mod tax;
pub mod trace;
pub mod validate;
pub mod verify_signature;
pub mod watch;
pub mod worklist;

use crate::telemetry::LogForm;
use std::process::ExitCode;

/// Exit code of a command that could not do its work.
pub const EXIT_COULD_NOT_RUN: u8 = 2;

/// swx, the single-window exchange for cross-border e-commerce declarations · 跨境电子商务单一窗口
#[derive(Debug, clap::Parser)]
#[command(name = "swx", version, propagate_version = true)]
pub struct Cli {
    /// Form of the log lines on standard error; SWX_LOG filters them.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub log: LogForm,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run the exchange
    Serve(serve::Serve),
    /// Check a configuration without opening a port
    CheckConfig(serve::CheckConfig),
    /// Show the whole exchange at work, in a temporary folder, in a few seconds
    Demo(demo::Args),
    /// Send messages and print why documents are refused
    Submit(submit::Args),
    /// Check message files offline and say what is wrong with them, and where
    Validate(validate::Args),
    /// Turn a message from XML into JSON or protobuf, or back, offline
    Convert(convert::Args),
    /// Put a signature into a message
    Sign(sign::Args),
    /// Verify the signature of a message, and explain what is wrong with it
    VerifySignature(verify_signature::Args),
    /// Put a message into an envelope, DxpMsg or DxpMsgSv
    Wrap(envelope::Wrap),
    /// Take a message out of its envelope
    Unwrap(envelope::Unwrap),
    /// Print what a subscription delivers, as it happens
    Watch(watch::Args),
    /// Decide as customs: release, inspect, reject …
    Decide(Box<decide::Args>),
    /// Be a made-up customs that answers by a scenario: release, inspect, reject, delay, lose, repeat …
    CustomsSim(Box<customs_sim::Args>),
    /// File firms, goods and credit grades: apply, review, suspend …
    File(Box<file::Args>),
    /// List applications, products, books, warehouses, and show how a filing stands
    Filings(filings::Args),
    /// Say what would become of messages if they were sent now; nothing is recorded
    Precheck(precheck::Args),
    /// Print the timeline of an order, payment, waybill, list or receipt number
    Trace(trace::Args),
    /// Prove that entries are in the ledger: get proofs, verify them offline
    Proof(proof::Args),
    /// Print rules: what must hold, its source, dates, parameters, and an example
    Rules(rules::Args),
    /// Draw lists for inspection, record results, show risk
    Inspect(Box<inspect::Args>),
    /// Compute the draws of a revealed period again and say what is missing or wrong
    AuditDraws(inspect::AuditArgs),
    /// Agencies together: decisions, agreements, assistance, consents, figures
    Agency(Box<agency::Args>),
    /// Post-audit cases: open, add findings, close, export the file of a case
    AuditCase(agency::CaseArgs),
    /// Compute the tax on import lists, offline
    Tax(tax::Args),
    /// Print what a buyer has used of the yearly limit
    Quota(quota::Args),
    /// Show and check the dated tables of limits, rates and switches
    Tables(tables::Args),
    /// Print which documents of a list are there, missing or different, and who has to act
    Match(match_report::Args),
    /// Print what still has to be done, and by when
    Worklist(worklist::Args),
    /// Ask for raw payment data as customs, or give it as a platform
    PaymentData(Box<payment_data::Args>),
    /// Report foreign exchange, show what was taken and what trades can back
    Forex(forex::Args),
    /// Check refunds of tax on exports, and write the data for tax authorities
    Refund(refund::Args),
    /// Print the lists that goods of a lot were sold by
    Recall(recall::Recall),
    /// File trace records, block and free lots
    Lot(recall::Lot),
    /// Report events of parcels, show where they are
    Parcel(parcel::Args),
    /// File figures, gate-out sheets and stock abroad
    Stock(stock::Args),
    /// Make up consistent messages of any type
    Gen(r#gen::Args),
    /// Write the reference pages of the message types
    #[command(hide = true)]
    Docs(docs::Args),
    /// Measure this machine
    Bench(bench::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// If the command could not do its work; the text is for a person.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(command) => command.run().await.map(|()| ExitCode::SUCCESS),
            Command::CheckConfig(command) => command.run().map(|()| ExitCode::SUCCESS),
            Command::Demo(args) => demo::run(args).await,
            Command::Submit(args) => submit::run(args).await,
            Command::Validate(args) => Ok(validate::run(&args)),
            Command::Convert(args) => convert::run(&args),
            Command::Sign(args) => sign::run(&args).map(|()| ExitCode::SUCCESS),
            Command::VerifySignature(args) => verify_signature::run(&args),
            Command::Wrap(args) => args.run(),
            Command::Unwrap(args) => args.run(),
            Command::Watch(args) => watch::run(args).await,
            Command::Decide(args) => decide::run(*args).await,
            Command::CustomsSim(args) => customs_sim::run(*args).await,
            Command::File(args) => file::run(*args).await,
            Command::Filings(args) => filings::run(args).await,
            Command::Precheck(args) => precheck::run(args).await,
            Command::Trace(args) => trace::run(args).await,
            Command::Proof(args) => proof::run(args).await,
            Command::Rules(args) => rules::run(&args),
            Command::Inspect(args) => inspect::run(*args).await,
            Command::AuditDraws(args) => inspect::audit(args).await,
            Command::Agency(args) => agency::run(*args).await,
            Command::AuditCase(args) => agency::case(args).await,
            Command::Tax(args) => tax::run(&args),
            Command::Quota(args) => quota::run(args).await,
            Command::Tables(args) => tables::run(args).await,
            Command::Match(args) => match_report::run(args).await,
            Command::Worklist(args) => worklist::run(args).await,
            Command::PaymentData(args) => payment_data::run(*args).await,
            Command::Forex(args) => forex::run(args).await,
            Command::Refund(args) => refund::run(args).await,
            Command::Recall(args) => recall::recall(args).await,
            Command::Lot(args) => recall::lot(args).await,
            Command::Parcel(args) => parcel::run(args).await,
            Command::Stock(args) => stock::run(args).await,
            Command::Gen(args) => r#gen::run(&args).map(|()| ExitCode::SUCCESS),
            Command::Docs(args) => docs::run(&args).map(|()| ExitCode::SUCCESS),
            Command::Bench(args) => bench::run(args).await,
            Command::Completions(args) => completions::run(args).await,
        }
    }
}

/// True if the reader of our output went away, as in `swx trace X | head`.
#[must_use]
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

/// A path for a folder that does not exist yet, in the system's temporary folder.
pub(crate) fn temporary_path(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("{name}-{}", uuid::Uuid::new_v4().simple()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn flags_of_every_command_are_consistent() {
        Cli::command().debug_assert();
    }
}
