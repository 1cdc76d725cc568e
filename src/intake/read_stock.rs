//! Stock of warehouses: telling of it, and reading it.

use super::reader::failed;
use super::types::{Applied, Error, ReadError};
use super::{Intake, Reader};
use crate::domain::limits::STOCK_ROWS_MAX;
use crate::domain::{Caller, GateSheet, PartyId, Role, StockChange, Timestamp};
use crate::state::Content;
use crate::state::clearance::stock::{self, Abroad, Difference, Sheet};

/// An item whose figure is not that of the book; decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferenceFound {
    /// Account book.
    pub ems_no: String,
    /// Item.
    pub item_record_no: String,
    /// By the warehouse.
    pub counted: String,
    /// By the book.
    pub expected: String,
}

/// The reconciliation of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFound {
    /// Day in China, `yyyyMMdd`.
    pub day: String,
    /// Items counted.
    pub items: u32,
    /// When the figures came.
    pub time: Timestamp,
    /// Items that differ.
    pub differences: Vec<DifferenceFound>,
}

/// A gate-out sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetFound {
    /// As it was filed.
    pub sheet: GateSheet,
    /// When.
    pub filed: Timestamp,
    /// When it left the gate.
    pub left: Option<Timestamp>,
    /// True if it was given up.
    pub cancelled: bool,
}

/// One item of one order abroad; decimals in the order's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbroadFound {
    /// Export order.
    pub order_no: String,
    /// Its platform.
    pub ebp_code: String,
    /// Seller's item number.
    pub item_no: String,
    /// Sent by the order.
    pub sent: String,
    /// Taken in.
    pub received: String,
    /// Sold.
    pub sold: String,
    /// Lost.
    pub lost: String,
    /// Still there.
    pub on_hand: String,
    /// Amounts of the sales: currency and decimal.
    pub amounts: Vec<(String, String)>,
    /// Warehouse.
    pub warehouse: String,
}

impl Intake {
    /// Records what a warehouse or seller tells of stock; whether it may is judged when it is applied.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is nothing to do, or more than [`STOCK_ROWS_MAX`] rows; [`Error`].
    pub async fn change_stock(&self, caller: &Caller, request_id: &str, change: StockChange) -> Result<Applied, Error> {
        let figures = change.figures.as_ref().map_or(0, |figures| figures.figures.len());
        let rows = change.inbound.len() + figures + change.received.len() + change.sold.len();
        let others = change.sheet.is_some() || !change.gate_out.is_empty() || !change.sheet_cancelled.is_empty();
        if rows > STOCK_ROWS_MAX || (rows == 0 && !others) {
            let reason = format!("1 to {STOCK_ROWS_MAX} rows");
            return Err(Error::Invalid { field: "rows".to_owned(), reason });
        }
        self.request(caller, request_id, Content::Stock(change)).await
    }
}

impl Reader {
    /// Whose stock a caller asks for: its own, or that of the party with that code if the caller is an authority.
    fn stock_of(&self, caller: &Caller, code: &str) -> Option<PartyId> {
        if code.is_empty() || caller.party.is_called(code) {
            return Some(caller.id);
        }
        let may = [Role::Customs, Role::Operator, Role::Tax, Role::Forex];
        let (id, _) = self.party_of_code(code)?;
        may.into_iter().any(|role| caller.party.has_role(role)).then_some(id)
    }

    /// The reconciliation of a warehouse and day.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn stock_report(&self, caller: &Caller, code: &str, day: &str) -> Result<Option<ReportFound>, ReadError> {
        let Some(party) = self.stock_of(caller, code) else { return Ok(None) };
        let report = stock::report(self.shared.cells.as_ref(), party.0, day).map_err(failed)?;
        let difference = |row: Difference| DifferenceFound {
            ems_no: row.ems_no,
            item_record_no: row.item_record_no,
            counted: row.counted,
            expected: row.expected,
        };
        Ok(report.map(|report| ReportFound {
            day: report.day,
            items: report.items,
            time: Timestamp(report.time_ms),
            differences: report.differences.into_iter().map(difference).collect(),
        }))
    }

    /// A gate-out sheet of the caller, or of the party with that code.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn gate_sheet(&self, caller: &Caller, code: &str, number: &str) -> Result<Option<SheetFound>, ReadError> {
        let Some(party) = self.stock_of(caller, code) else { return Ok(None) };
        let sheet = stock::sheet(self.shared.cells.as_ref(), party.0, number).map_err(failed)?;
        Ok(sheet.map(|Sheet { sheet, filed_ms, out_ms, cancelled, .. }| SheetFound {
            sheet,
            filed: Timestamp(filed_ms),
            left: (out_ms != 0).then_some(Timestamp(out_ms)),
            cancelled,
        }))
    }

    /// Stock abroad of the caller, or of the party with that code, of one order (number and platform) or of all, after a
    /// key: a page and the key of the next.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn stock_abroad(
        &self,
        caller: &Caller,
        code: &str,
        order: Option<(&str, &str)>,
        after: &[u8],
        limit: usize,
    ) -> Result<(Vec<AbroadFound>, Option<Vec<u8>>), ReadError> {
        let Some(party) = self.stock_of(caller, code) else { return Ok((Vec::new(), None)) };
        let cells = self.shared.cells.as_ref();
        let (rows, next) = stock::abroad_of(cells, party.0, order, after, limit).map_err(failed)?;
        Ok((rows.into_iter().map(abroad).collect(), next))
    }
}

fn abroad(row: Abroad) -> AbroadFound {
    let or_none = |text: &str| if text.is_empty() { "0".to_owned() } else { text.to_owned() };
    let pairs = row.amounts.chunks(2).filter_map(|pair| match pair {
        [currency, amount] => Some((currency.clone(), amount.clone())),
        _ => None,
    });
    AbroadFound {
        on_hand: row.on_hand().to_string(),
        amounts: pairs.collect(),
        sent: or_none(&row.sent),
        received: or_none(&row.received),
        sold: or_none(&row.sold),
        lost: or_none(&row.lost),
        order_no: row.order_no,
        ebp_code: row.ebp_code,
        item_no: row.item_no,
        warehouse: row.warehouse,
    }
}
