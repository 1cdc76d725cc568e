//! `swx docs`: writes the reference pages of this edition.

use crate::reference;
use anyhow::Context;
use std::fs;
use std::path::PathBuf;

/// Writes reference pages.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which pages
    #[command(subcommand)]
    pub what: What,
}

/// The pages that can be written.
#[derive(Debug, clap::Subcommand)]
pub enum What {
    /// A page for each message type: fields, rules, codes, a sample
    Messages {
        /// Folder to write to
        #[arg(long)]
        out: PathBuf,
    },
    /// The page of all rules, rules.md
    Rules {
        /// Folder to write to
        #[arg(long)]
        out: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// If a folder or file cannot be written.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let (out, pages) = match &args.what {
        What::Messages { out } => (out, reference::pages()?),
        What::Rules { out } => (out, vec![("rules.md".to_owned(), reference::rules_page())]),
    };
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    for (name, text) in pages {
        let path = out.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
