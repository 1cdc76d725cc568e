//! `swx gen`: writes folders of made-up messages.

use crate::domain::{Flow, MessageType, Part, SPECS, Timestamp};
use crate::sample::{ExportMode, Generator, Kind, Mode, Run, Settings, unsigned};
use anyhow::{Context, bail};
use std::fs;
use std::path::PathBuf;

/// Writes made-up, consistent messages: orders, payments, waybills and lists of import, or whichever types are asked for.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many sales; each gives one document of a type, or one line where a document speaks of many parcels.
    #[arg(long)]
    pub lists: u64,
    /// Documents in one message.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub per_message: u64,
    /// Folder to write to; gets the folders order, payment, waybill and list, or one named after each type asked for.
    #[arg(long)]
    pub out: PathBuf,
    /// Message type, as CEB603; may be given several times.
    #[arg(long, value_parser = parse_kind)]
    pub kind: Vec<MessageType>,
    /// All types of a direction, with what customs answers.
    #[arg(long, value_enum)]
    pub flow: Option<Direction>,
    /// Numbers of different seeds never collide.
    #[arg(long, default_value_t = 1)]
    pub seed: u32,
    /// Supervision mode of the lists. Import: 1210 (default) or 9610; export: 9610 (default), 1210, 9710 or 9810.
    #[arg(long, value_enum)]
    pub mode: Option<TradeMode>,
    /// Export lists are declared simplified (statisticsFlag A) and never consolidated; without it, consolidated (B).
    #[arg(long)]
    pub simplified: bool,
    /// Number that customs gave a list, for what cancels, returns or consolidates it; the n-th goes to the n-th sale.
    #[arg(long, value_name = "NUMBER")]
    pub invt_no: Vec<String>,
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
    /// Parcels of consumers: direct purchase, retail export.
    #[value(name = "9610")]
    Direct,
    /// Bonded, special zone.
    #[value(name = "1210")]
    Bonded,
    /// Export to enterprises.
    #[value(name = "9710")]
    Business,
    /// Export to overseas warehouses.
    #[value(name = "9810")]
    Warehouse,
}

/// Direction of the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Direction {
    /// Import.
    Import,
    /// Export.
    Export,
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_ceb(text).ok_or_else(|| "not a time of the form yyyyMMddHHmmss".to_owned())
}

fn parse_kind(text: &str) -> Result<MessageType, String> {
    let upper = text.to_ascii_uppercase();
    let digits = upper.strip_prefix("CEB").unwrap_or(&upper);
    let digits = digits.strip_suffix("MESSAGE").unwrap_or(digits);
    let kind = digits.parse().map_or(MessageType::Unknown, MessageType::of_number);
    kind.spec().map(|spec| spec.kind).ok_or_else(|| "no message type of the standard; try CEB603".to_owned())
}

