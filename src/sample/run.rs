//! Messages of any type over a run of sales: what each message covers, who sends it, when, under which numbers.

use super::document::Kind;
use super::export::{DESTINATIONS, Sale};
use super::receipt::{list_no, pre_no};
use super::writer::Writer;
use super::xml::write_message;
use super::{Generator, Mode, Party, Set, Settings, Transfer};
use crate::domain::MessageType::{self, *};
use crate::domain::{Flow, Part};
use crate::domain::{SPECS, Timestamp};
use std::ops::Range;
use std::sync::OnceLock;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;
/// Purposes of ids from here on belong to message types: two for each, one for documents and one for messages.
const FIRST_PURPOSE: u8 = 16;

/// One small message of any type, the same for the same seed. Types without a message give an empty text.
#[must_use]
pub fn example(kind: MessageType, seed: u32) -> String {
    let export_mode = *super::numbers::Rng::new(seed, 0).pick(&super::ExportMode::ALL);
    // Goods of business exports do not come back under a mode of their own.
    let returns = matches!(kind, Ceb213 | Ceb214 | Ceb215 | Ceb216) && export_mode.return_code().is_none();
    let settings = Settings {
        mode: if kind == Ceb711 || kind == Ceb712 || seed.is_multiple_of(2) { Mode::Direct } else { Mode::Bonded },
        export_mode: if returns { super::ExportMode::Retail } else { export_mode },
        simplified: seed % 3 == 2 && !matches!(kind, Ceb701 | Ceb702 | Ceb792),
        ..Settings::default()
    };
    let generator = Generator::new(seed, settings);
    let mut out = String::new();
    let sales = if speaks_of_many(kind) { 2 } else { 1 };
    Run::new(&generator, 0..sales, 100).write(&mut out, kind, 1);
    out
}

/// A run of sales, told in messages of up to 100 sales. The documents that speak of many parcels (CEB507, 509, 607,
/// 701, 792) are split over as many messages, under one number.
#[derive(Debug)]
pub struct Run<'g> {
    pub(super) from: &'g Generator,
    sales: Range<u64>,
    per_message: u64,
    weights: OnceLock<Vec<Weight>>,
}

/// Grams of the parcels to one destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Weight {
    pub(super) gross: i64,
    pub(super) net: i64,
    pub(super) parcels: u64,
}

impl<'g> Run<'g> {
    /// A run over the sales of these ordinals, with 1 to 100 of them in a message.
    #[must_use]
    pub fn new(from: &'g Generator, sales: Range<u64>, per_message: u64) -> Run<'g> {
        Run { from, sales, per_message: per_message.clamp(1, 100), weights: OnceLock::new() }
    }

    /// How many messages of a type the run takes.
    #[must_use]
    pub fn messages(&self) -> u64 {
        (self.sales.end.saturating_sub(self.sales.start)).div_ceil(self.per_message)
    }

    /// Appends one message, numbered from 1. Nothing for a number past the last, or for [`MessageType::Unknown`].
    pub fn write(&self, out: &mut String, kind: MessageType, number: u64) {
        let first = self.sales.start + number.saturating_sub(1).saturating_mul(self.per_message);
        let sales = first..self.sales.end.min(first.saturating_add(self.per_message));
        if sales.is_empty() || number == 0 {
            return;
        }
        if let Some(old) = Kind::ALL.into_iter().find(|old| old.message_name() == kind.root_name()) {
            let sets: Vec<Set> = sales.map(|ordinal| self.from.set(ordinal)).collect();
            return write_message(out, old, &sets, &self.from.transfer(old, first));
        }
        let Some(spec) = kind.spec() else { return };
        Writer::new(out, self, spec, number, sales).message();
    }

    /// First sale of the run: documents that speak of the whole run are numbered by it.
    pub(super) fn first(&self) -> u64 {
        self.sales.start
    }

    /// Weight of the parcels to each of [`DESTINATIONS`].
    pub(super) fn weights(&self) -> &[Weight] {
        self.weights.get_or_init(|| {
            let mut weights = vec![Weight::default(); DESTINATIONS.len()];
            for sale in self.sales.clone().map(|ordinal| self.from.sale(ordinal)) {
                let place = DESTINATIONS.iter().position(|to| to == sale.to);
                if let Some(weight) = place.and_then(|place| weights.get_mut(place)) {
                    weight.gross += sale.gross_grams;
                    weight.net += sale.net_grams;
                    weight.parcels += 1;
                }
            }
            weights
        })
    }
}

impl Generator {
    /// Who sends messages of that type. Customs and the exchange have no party here: the declarant stands for them.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others are sent by the declarant, or by customs")]
    pub fn sender(&self, kind: MessageType) -> &Party {
        let parties = &self.settings().parties;
        match kind {
            Ceb303 | Ceb311 => &parties.platform,
            Ceb403 | Ceb411 => &parties.payment,
            Ceb505 | Ceb509 | Ceb511 | Ceb513 => &parties.logistics,
            Ceb215 | Ceb507 | Ceb711 => &parties.site,
            _ => &parties.declarant,
        }
    }

