//! Export sales: what is sold abroad and all numbers under which it leaves, from the order to the consolidation.
//!
//! Money is in hundredths of the currency, weight in grams.

mod consignment;
mod documents;
mod goods;

pub use goods::{DESTINATIONS, Destination, EXPORT_GOODS};

use super::Goods;
use super::document::Line;
use super::generator::{ACCOUNT_BOOK, Generator, HOUR_MS};
use super::numbers::Rng;
use crate::domain::Timestamp;

/// How goods are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ExportMode {
    /// 9610: a parcel for each order of a consumer.
    #[default]
    Retail,
    /// 1210: the same, out of a special zone.
    Zone,
    /// 9710: to an enterprise abroad.
    Business,
    /// 9810: to an overseas warehouse.
    Warehouse,
}

impl ExportMode {
    /// All of them.
    pub const ALL: [ExportMode; 4] =
        [ExportMode::Retail, ExportMode::Zone, ExportMode::Business, ExportMode::Warehouse];

    /// The supervision mode code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            ExportMode::Retail => "9610",
            ExportMode::Zone => "1210",
            ExportMode::Business => "9710",
            ExportMode::Warehouse => "9810",
        }
    }

    /// The order type that goes with it (R-EXP-01).
    #[must_use]
    pub fn order_type(self) -> &'static str {
        match self {
            ExportMode::Retail | ExportMode::Zone => "E",
            ExportMode::Business => "B",
            ExportMode::Warehouse => "W",
        }
    }

    /// The supervision mode under which the goods come back; `None` where the standard has none.
    pub(super) fn return_code(self) -> Option<&'static str> {
        match self {
            ExportMode::Retail => Some("9661"),
            ExportMode::Zone => Some("1261"),
            ExportMode::Business | ExportMode::Warehouse => None,
        }
    }

    fn quantities(self) -> &'static [i64] {
        match self {
            ExportMode::Retail | ExportMode::Zone => &[1, 1, 2, 3],
            ExportMode::Business | ExportMode::Warehouse => &[5, 10, 20],
        }
    }
}

/// A sale abroad. The parties are those of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Its number in the seed.
    pub ordinal: u64,
    /// How it is exported.
    pub mode: ExportMode,
    /// Order number.
    pub order_no: String,
    /// Payment transaction.
    pub pay_no: String,
    /// Parcel number, at most 32 characters.
    pub waybill_no: String,
    /// When the money came, `yyyyMMddHHmmss`.
    pub paid_at: String,
    /// Day of export, `yyyyMMdd`.
    pub day: String,
    /// Where it goes, and the currency.
    pub to: &'static Destination,
    /// Office of declaration.
    pub customs_office: &'static str,
    /// Supervised site from which it leaves.
    pub site: &'static str,
    /// Office of exit.
    pub port_office: &'static str,
    /// Account book of the zone, else empty.
    pub account_book: &'static str,
    /// Master bill.
    pub bill_no: String,
    /// Bag in which the parcel travels.
    pub package_no: String,
    /// Price of the goods, FOB.
    pub goods_value: i64,
    /// Freight.
    pub freight: i64,
    /// Gross weight.
    pub gross_grams: i64,
    /// Net weight.
    pub net_grams: i64,
    /// Lines.
    pub lines: Vec<Line>,
}

/// A list stays under this in every currency here, so that it may be declared as one (5,000 CNY, R-EXP-02).
const GOODS_VALUE_MAX: i64 = 50_000;
/// One flight a day takes the parcels.
pub(super) const EXPORT_FLIGHT: &str = "SW901";
/// The vehicle that brings them to the site.
pub(super) const TRUCK: &str = "豫A00000";
/// Keeps the numbers of exports apart from those of imports with the same seed and ordinal.
const STREAM: u64 = 0xE0_0000_0000_0000;

