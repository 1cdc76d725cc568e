//! Traces: filing records, asking for them, recalling a lot, and the answer for everybody.

use super::reader::{failed, has_part_in};
use super::types::{Applied, Error, ReadError};
use super::{Intake, Reader};
use crate::domain::limits::{TRACE_HISTORY_MAX, TRACE_RECORDS_MAX, TRACE_TEXT_CHARS_MAX};
use crate::domain::{
    Caller, DocRef, InspectionState, LotBlock, LotName, Role, Timestamp, TraceChange, TraceRecord, codes, status,
};
use crate::state::clearance::trace::{self, Block, Link, Number, Record};
use crate::state::{Content, query};
use std::collections::BTreeMap;

/// One version of a trace record.
#[derive(Debug, Clone)]
pub struct TraceVersion {
    /// As it was filed.
    pub record: TraceRecord,
    /// 1 for the first filing.
    pub version: u32,
    /// When it was filed.
    pub time: Timestamp,
    /// True if this version withdraws the record.
    pub withdrawn: bool,
}

/// A trace record as its owner or an authority sees it.
#[derive(Debug, Clone)]
pub struct TraceFound {
    /// As it stands.
    pub now: TraceVersion,
    /// Code of the party that filed it.
    pub owner: String,
    /// Older versions, newest first, at most [`TRACE_HISTORY_MAX`].
    pub history: Vec<TraceVersion>,
    /// Goods linked to lists so far, a decimal.
    pub taken: String,
}

/// A list that goods of a lot were sold by.
#[derive(Debug, Clone)]
pub struct Recalled {
    /// The list.
    pub list: DocRef,
    /// Trace code of the goods.
    pub code: String,
    /// Line of the list; 0 if not known.
    pub gnum: u32,
    /// How much, a decimal.
    pub qty: String,
    /// True if the link is presumed (oldest lot first).
    pub presumed: bool,
    /// When customs released the list.
    pub released: Option<Timestamp>,
    /// Status of the list.
    pub status: i32,
    /// Order.
    pub order_no: String,
    /// Number that customs gave the list, or its pre-entry number.
    pub number: String,
    /// Seller.
    pub ebc_code: String,
    /// Waybill.
    pub logistics_no: String,
}

/// A block as it stands.
#[derive(Debug, Clone)]
pub struct BlockFound {
    /// What was filed last.
    pub block: LotBlock,
    /// Code of the party that filed it.
    pub by: String,
    /// When.
    pub time: Timestamp,
    /// True if it is in force now.
    pub in_force: bool,
}

/// What somebody asks the public door for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A trace code.
    Code(String),
    /// A lot, of a product if the GTIN is given.
    Lot(LotName),
    /// An order number.
    Order(String),
    /// A waybill number.
    Waybill(String),
}

/// The answer for everybody (R-TRACE-01): of the goods, nothing of who bought them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicTrace {
    /// Trace code.
    pub code: String,
    /// GTIN.
    pub gtin: String,
    /// Lot.
    pub lot: String,
    /// Name of the goods.
    pub name: String,
    /// Commodity code.
    pub hs: String,
    /// Day of production, `yyyyMMdd`.
    pub made: String,
    /// Best before, `yyyyMMdd`.
    pub expires: String,
    /// Country of origin: customs code, Chinese and English name.
    pub origin: [String; 3],
    /// Importer.
    pub importer: String,
    /// Importer's agent.
    pub agent: String,
    /// Distributor.
    pub distributor: String,
    /// Customs office of entry: code and Chinese name.
    pub entry_port: [String; 2],
    /// Declaration: CEB status of the list, 0 if the goods are on none; Chinese and English text.
    pub declaration: (i32, String, String),
    /// Day on which the list, or else the lot, was released, `yyyyMMdd`; empty if it was not.
    pub released: String,
    /// Inspection.
    pub inspection: InspectionState,
    /// Why goods of the lot are blocked; `None` if they are not.
    pub blocked: Option<String>,
}

/// Records of one answer for everybody.
const PUBLIC_RECORDS_MAX: usize = 50;

/// A record, with the status of the list that it was sold by and when that was released.
type Sold = (Record, (i32, i64));

impl Intake {
    /// Files, withdraws and blocks; whether the caller may is judged when it is applied.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is nothing to do, or more than [`TRACE_RECORDS_MAX`] things; [`Error`].
    pub async fn change_trace(&self, caller: &Caller, request_id: &str, change: TraceChange) -> Result<Applied, Error> {
        let count = change.records.len() + change.withdrawn.len() + change.blocks.len();
        if !(1..=TRACE_RECORDS_MAX).contains(&count) {
            let reason = format!("1 to {TRACE_RECORDS_MAX} records, codes or blocks");
            return Err(Error::Invalid { field: "records".to_owned(), reason });
        }
        self.request(caller, request_id, Content::Trace(change)).await
    }
}

