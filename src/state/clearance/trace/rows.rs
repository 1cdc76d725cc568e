//! Rows of the table `Trace`, and reading them.

use crate::domain::limits::TRACE_RECORDS_FOLLOWED_MAX;
use crate::domain::{DocRef, LotName, MessageType, TraceRecord};
use crate::proof::sha256;
use crate::state::cells::{Cells, CellsMut, StateError, after_prefix, decode, load};
use crate::state::facts::Facts;
use crate::state::registry::Registry;
use crate::state::store::Table;

/// Spaces of the table `Trace`. Permanent: the first byte of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Space {
    /// Hash of a code: a [`Record`].
    Record = 1,
    /// Hash of a code and a version: an older [`Record`].
    History = 2,
    /// Hash of a number and of a code: no value.
    Number = 3,
    /// Hash of a lot, document, hash of a code: a [`Link`].
    LotList = 4,
    /// Document and hash of a code: a [`Link`].
    ListLot = 5,
    /// Hash of a lot name: a [`super::Block`].
    Block = 6,
    /// Hash of a lot name and position: an older block.
    BlockHistory = 7,
    /// Party, hash of an item, position, ordinal: hash of a code.
    Pool = 8,
    /// What there is at all, so that lists are not slowed down by what nobody filed: see [`Any`]; no value.
    Any = 9,
}

/// What there may be any of. Permanent: the second byte of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Any {
    /// Trace records.
    Record,
    /// Trace records of a party.
    RecordOf(u32),
    /// Blocks.
    Block,
}

impl Any {
    fn key(self) -> Vec<u8> {
        match self {
            Any::Record => key(Space::Any, &[&[1]]),
            Any::RecordOf(party) => key(Space::Any, &[&[2], &party.to_be_bytes()]),
            Any::Block => key(Space::Any, &[&[3]]),
        }
    }

    /// True if there was ever one.
    pub(crate) fn is_there(self, cells: &(impl Cells + ?Sized)) -> Result<bool, StateError> {
        Ok(cells.get(Table::Trace, &self.key())?.is_some())
    }

    pub(super) fn note(self, cells: &mut impl CellsMut) {
        cells.put(Table::Trace, &self.key(), Vec::new());
    }
}

/// Those of some parties that ever filed a record.
pub(crate) fn filers(cells: &(impl Cells + ?Sized), mut parties: Vec<u32>) -> Result<Vec<u32>, StateError> {
    if !Any::Record.is_there(cells)? {
        return Ok(Vec::new());
    }
    let mut filed = Vec::new();
    for party in parties.drain(..) {
        if Any::RecordOf(party).is_there(cells)? {
            filed.push(party);
        }
    }
    Ok(filed)
}

/// Kinds of numbers that lead to a record. Permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Number {
    /// GTIN and lot.
    GtinLot = 1,
    /// Lot alone.
    Lot = 2,
    /// Order.
    Order = 3,
    /// List, by invtNo.
    List = 4,
}

/// A trace record as it stands.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Record {
    #[prost(message, required, tag = "1")]
    pub(crate) record: TraceRecord,
    /// Party that filed it.
    #[prost(uint32, tag = "2")]
    pub(crate) owner: u32,
    /// 1 for the first filing, one more for each change.
    #[prost(uint32, tag = "3")]
    pub(crate) version: u32,
    /// Entry that filed this version.
    #[prost(uint64, tag = "4")]
    pub(crate) position: u64,
    /// Time of that entry, milliseconds since 1970.
    #[prost(int64, tag = "5")]
    pub(crate) time_ms: i64,
    #[prost(bool, tag = "6")]
    pub(crate) withdrawn: bool,
    /// Goods linked to lists so far, as a decimal.
    #[prost(string, tag = "7")]
    pub(crate) taken: String,
    /// Place in the pool of its item; empty if it has none.
    #[prost(bytes = "vec", tag = "8")]
    pub(crate) pool: Vec<u8>,
}

