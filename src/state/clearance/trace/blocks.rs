//! Blocks on lots (R-TRACE-03).

use super::rows::{Any, Space, key, lot_hash};
use crate::domain::{LotBlock, LotName};
use crate::state::cells::{Cells, CellsMut, StateError, after_prefix, decode, load, save};
use crate::state::step::Step;
use crate::state::store::Table;

/// A block as it stands.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Block {
    #[prost(message, required, tag = "1")]
    pub(crate) block: LotBlock,
    /// Party that put it on or freed the lot.
    #[prost(uint32, tag = "2")]
    pub(crate) by: u32,
    /// Its entry.
    #[prost(uint64, tag = "3")]
    pub(crate) position: u64,
    /// Time of that entry, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub(crate) time_ms: i64,
}

impl Block {
    /// True if the lot is blocked at that time.
    pub(crate) fn is_in_force(&self, at_ms: i64) -> bool {
        let block = &self.block;
        !block.free && block.from_ms <= at_ms && (block.to_ms == 0 || at_ms < block.to_ms)
    }
}

/// The block that holds goods of a lot at a time: on the lot of the product, on the product, or on the lot of whatever
/// product.
pub(crate) fn block_of(cells: &(impl Cells + ?Sized), name: &LotName, at_ms: i64) -> Result<Option<Block>, StateError> {
    let any = |gtin: &str, lot: &str| LotName { gtin: gtin.to_owned(), lot: lot.to_owned() };
    for name in [name.clone(), any(&name.gtin, ""), any("", &name.lot)] {
        if name == LotName::default() {
            continue;
        }
        let block: Option<Block> = load(cells, Table::Trace, &block_key(&name))?;
        if let Some(block) = block.filter(|block| block.is_in_force(at_ms)) {
            return Ok(Some(block));
        }
    }
    Ok(None)
}

/// All blocks as they stand, freed ones included, after a row: a page, and the key that the next one begins after.
pub(crate) fn blocks_of(
    cells: &impl Cells,
    after: &[u8],
    limit: usize,
) -> Result<(Vec<Block>, Option<Vec<u8>>), StateError> {
    let prefix = key(Space::Block, &[]);
    let mut from = key(Space::Block, &[after]);
    if !after.is_empty() {
        from.push(0);
    }
    let mut rows = cells.scan(Table::Trace, &from, &after_prefix(&prefix), limit.saturating_add(1), false)?;
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| !is_last).map(|(key, _)| key.get(prefix.len()..).unwrap_or_default().to_vec());
    let blocks = rows.iter().map(|(_, value)| decode(Table::Trace, value)).collect::<Result<_, _>>()?;
    Ok((blocks, next))
}

fn block_key(name: &LotName) -> Vec<u8> {
    key(Space::Block, &[&lot_hash(name)])
}

/// Puts a block on or ends it; the one before is kept as history.
pub(super) fn put<C: CellsMut>(step: &mut Step<'_, C>, block: &LotBlock) -> Result<(), StateError> {
    Any::Block.note(step.cells);
    let at = block_key(&block.name);
    if let Some(before) = load::<Block>(step.cells, Table::Trace, &at)? {
        let old = key(Space::BlockHistory, &[&lot_hash(&block.name), &before.position.to_be_bytes()]);
        save(step.cells, Table::Trace, &old, &before);
    }
    let mut block = block.clone();
    if block.from_ms == 0 {
        block.from_ms = step.time_ms;
    }
    let row = Block { block, by: step.party, position: step.position, time_ms: step.time_ms };
    save(step.cells, Table::Trace, &at, &row);
    Ok(())
}