impl Reader {
    /// The record of a code with its history, for its owner and for authorities.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn trace_record(&self, caller: &Caller, code: &str) -> Result<Option<TraceFound>, ReadError> {
        let cells = self.shared.cells.as_ref();
        let found = trace::record(cells, code).map_err(failed)?;
        let Some(record) = found.filter(|record| record.owner == caller.id.0 || is_authority(caller)) else {
            return Ok(None);
        };
        let history = trace::history(cells, code, TRACE_HISTORY_MAX).map_err(failed)?;
        Ok(Some(TraceFound {
            owner: self.party_code(record.owner),
            taken: if record.taken.is_empty() { "0".to_owned() } else { record.taken.clone() },
            now: version(record),
            history: history.into_iter().map(version).collect(),
        }))
    }

    /// Lists that goods of a lot were sold by, in the order in which they came, after a key: a page and the key of the
    /// next. Authorities see all of them, others those that they
    /// have a part in, sell by, or filed the goods of.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn recall(
        &self,
        caller: &Caller,
        name: &LotName,
        after: &[u8],
        limit: usize,
    ) -> Result<(Vec<Recalled>, Option<Vec<u8>>), ReadError> {
        let (links, next) = trace::links_of_lot(self.shared.cells.as_ref(), name, after, limit).map_err(failed)?;
        let sees_all = is_authority(caller);
        let mut lists = Vec::with_capacity(links.len());
        for link in links {
            let Some(view) = self.view(link.list)? else { continue };
            let keys = view.event.keys.clone().unwrap_or_default();
            let sells = caller.party.is_called(&keys.ebc_code);
            if !sees_all && !sells && !has_part_in(caller, &view) && !self.filed(caller, &link)? {
                continue;
            }
            lists.push(recalled(link, view.event.status, keys));
        }
        Ok((lists, next))
    }

    /// True if the caller filed the goods of a link.
    fn filed(&self, caller: &Caller, link: &Link) -> Result<bool, ReadError> {
        let record = trace::record(self.shared.cells.as_ref(), &link.code).map_err(failed)?;
        Ok(record.is_some_and(|record| record.owner == caller.id.0))
    }

    /// Blocks, ended ones included, after a key: a page and the key of the next.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn blocks(
        &self,
        now: Timestamp,
        after: &[u8],
        limit: usize,
    ) -> Result<(Vec<BlockFound>, Option<Vec<u8>>), ReadError> {
        let (blocks, next) = trace::blocks_of(self.shared.cells.as_ref(), after, limit).map_err(failed)?;
        let found = |row: Block| BlockFound {
            by: self.party_code(row.by),
            time: Timestamp(row.time_ms),
            in_force: row.is_in_force(now.0),
            block: row.block,
        };
        Ok((blocks.into_iter().map(found).collect(), next))
    }

    /// What anybody may know of goods. Empty if nothing is known.
    ///
    /// # Errors
    /// [`ReadError::Invalid`] for a number that is none; [`ReadError`].
    pub fn public_trace(&self, wanted: &Wanted, now: Timestamp) -> Result<Vec<PublicTrace>, ReadError> {
        let cells = self.shared.cells.as_ref();
        let is_number = |text: &str| !text.is_empty() && text.chars().count() <= TRACE_TEXT_CHARS_MAX;
        let (records, number) = match wanted {
            Wanted::Code(code) if is_number(code) => {
                (trace::record(cells, code).map_err(failed)?.into_iter().collect::<Vec<_>>(), None)
            }
            Wanted::Lot(name) if is_number(&name.lot) && name.gtin.len() <= TRACE_TEXT_CHARS_MAX => {
                let (kind, number) = match name.gtin.as_str() {
                    "" => (Number::Lot, name.lot.clone()),
                    gtin => (Number::GtinLot, trace::gtin_lot(gtin, &name.lot)),
                };
                (trace::of_number(cells, kind, &number).map_err(failed)?, None)
            }
            Wanted::Order(number) | Wanted::Waybill(number) if is_number(number) => (Vec::new(), Some(number)),
            Wanted::Code(_) | Wanted::Lot(_) | Wanted::Order(_) | Wanted::Waybill(_) => {
                return Err(ReadError::Invalid("number"));
            }
        };
        let mut answers = BTreeMap::new();
        for record in records.into_iter().filter(|record| !record.withdrawn).take(PUBLIC_RECORDS_MAX) {
            let sold = self.sold_by(&record)?;
            answers.insert(record.record.code.clone(), self.answer(record, sold, now)?);
        }
        if let Some(number) = number {
            for list in query::documents_of_number(cells, number).map_err(failed)? {
                for (record, sold) in self.sold_in(list)? {
                    answers.insert(record.record.code.clone(), self.answer(record, Some(sold), now)?);
                }
            }
        }
        Ok(answers.into_values().take(PUBLIC_RECORDS_MAX).collect())
    }

    /// The list by which goods that were picked for one order were sold: its status, and when it was released.
    fn sold_by(&self, record: &Record) -> Result<Option<(i32, i64)>, ReadError> {
        for number in [&record.record.invt_no, &record.record.order_no] {
            if number.is_empty() {
                continue;
            }
            for list in query::documents_of_number(self.shared.cells.as_ref(), number).map_err(failed)? {
                let found = self.sold_in(list)?;
                if let Some((_, sold)) = found.into_iter().find(|(other, _)| other.record.code == record.record.code) {
                    return Ok(Some(sold));
                }
            }
        }
        Ok(None)
    }

    /// Records of the lots on a list, with its status and when it was released.
    fn sold_in(&self, list: DocRef) -> Result<Vec<Sold>, ReadError> {
        let cells = self.shared.cells.as_ref();
        let links = trace::lots_of_list(cells, list).map_err(failed)?;
        if links.is_empty() {
            return Ok(Vec::new());
        }
        let Some(view) = self.view(list)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for link in links.iter().take(PUBLIC_RECORDS_MAX) {
            let record = trace::record(cells, &link.code).map_err(failed)?.filter(|record| !record.withdrawn);
            found.extend(record.map(|record| (record, (view.event.status, link.released_ms))));
        }
        Ok(found)
    }

    fn answer(&self, record: Record, sold: Option<(i32, i64)>, now: Timestamp) -> Result<PublicTrace, ReadError> {
        let block = trace::block_of(self.shared.cells.as_ref(), &trace::name_of(&record.record), now.0);
        let filed = record.record;
        let (list_status, list_released) = sold.unwrap_or_default();
        let released_ms = if list_released == 0 { filed.released_ms } else { list_released };
        let country = codes::country(&filed.origin);
        let names = country.map_or(["", ""], |country| [country.name_zh, country.name_en]);
        let (zh, en) = match list_status {
            0 if released_ms != 0 => ("已放行入境", "released at entry"),
            0 => ("未销售", "not sold yet"),
            code => status::name(code),
        };
        let port = codes::customs_office_name_zh(&filed.entry_port).unwrap_or_default().to_owned();
        Ok(PublicTrace {
            code: filed.code,
            gtin: filed.gtin,
            lot: filed.lot,
            name: filed.name,
            hs: filed.hs,
            made: filed.made,
            expires: filed.expires,
            origin: [filed.origin, names[0].to_owned(), names[1].to_owned()],
            importer: filed.importer,
            agent: filed.agent,
            distributor: filed.distributor,
            entry_port: [filed.entry_port, port],
            declaration: (list_status, zh.to_owned(), en.to_owned()),
            released: if released_ms == 0 { String::new() } else { Timestamp(released_ms).ceb8() },
            inspection: InspectionState::try_from(filed.inspection).unwrap_or(InspectionState::Unknown),
            blocked: block.map_err(failed)?.map(|block| block.block.reason),
        })
    }
}

/// Authorities see every trace; customs that of other offices too, as a recall stops at no office's border.
fn is_authority(caller: &Caller) -> bool {
    [Role::Customs, Role::Agency, Role::Operator].into_iter().any(|role| caller.party.has_role(role))
}

fn version(record: Record) -> TraceVersion {
    TraceVersion {
        record: record.record,
        version: record.version,
        time: Timestamp(record.time_ms),
        withdrawn: record.withdrawn,
    }
}

fn recalled(link: Link, status: i32, keys: crate::domain::Keys) -> Recalled {
    let number = if keys.invt_no.is_empty() { keys.pre_no } else { keys.invt_no };
    Recalled {
        list: link.list,
        code: link.code,
        gnum: link.gnum,
        qty: link.qty,
        presumed: link.presumed,
        released: (link.released_ms != 0).then_some(Timestamp(link.released_ms)),
        status,
        order_no: link.order_no,
        number,
        ebc_code: keys.ebc_code,
        logistics_no: keys.logistics_no,
    }
}