/// Goods of a lot on a line of a list.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Link {
    #[prost(string, tag = "1")]
    pub(crate) code: String,
    #[prost(message, required, tag = "2")]
    pub(crate) name: LotName,
    #[prost(message, required, tag = "3")]
    pub(crate) list: DocRef,
    /// Line of the list; 0 if it is not known.
    #[prost(uint32, tag = "4")]
    pub(crate) gnum: u32,
    /// How much, a decimal in the declared unit.
    #[prost(string, tag = "5")]
    pub(crate) qty: String,
    /// True if the link is presumed: oldest lot first.
    #[prost(bool, tag = "6")]
    pub(crate) presumed: bool,
    /// When customs released the list, milliseconds since 1970; 0 if it has not.
    #[prost(int64, tag = "7")]
    pub(crate) released_ms: i64,
    #[prost(string, tag = "8")]
    pub(crate) order_no: String,
}

pub(super) fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    let mut short = [0; 16];
    short.copy_from_slice(&sha256(&[&bytes])[..16]);
    short
}

pub(super) fn key(space: Space, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![space as u8];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

pub(super) fn code_hash(code: &str) -> [u8; 16] {
    hash(&[code.as_bytes()])
}

pub(super) fn record_key(code: &str) -> Vec<u8> {
    key(Space::Record, &[&code_hash(code)])
}

pub(super) fn lot_hash(name: &LotName) -> [u8; 16] {
    // A GTIN of 14 digits is one of 13 after a zero.
    hash(&[name.gtin.trim_start_matches('0').as_bytes(), name.lot.as_bytes()])
}

fn number_prefix(kind: Number, number: &str) -> Vec<u8> {
    key(Space::Number, &[&hash(&[&[kind as u8], number.as_bytes()])])
}

pub(super) fn number_key(kind: Number, number: &str, code: &str) -> Vec<u8> {
    let mut key = number_prefix(kind, number);
    key.extend_from_slice(&code_hash(code));
    key
}

/// The number that GTIN and lot make together.
pub(crate) fn gtin_lot(gtin: &str, lot: &str) -> String {
    format!("{}/{lot}", gtin.trim_start_matches('0'))
}

pub(crate) fn name_of(record: &TraceRecord) -> LotName {
    LotName { gtin: record.gtin.clone(), lot: record.lot.clone() }
}

/// Numbers that lead to a record.
pub(super) fn numbers(record: &TraceRecord) -> Vec<(Number, String)> {
    let mut numbers = Vec::new();
    if !record.lot.is_empty() {
        numbers.push((Number::Lot, record.lot.clone()));
        if !record.gtin.is_empty() {
            numbers.push((Number::GtinLot, gtin_lot(&record.gtin, &record.lot)));
        }
    }
    for (kind, number) in [(Number::Order, &record.order_no), (Number::List, &record.invt_no)] {
        if !number.is_empty() {
            numbers.push((kind, number.clone()));
        }
    }
    numbers
}

/// Begin of the keys of an item's lots of one party.
pub(super) fn pool_prefix(party: u32, ems_no: &str, item: &str) -> Vec<u8> {
    key(Space::Pool, &[&party.to_be_bytes(), &hash(&[ems_no.as_bytes(), item.as_bytes()])])
}

/// Begin of the keys of the lists of a lot.
fn lot_prefix(name: &LotName) -> Vec<u8> {
    key(Space::LotList, &[&lot_hash(name)])
}

pub(super) fn lot_list_key(name: &LotName, list: DocRef, code: &str) -> Vec<u8> {
    key(Space::LotList, &[&lot_hash(name), &list.key(), &code_hash(code)])
}

pub(super) fn list_lot_key(list: DocRef, code: &str) -> Vec<u8> {
    key(Space::ListLot, &[&list.key(), &code_hash(code)])
}

/// The record of a code.
pub(crate) fn record(cells: &(impl Cells + ?Sized), code: &str) -> Result<Option<Record>, StateError> {
    load(cells, Table::Trace, &record_key(code))
}

/// The record of the hash of a code.
pub(super) fn record_of_hash(cells: &(impl Cells + ?Sized), code: &[u8]) -> Result<Option<Record>, StateError> {
    load(cells, Table::Trace, &key(Space::Record, &[code]))
}

/// Records that a number leads to, withdrawn ones left out.
pub(crate) fn of_number(cells: &(impl Cells + ?Sized), kind: Number, number: &str) -> Result<Vec<Record>, StateError> {
    let prefix = number_prefix(kind, number);
    let rows = cells.scan(Table::Trace, &prefix, &after_prefix(&prefix), TRACE_RECORDS_FOLLOWED_MAX, false)?;
    let mut records = Vec::new();
    for (row, _) in rows {
        let code = row.get(prefix.len()..).unwrap_or_default();
        records.extend(record_of_hash(cells, code)?.filter(|record| !record.withdrawn));
    }
    Ok(records)
}

/// Older versions of a record, newest first.
pub(crate) fn history(cells: &impl Cells, code: &str, limit: usize) -> Result<Vec<Record>, StateError> {
    let prefix = key(Space::History, &[&code_hash(code)]);
    let rows = cells.scan(Table::Trace, &prefix, &after_prefix(&prefix), limit, true)?;
    rows.iter().map(|(_, value)| decode(Table::Trace, value)).collect()
}

/// Lists that goods of a lot were sold by, in the order in which they came, after a row: a page, and the key that the
/// next one begins after.
pub(crate) fn links_of_lot(
    cells: &impl Cells,
    name: &LotName,
    after: &[u8],
    limit: usize,
) -> Result<(Vec<Link>, Option<Vec<u8>>), StateError> {
    let prefix = lot_prefix(name);
    let mut from = prefix.clone();
    from.extend_from_slice(after);
    if !after.is_empty() {
        from.push(0);
    }
    let mut rows = cells.scan(Table::Trace, &from, &after_prefix(&prefix), limit.saturating_add(1), false)?;
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| !is_last).map(|(key, _)| key.get(prefix.len()..).unwrap_or_default().to_vec());
    let links = rows.iter().map(|(_, value)| decode(Table::Trace, value)).collect::<Result<_, _>>()?;
    Ok((links, next))
}

