//! `swx gen`: writes folders of made-up messages.

use crate::domain::Timestamp;
use crate::sample::{Generator, Kind, Mode, Set, Settings, unsigned, write_message};
use anyhow::Context;
use std::fs;
use std::path::PathBuf;

/// Writes made-up, consistent orders, payments, waybills and lists as CEB messages.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many declaration lists, each with its order, payment and waybill.
    #[arg(long)]
    pub lists: u64,
    /// Documents in one message.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub per_message: u64,
    /// Folder to write to; gets the folders order, payment, waybill and list.
    #[arg(long)]
    pub out: PathBuf,
    /// Numbers of different seeds never collide.
    #[arg(long, default_value_t = 1)]
    pub seed: u32,
    /// Direct purchase (9610) or bonded (1210).
    #[arg(long, value_enum, default_value_t = TradeMode::Bonded)]
    pub mode: TradeMode,
    /// Time of sending as yyyyMMddHHmmss, in China.
    #[arg(long, value_parser = parse_time)]
    pub at: Option<Timestamp>,
    /// Sign every message with this key, PEM; without it lists carry a made-up signature.
    #[arg(long, requires = "cert")]
    pub key: Option<PathBuf>,
    /// Certificate of the key.
    #[arg(long, requires = "key")]
    pub cert: Option<PathBuf>,
}

/// The supervision mode of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TradeMode {
    /// Direct purchase.
    #[value(name = "9610")]
    Direct,
    /// Bonded.
    #[value(name = "1210")]
    Bonded,
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_ceb(text).ok_or_else(|| "not a time of the form yyyyMMddHHmmss".to_owned())
}

/// Writes the files, named by the number of the message from 000001.
///
/// # Errors
/// If a folder or file cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut settings = Settings {
        mode: match args.mode {
            TradeMode::Direct => Mode::Direct,
            TradeMode::Bonded => Mode::Bonded,
        },
        ..Settings::default()
    };
    settings.at = args.at.unwrap_or(settings.at);
    let signer = match (&args.key, &args.cert) {
        (Some(key), Some(cert)) => Some(super::sign::signer(key, cert)?),
        _ => None,
    };
    let generator = Generator::new(args.seed, settings);
    for kind in Kind::ALL {
        let dir = args.out.join(kind.name());
        fs::create_dir_all(&dir).with_context(|| format!("cannot make the folder {}", dir.display()))?;
    }
    let per_message = args.per_message.clamp(1, 100);
    let mut first = 0;
    let mut number = 1_u64;
    let mut xml = String::new();
    while first < args.lists {
        let sets: Vec<Set> =
            (first..args.lists.min(first + per_message)).map(|ordinal| generator.set(ordinal)).collect();
        for kind in Kind::ALL {
            xml.clear();
            write_message(&mut xml, kind, &sets, &generator.transfer(kind, first));
            if let Some(signer) = &signer {
                xml = signer.sign(&unsigned(&xml), None)?;
            }
            let path = args.out.join(kind.name()).join(format!("{number:06}.xml"));
            fs::write(&path, &xml).with_context(|| format!("cannot write {}", path.display()))?;
        }
        first += per_message;
        number += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_writes_every_message_of_every_kind() {
        let dir = tempfile::tempdir().unwrap();
        let args = Args {
            lists: 5,
            per_message: 2,
            out: dir.path().to_owned(),
            seed: 1,
            mode: TradeMode::Direct,
            at: Some(Timestamp::parse_ceb("20260618120000").unwrap()),
            key: None,
            cert: None,
        };
        run(&args).unwrap();
        for kind in Kind::ALL {
            let texts: Vec<String> = (1..=3)
                .map(|n| fs::read_to_string(dir.path().join(kind.name()).join(format!("00000{n}.xml"))).unwrap())
                .collect();
            assert!(texts.iter().all(|xml| xml.contains(kind.message_name())));
            assert_eq!(texts.iter().map(|xml| xml.matches("<ceb:guid>").count()).sum::<usize>(), 5);
            assert!(!dir.path().join(kind.name()).join("000004.xml").exists());
        }
    }
}