/// Writes the files, named by the number of the message from 000001.
///
/// # Errors
/// If a folder or file cannot be written, or a type does not go with the mode.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let generator = Generator::new(args.seed, settings(args));
    let folders = folders(args)?;
    let signer = match (&args.key, &args.cert) {
        (Some(key), Some(cert)) => Some(super::sign::signer(key, cert)?),
        _ => None,
    };
    let run = Run::new(&generator, 0..args.lists, args.per_message);
    let mut xml = String::new();
    for (kind, folder) in folders {
        let dir = args.out.join(folder);
        fs::create_dir_all(&dir).with_context(|| format!("cannot make the folder {}", dir.display()))?;
        // What customs sends has no signature.
        let sent = kind.spec().is_some_and(|spec| matches!(spec.part, Part::Declaration(_)));
        let signer = signer.as_ref().filter(|_| sent);
        for number in 1..=run.messages() {
            xml.clear();
            run.write(&mut xml, kind, number);
            if let Some(signer) = signer {
                xml = signer.sign(&unsigned(&xml), None)?;
            }
            let path = dir.join(format!("{number:06}.xml"));
            fs::write(&path, &xml).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

fn settings(args: &Args) -> Settings {
    let defaults = Settings::default();
    Settings {
        mode: if args.mode == Some(TradeMode::Direct) { Mode::Direct } else { Mode::Bonded },
        export_mode: match args.mode {
            None | Some(TradeMode::Direct) => ExportMode::Retail,
            Some(TradeMode::Bonded) => ExportMode::Zone,
            Some(TradeMode::Business) => ExportMode::Business,
            Some(TradeMode::Warehouse) => ExportMode::Warehouse,
        },
        simplified: args.simplified,
        list_numbers: args.invt_no.clone(),
        at: args.at.unwrap_or(defaults.at),
        ..defaults
    }
}

/// The types to write and the folder of each.
fn folders(args: &Args) -> anyhow::Result<Vec<(MessageType, String)>> {
    if let Some(kind) = args.kind.iter().find(|kind| !fits(args, **kind)) {
        bail!("CEB{} does not go with these settings: see --mode and --simplified", *kind as i32);
    }
    let flow = args.flow.map(|flow| if flow == Direction::Import { Flow::Import } else { Flow::Export });
    let wanted = SPECS.iter().filter(|spec| Some(spec.flow) == flow && fits(args, spec.kind)).map(|spec| spec.kind);
    let mut kinds: Vec<MessageType> = wanted.chain(args.kind.iter().copied()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        let named = |kind: &Kind| (MessageType::of_root(kind.message_name()), kind.name().to_owned());
        return Ok(Kind::ALL.iter().map(named).filter_map(|(kind, name)| Some((kind?, name))).collect());
    }
    Ok(kinds.into_iter().map(|kind| (kind, format!("CEB{}", kind as i32))).collect())
}

/// True if documents of a type can be made with the settings.
#[expect(clippy::wildcard_enum_match_arm, reason = "few types depend on the settings")]
fn fits(args: &Args, kind: MessageType) -> bool {
    let business = matches!(args.mode, Some(TradeMode::Business | TradeMode::Warehouse));
    let import = kind.spec().is_some_and(|spec| spec.flow == Flow::Import);
    match kind.answered().unwrap_or(kind) {
        // Returns have a mode of their own for 9610 and 1210 only; A lists are never consolidated.
        MessageType::Ceb213 | MessageType::Ceb215 => !business,
        MessageType::Ceb701 | MessageType::Ceb792 => !args.simplified,
        // Parcels of direct purchase are counted into the site.
        MessageType::Ceb711 => args.mode == Some(TradeMode::Direct),
        _ => !(import && business),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(out: &std::path::Path, flags: &[&str]) -> Args {
        let out = out.to_string_lossy().into_owned();
        Line::parse_from(["gen", "--out", &out].into_iter().chain(flags.iter().copied())).args
    }

    #[test]
    fn it_writes_every_message_of_every_kind() {
        let dir = tempfile::tempdir().unwrap();
        let flags = ["--lists", "5", "--per-message", "2", "--mode", "9610", "--at", "20260618120000"];
        run(&args(dir.path(), &flags)).unwrap();
        for kind in Kind::ALL {
            let texts: Vec<String> = (1..=3)
                .map(|n| fs::read_to_string(dir.path().join(kind.name()).join(format!("00000{n}.xml"))).unwrap())
                .collect();
            assert!(texts.iter().all(|xml| xml.contains(kind.message_name())));
            assert_eq!(texts.iter().map(|xml| xml.matches("<ceb:guid>").count()).sum::<usize>(), 5);
            assert!(!dir.path().join(kind.name()).join("000004.xml").exists());
        }
    }

    #[test]
    fn it_writes_the_types_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let flags = ["--lists", "3", "--kind", "603", "--kind", "ceb605", "--invt-no", "46042026E000000042"];
        run(&args(dir.path(), &flags)).unwrap();
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        let xml = fs::read_to_string(dir.path().join("CEB605/000001.xml")).unwrap();
        assert!(xml.contains("<ceb:invtNo>46042026E000000042</ceb:invtNo>"));
        assert!(fs::read_to_string(dir.path().join("CEB603/000001.xml")).unwrap().contains("<ceb:tradeMode>9610<"));
    }

    #[test]
    fn a_flow_is_all_types_of_it_that_fit() {
        let dir = tempfile::tempdir().unwrap();
        let count = |flags: &[&str]| folders(&args(dir.path(), flags)).unwrap().len();
        assert_eq!(count(&["--lists", "1", "--flow", "export"]), 23);
        assert_eq!(count(&["--lists", "1", "--flow", "export", "--simplified"]), 20);
        assert_eq!(count(&["--lists", "1", "--flow", "export", "--mode", "9810"]), 19);
        assert_eq!(count(&["--lists", "1", "--flow", "import", "--mode", "9610"]), 18);
        assert!(folders(&args(dir.path(), &["--lists", "1", "--kind", "CEB711"])).is_err());
        assert!(parse_kind("CEB999").is_err() && parse_kind("x").is_err());
    }
}
