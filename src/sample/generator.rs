//! Makes sets of documents from a seed.

use super::document::{Consignee, Kind, Line, List, Order, Payment, Set, Transfer, Waybill};
use super::numbers::{Rng, base36, guid, mixed};
use super::{ExportMode, GOODS, Goods, Parties, Party, Person};
use crate::domain::Timestamp;
use std::sync::Arc;

/// Direct purchase or bonded import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// 9610: the goods come by air, one parcel per order.
    Direct,
    /// 1210: the goods come from a bonded warehouse.
    Bonded,
}

impl Mode {
    /// The supervision mode code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Mode::Direct => "9610",
            Mode::Bonded => "1210",
        }
    }
}

/// What the documents are to be like.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The enterprises.
    pub parties: Parties,
    /// Direct purchase or bonded.
    pub mode: Mode,
    /// When the documents of a sale are sent, an hour at most after it was paid; what follows comes up to weeks later.
    pub at: Timestamp,
    /// How many different buyers there are, at least 1. Buyers come in turn, so that with the default of two million
    /// nobody passes the yearly limit before 26 million orders.
    pub buyers: u64,
    /// How goods are exported.
    pub export_mode: ExportMode,
    /// True if export lists are declared simplified (statisticsFlag A), else they are consolidated later (B).
    pub simplified: bool,
    /// Numbers that customs gave the lists of sales 0, 1, …, for what speaks of them; made up where there are none.
    pub list_numbers: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            parties: Parties::demo(),
            mode: Mode::Bonded,
            // 2026-06-01 10:00:00 in China.
            at: Timestamp(1_780_279_200_000),
            buyers: 2_000_000,
            export_mode: ExportMode::default(),
            simplified: false,
            list_numbers: Vec::new(),
        }
    }
}

/// Lines are added while the goods stay under this, far below the limit of one transaction (R-LIMIT-01).
const GOODS_VALUE_FEN_MAX: i64 = 180_000;
pub(super) const HOUR_MS: u64 = 3_600_000;
const CNY: &str = "142";
const CHINA: &str = "142";
pub(super) const ACCOUNT_BOOK: &str = "T4612W000001";
/// One flight a day brings the parcels of direct purchase.
pub(super) const FLIGHT: &str = "SW812";
const ROADS: [&str; 6] = ["样板路", "示例大道", "拟真街", "范本路", "测试东街", "演练北路"];
const DISTRICTS: [(&str, &str); 5] = [
    ("410102", "河南省郑州市中原区"),
    ("410103", "河南省郑州市二七区"),
    ("410105", "河南省郑州市金水区"),
    ("410108", "河南省郑州市惠济区"),
    ("410122", "河南省郑州市中牟县"),
];

/// Purposes of ids: documents take 0 to 3, their messages 4 to 7, receipts 8.
const MESSAGE: u8 = 4;
pub(super) const RECEIPT: u8 = 8;

/// An endless source of sets. The same seed and settings give the same sets, in any order of asking.
#[derive(Debug, Clone)]
pub struct Generator {
    seed: u32,
    settings: Arc<Settings>,
    seed_text: String,
    first_buyer: u64,
    next: u64,
}