    /// An id of a document of that type, or of its message.
    pub(super) fn id(&self, kind: MessageType, ordinal: u64, message: bool) -> String {
        let place = SPECS.iter().position(|spec| spec.kind == kind).and_then(|place| u8::try_from(place).ok());
        let purpose = FIRST_PURPOSE + 2 * place.unwrap_or_default() + u8::from(message);
        self.guid(ordinal, purpose)
    }

    /// When messages of that type are sent: each step follows the one before, some after days.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "the first documents of a sale are sent at once")]
    pub fn sent_at(&self, kind: MessageType) -> Timestamp {
        let declared = kind.answered().unwrap_or(kind);
        let minutes = match declared {
            Ceb605 | Ceb623 => 30,
            Ceb507 | Ceb711 => 60,
            Ceb607 => 120,
            Ceb509 => 360,
            Ceb701 | Ceb816 => DAY_MINUTES,
            Ceb792 => DAY_MINUTES + 60,
            Ceb513 => 2 * DAY_MINUTES,
            Ceb625 => 10 * DAY_MINUTES,
            Ceb213 => 20 * DAY_MINUTES,
            Ceb215 => 25 * DAY_MINUTES,
            Ceb818 => 31 * DAY_MINUTES,
            _ => 0,
        };
        let answered = if kind == declared { 0 } else { 61_234 };
        Timestamp(self.settings().at.0 + minutes * MINUTE_MS + answered)
    }

    /// The number that customs gave the list of that sale: one of the settings, or a made-up one.
    #[must_use]
    pub fn list_number(&self, flow: Flow, ordinal: u64) -> String {
        let settings = self.settings();
        let given = usize::try_from(ordinal).ok().and_then(|at| settings.list_numbers.get(at));
        if let Some(given) = given {
            return given.clone();
        }
        let export = flow == Flow::Export;
        let zone = if export { settings.export_mode == super::ExportMode::Zone } else { settings.mode == Mode::Bonded };
        let day = settings.at.ceb8();
        let number = list_no(if zone { "4612" } else { "4604" }, day.get(..4).unwrap_or_default(), ordinal + 1);
        if export { number.replace('I', "E") } else { number }
    }

    /// The sender's own number of a document of that type.
    #[expect(clippy::wildcard_enum_match_arm, reason = "types without a row have no such number")]
    pub(super) fn own_no(&self, kind: MessageType, ordinal: u64) -> String {
        let letters = match kind {
            Ceb213 => "RX",
            Ceb215 => "TX",
            Ceb507 => "AR",
            Ceb509 => "DP",
            Ceb603 => "LX",
            Ceb605 => "CX",
            Ceb607 => "WB",
            Ceb621 => "L",
            Ceb623 => "C",
            Ceb625 => "R",
            Ceb701 => "SA",
            Ceb711 => "RK",
            _ => "N",
        };
        format!("{letters}{}{ordinal:010}", self.seed_text())
    }

    /// The number that the exchange gave a document of that type.
    pub(super) fn pre_number(&self, kind: MessageType, ordinal: u64) -> String {
        let number = pre_no(&self.sent_at(kind).ceb8(), ordinal + 1);
        match kind.spec().map(|spec| spec.pre_no) {
            Some(letter) if !letter.is_empty() => number.replace('B', letter),
            Some(_) | None => number,
        }
    }

    /// A number that customs gives: 18 digits from the office, the day and a serial.
    pub(super) fn customs_no(&self, kind: MessageType, office: &str, ordinal: u64) -> String {
        format!("{office}{}{:06}", self.sent_at(kind).ceb8(), (ordinal + 1) % 1_000_000)
    }

    /// The transmission entity of messages of that type.
    #[must_use]
    pub fn transfer_of(&self, kind: MessageType, first_ordinal: u64) -> Transfer {
        Transfer { guid: self.id(kind, first_ordinal, true), sender: self.sender(kind).clone() }
    }
}

/// The sales of a message: import sets or export sales, by what the type is about.
pub(super) enum Sold {
    Import(Box<Set>),
    Export(Box<Sale>),
}

/// True for types whose documents speak of many parcels.
#[must_use]
pub fn speaks_of_many(kind: MessageType) -> bool {
    matches!(kind, Ceb507 | Ceb509 | Ceb607 | Ceb701 | Ceb711 | Ceb792)
}

/// True for types whose one document speaks of all sales of the message.
pub(super) fn is_shared(kind: MessageType) -> bool {
    let kind = kind.answered().unwrap_or(kind);
    matches!(kind, Ceb507 | Ceb509 | Ceb607 | Ceb701 | Ceb711 | Ceb900)
}

/// True for what parties send; the rest comes from customs or the exchange.
pub(super) fn is_sent_by_parties(part: Part) -> bool {
    matches!(part, Part::Declaration(_))
}

#[cfg(test)]
mod tests;