impl Generator {
    /// The export sale of that ordinal.
    #[must_use]
    pub fn sale(&self, ordinal: u64) -> Sale {
        let settings = self.settings();
        let mut rng = Rng::new(self.seed(), ordinal ^ STREAM);
        let mode = settings.export_mode;
        let seed = self.seed_text();
        let paid = Timestamp(settings.at.0 - i64::try_from(rng.below(HOUR_MS)).expect("an hour is short"));
        let paid_at = paid.ceb14();
        let day = settings.at.ceb8();
        let lines = lines(&mut rng, mode);
        let goods_value = lines.iter().map(|line| line.total_fen).sum();
        let net_grams: i64 = lines.iter().map(|line| line.goods.net_grams * line.quantity).sum();
        let zone = mode == ExportMode::Zone;
        Sale {
            ordinal,
            mode,
            order_no: format!("EO{day}{seed}{ordinal:010}"),
            pay_no: format!("E{paid_at}{seed}{ordinal:010}"),
            waybill_no: format!("EW{seed}{ordinal:010}"),
            paid_at,
            to: rng.pick(DESTINATIONS),
            customs_office: if zone { "4612" } else { "4604" },
            site: if zone { "4612S001" } else { "4604S001" },
            port_office: "4604",
            account_book: if zone { ACCOUNT_BOOK } else { "" },
            bill_no: format!("901-{day}"),
            package_no: format!("EB{day}{:04}", ordinal / 50 % 10_000),
            day,
            goods_value,
            freight: *rng.pick(&[0, 350, 500, 800]),
            gross_grams: net_grams + net_grams / 12 + 60,
            net_grams,
            lines,
        }
    }
}

/// One to three lines of different goods.
fn lines(rng: &mut Rng, mode: ExportMode) -> Vec<Line> {
    let wanted = *rng.pick(&[1, 2, 2, 3]);
    let mut lines: Vec<Line> = Vec::with_capacity(wanted);
    let mut sum = 0;
    for number in 1..=3 {
        let goods: &'static Goods = rng.pick(EXPORT_GOODS);
        let quantity = *rng.pick(mode.quantities());
        let total = goods.price_fen * quantity;
        if lines.len() == wanted || sum + total > GOODS_VALUE_MAX || lines.iter().any(|line| line.goods == goods) {
            break;
        }
        sum += total;
        lines.push(Line { number, goods, quantity, price_fen: goods.price_fen, total_fen: total });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Settings;
    use std::collections::HashSet;

    #[test]
    fn sales_add_up_in_every_mode() {
        for export_mode in ExportMode::ALL {
            let generator = Generator::new(7, Settings { export_mode, ..Settings::default() });
            for sale in (0..2_000).map(|ordinal| generator.sale(ordinal)) {
                assert!((1..=3).contains(&sale.lines.len()));
                assert_eq!(sale.goods_value, sale.lines.iter().map(|line| line.total_fen).sum::<i64>());
                assert!(sale.goods_value <= GOODS_VALUE_MAX && sale.lines.iter().zip(1..).all(|(l, n)| l.number == n));
                assert!(0 < sale.net_grams && sale.net_grams < sale.gross_grams);
                assert!(sale.waybill_no.len() <= 32 && sale.order_no.len() <= 60 && sale.package_no.len() <= 37);
                assert_eq!(sale.account_book.is_empty(), export_mode != ExportMode::Zone);
            }
        }
    }

    #[test]
    fn numbers_do_not_repeat_and_follow_from_seed_and_ordinal() {
        let mut seen = HashSet::new();
        for seed in [1, 2, u32::MAX] {
            let generator = Generator::new(seed, Settings::default());
            for ordinal in 0..500 {
                let sale = generator.sale(ordinal);
                assert_eq!(generator.sale(ordinal), sale);
                assert!(seen.insert(sale.order_no) && seen.insert(sale.pay_no) && seen.insert(sale.waybill_no));
            }
        }
    }
}