impl Generator {
    /// Makes a generator. Numbers of different seeds never collide.
    #[must_use]
    pub fn new(seed: u32, settings: Settings) -> Generator {
        let first_buyer = mixed(u64::from(seed)) % settings.buyers.max(1);
        Generator { seed, settings: Arc::new(settings), seed_text: base36(seed), first_buyer, next: 0 }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Who sends messages of that kind, with the id of the message whose first set has the ordinal.
    #[must_use]
    pub fn transfer(&self, kind: Kind, first_ordinal: u64) -> Transfer {
        let parties = &self.settings.parties;
        let sender = match kind {
            Kind::Order => &parties.platform,
            Kind::Payment => &parties.payment,
            Kind::Waybill => &parties.logistics,
            Kind::List => &parties.declarant,
        };
        Transfer { guid: self.guid(first_ordinal, MESSAGE + purpose(kind)), sender: sender.clone() }
    }

    /// An id for the receipt or decision on the list of that ordinal.
    #[must_use]
    pub fn receipt_guid(&self, ordinal: u64) -> String {
        self.guid(ordinal, RECEIPT)
    }

    /// The set of that ordinal; below 10^12 every number keeps its length.
    #[must_use]
    pub fn set(&self, ordinal: u64) -> Set {
        let mut rng = Rng::new(self.seed, ordinal);
        let settings = &*self.settings;
        let parties = &settings.parties;
        let seed = &self.seed_text;

        let paid = Timestamp(settings.at.0 - i64::try_from(rng.below(HOUR_MS)).expect("an hour is short"));
        let sent_at = settings.at.ceb14();
        let paid_at = paid.ceb14();
        let day = paid_at.get(..8).unwrap_or_default().to_owned();
        let order_no = format!("SO{day}{seed}{ordinal:010}");
        let transaction_id = format!("{paid_at}{seed}{ordinal:010}");
        let waybill_no = format!("SW{seed}{ordinal:010}");
        let direct = settings.mode == Mode::Direct;
        let bill_no = if direct { format!("812-{day}") } else { String::new() };

        let lines = lines(&mut rng);
        let goods_value_fen: i64 = lines.iter().map(|line| line.total_fen).sum();
        let freight_fen = *rng.pick(&[0, 600, 1_000, 1_200]);
        let discount_fen = *rng.pick(&[0, 0, 0, 500, 2_000]);
        let tax_fen = tax_fen(&lines, goods_value_fen, freight_fen);
        let paid_fen = goods_value_fen + freight_fen + tax_fen - discount_fen;
        let net_grams: i64 = lines.iter().map(|line| line.goods.net_grams * line.quantity).sum();
        let gross_grams = net_grams + net_grams / 12 + 60;

        let buyer = Person::numbered((ordinal % settings.buyers.max(1) + self.first_buyer) % settings.buyers.max(1));
        let consignee = consignee(&mut rng, &buyer);
        let departure = if direct { lines.first().map_or(CHINA, |line| line.goods.origin) } else { CHINA };

        let order = Order {
            guid: self.guid(ordinal, purpose(Kind::Order)),
            sent_at: sent_at.clone(),
            order_no: order_no.clone(),
            platform: parties.platform.clone(),
            seller: parties.seller.clone(),
            goods_value_fen,
            freight_fen,
            discount_fen,
            tax_fen,
            paid_fen,
            currency: CNY,
            buyer_account: format!("user{:09}", mixed(ordinal) % 1_000_000_000),
            buyer: buyer.clone(),
            payment: parties.payment.clone(),
            transaction_id: transaction_id.clone(),
            consignee: consignee.clone(),
            lines: lines.clone(),
        };
        let payment = Payment {
            guid: self.guid(ordinal, purpose(Kind::Payment)),
            sent_at: sent_at.clone(),
            institution: parties.payment.clone(),
            transaction_id,
            order_no: order_no.clone(),
            platform: parties.platform.clone(),
            payer: buyer.clone(),
            paid_fen,
            currency: CNY,
            paid_at,
        };
        let waybill = Waybill {
            guid: self.guid(ordinal, purpose(Kind::Waybill)),
            sent_at: sent_at.clone(),
            carrier: parties.logistics.clone(),
            waybill_no: waybill_no.clone(),
            bill_no: bill_no.clone(),
            order_no: order_no.clone(),
            freight_fen,
            insurance_fen: 0,
            currency: CNY,
            gross_grams,
            goods_info: lines.first().map_or(String::new(), |line| line.goods.name.to_owned()),
            consignee: consignee.clone(),
        };
        let list = List {
            guid: self.guid(ordinal, purpose(Kind::List)),
            declared_on: sent_at.get(..8).unwrap_or_default().to_owned(),
            sent_at,
            order_no,
            platform: parties.platform.clone(),
            seller: parties.seller.clone(),
            waybill_no,
            carrier: parties.logistics.clone(),
            cop_no: format!("L{seed}{ordinal:010}"),
            guarantor: parties.seller.code.to_string(),
            customs_office: if direct { "4604" } else { "4612" },
            port_office: if direct { "4604" } else { "4612" },
            buyer,
            address: consignee.address,
            declarant: parties.declarant.clone(),
            mode: settings.mode,
            warehouse: (!direct).then(|| parties.warehouse.clone()),
            account_book: if direct { "" } else { ACCOUNT_BOOK },
            transport_mode: if direct { "5" } else { "4" },
            conveyance: if direct { FLIGHT } else { "" },
            voyage: if direct { format!("{FLIGHT}/{day}") } else { String::new() },
            bill_no,
            departure,
            freight_fen,
            insurance_fen: 0,
            currency: CNY,
            gross_grams,
            net_grams,
            lines,
        };
        Set { ordinal, order, payment, waybill, list }
    }

    pub(super) fn seed(&self) -> u32 {
        self.seed
    }

    /// The seed as it stands in numbers: seven characters.
    pub(super) fn seed_text(&self) -> &str {
        &self.seed_text
    }

    pub(super) fn guid(&self, ordinal: u64, purpose: u8) -> String {
        guid(self.seed, ordinal, purpose)
    }
}

impl Iterator for Generator {
    type Item = Set;