/// Lots on the lines of a list.
pub(crate) fn lots_of_list(cells: &(impl Cells + ?Sized), list: DocRef) -> Result<Vec<Link>, StateError> {
    let prefix = key(Space::ListLot, &[&list.key()]);
    let rows = cells.scan(Table::Trace, &prefix, &after_prefix(&prefix), TRACE_RECORDS_FOLLOWED_MAX, false)?;
    rows.iter().map(|(_, value)| decode(Table::Trace, value)).collect()
}

/// Parties whose word on a list counts: its owners, seller, platform, and the firm of the bonded area.
pub(crate) fn answerable(registry: &Registry, sender: u32, kind: MessageType, facts: &Facts) -> Vec<u32> {
    use crate::domain::Field;
    let mut parties = registry.owners(sender, kind, facts);
    let keys = &facts.keys;
    let codes = [keys.ebc_code.as_str(), keys.ebp_code.as_str(), facts.value(Field::AreaCode)];
    for code in codes.into_iter().filter(|code| !code.is_empty()) {
        if let Some((id, _)) = registry.of_code(code)
            && !parties.contains(&id.0)
        {
            parties.push(id.0);
        }
    }
    parties
}

/// Filed lots of an item that have anything left, the oldest first.
pub(crate) fn lots_of_item(
    cells: &(impl Cells + ?Sized),
    party: u32,
    ems_no: &str,
    item: &str,
    limit: usize,
) -> Result<Vec<Record>, StateError> {
    let prefix = pool_prefix(party, ems_no, item);
    let mut lots = Vec::new();
    for (_, code) in cells.scan(Table::Trace, &prefix, &after_prefix(&prefix), limit, false)? {
        lots.extend(record_of_hash(cells, &code)?);
    }
    Ok(lots)
}