    fn next(&mut self) -> Option<Set> {
        let set = self.set(self.next);
        self.next += 1;
        Some(set)
    }
}

fn purpose(kind: Kind) -> u8 {
    match kind {
        Kind::Order => 0,
        Kind::Payment => 1,
        Kind::Waybill => 2,
        Kind::List => 3,
    }
}

/// One to three lines of different goods, about two in the mean.
fn lines(rng: &mut Rng) -> Vec<Line> {
    let wanted = *rng.pick(&[1, 2, 2, 2, 3, 3]);
    let mut lines: Vec<Line> = Vec::with_capacity(wanted);
    let mut sum_fen = 0;
    for number in 1..=3 {
        let goods: &'static Goods = rng.pick(GOODS);
        let quantity = *rng.pick(&[1, 1, 1, 2]);
        let total_fen = goods.price_fen * quantity;
        if lines.len() == wanted || sum_fen + total_fen > GOODS_VALUE_FEN_MAX {
            break;
        }
        if lines.iter().any(|line| line.goods == goods) {
            break;
        }
        sum_fen += total_fen;
        lines.push(Line { number, goods, quantity, price_fen: goods.price_fen, total_fen });
    }
    lines
}

/// The taxes of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineTax {
    /// Dutiable value: the line and its share of the freight.
    pub(super) dutiable_fen: i64,
    /// Consumption tax.
    pub(super) consumption_fen: i64,
    /// VAT.
    pub(super) vat_fen: i64,
}

/// The tax of all lines.
fn tax_fen(lines: &[Line], goods_value_fen: i64, freight_fen: i64) -> i64 {
    let taxes = taxes(lines, goods_value_fen, freight_fen);
    taxes.iter().map(|tax| tax.consumption_fen + tax.vat_fen).sum()
}

/// The taxes of each line: 70 % of consumption tax and VAT, each rounded half up to the fen; freight goes to the lines by
/// value, the last one takes the rest.
///
/// Source: domain rules 4.2, R-TAX-03, R-TAX-05.
pub(super) fn taxes(lines: &[Line], goods_value_fen: i64, freight_fen: i64) -> Vec<LineTax> {
    let mut freight_left_fen = freight_fen;
    let mut taxes = Vec::with_capacity(lines.len());
    for (place, line) in lines.iter().enumerate() {
        let last = place + 1 == lines.len();
        let share_fen = if last { freight_left_fen } else { freight_fen * line.total_fen / goods_value_fen.max(1) };
        freight_left_fen -= share_fen;
        let dutiable_fen = line.total_fen + share_fen;
        // Consumption tax is D·c/(1−c), VAT (D + consumption tax)·v = D·v/(1−c); percent and 70 % as whole numbers.
        let base = 10 * (100 - line.goods.consumption_percent);
        let tax = |percent: i64| rounded(dutiable_fen * percent * 7, base);
        taxes.push(LineTax {
            dutiable_fen,
            consumption_fen: tax(line.goods.consumption_percent),
            vat_fen: tax(line.goods.vat_percent),
        });
    }
    taxes
}

/// The quotient, rounded half up; both are positive.
fn rounded(number: i64, by: i64) -> i64 {
    (2 * number + by) / (2 * by)
}

fn consignee(rng: &mut Rng, buyer: &Person) -> Consignee {
    let (district, area) = *rng.pick(&DISTRICTS);
    let road = rng.pick(&ROADS);
    let (number, house, unit, room) = (rng.below(200) + 1, rng.below(30) + 1, rng.below(3) + 1, rng.below(2_000) + 101);
    Consignee {
        name: buyer.name.clone(),
        telephone: buyer.telephone.clone(),
        address: format!("{area}{road}{number}号{house}号楼{unit}单元{room}室"),
        district,
    }
}

impl Set {
    /// The parties that this set names, each once.
    #[must_use]
    pub fn parties(&self) -> Vec<&Party> {
        let mut parties = vec![
            &self.order.platform,
            &self.order.seller,
            &self.payment.institution,
            &self.waybill.carrier,
            &self.list.declarant,
        ];
        parties.extend(&self.list.warehouse);
        parties
    }
}

#[cfg(test)]
mod tests;
