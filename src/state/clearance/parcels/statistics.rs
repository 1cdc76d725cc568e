//! Sign-off statistics: parcels by carrier and by the day of their first event.

use super::line::{DAY, ParcelLine};
use crate::domain::Timestamp;
use crate::domain::limits::PARCEL_DAYS_MAX;
use crate::proof::sha256;
use crate::state::cells::{Cells, CellsMut, StateError, decode, load, save};
use crate::state::step::Step;
use crate::state::store::Table;

/// What became of the parcels that a carrier took on one day.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct ParcelDay {
    /// Day in China, `yyyyMMdd`.
    #[prost(string, tag = "1")]
    pub(crate) day: String,
    #[prost(uint64, tag = "2")]
    pub(crate) accepted: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) signed: u64,
    #[prost(uint64, tag = "4")]
    pub(crate) returned: u64,
    /// Signed parcels by whole days from the first event to the signature.
    #[prost(uint64, repeated, tag = "5")]
    pub(crate) by_days: Vec<u64>,
}

impl ParcelDay {
    /// Whole days that half of the signed parcels took at most; `None` if none was signed.
    pub(crate) fn median_days(&self) -> Option<usize> {
        let half = self.by_days.iter().sum::<u64>().div_ceil(2);
        let mut sum = 0_u64;
        let reached = |count: &u64| {
            sum = sum.saturating_add(*count);
            half > 0 && sum >= half
        };
        self.by_days.iter().position(reached)
    }
}

const DAY_MS: i64 = 24 * 3_600_000;

fn prefix(carrier: &str) -> Vec<u8> {
    let mut key = vec![DAY];
    key.extend_from_slice(&sha256(&[carrier.as_bytes()])[..8]);
    key
}

fn day_key(carrier: &str, day: &str) -> Vec<u8> {
    let mut key = prefix(carrier);
    key.extend_from_slice(day.as_bytes());
    key
}

/// Puts what a parcel adds to its day in place of what it added before.
pub(super) fn change<C: CellsMut>(
    step: &mut Step<'_, C>,
    before: Option<&ParcelLine>,
    after: &ParcelLine,
) -> Result<(), StateError> {
    let of = |line: &ParcelLine| (line.first_ms, line.signed_ms, line.returned_ms);
    if before.map(of) == Some(of(after)) {
        return Ok(());
    }
    if let Some(before) = before {
        count(step, before, |held| *held = held.saturating_sub(1))?;
    }
    count(step, after, |held| *held = held.saturating_add(1))
}

fn count<C: CellsMut>(step: &mut Step<'_, C>, line: &ParcelLine, by: impl Fn(&mut u64)) -> Result<(), StateError> {
    if line.first_ms == 0 {
        return Ok(());
    }
    let day = Timestamp(line.first_ms).ceb8();
    let key = day_key(&line.carrier, &day);
    let mut row: ParcelDay = load(step.cells, Table::Parcel, &key)?.unwrap_or_default();
    row.day = day;
    by(&mut row.accepted);
    if line.returned_ms != 0 {
        by(&mut row.returned);
    }
    if line.signed_ms != 0 {
        by(&mut row.signed);
        let days = usize::try_from((line.signed_ms - line.first_ms) / DAY_MS).unwrap_or(0).min(PARCEL_DAYS_MAX);
        if row.by_days.len() <= days {
            row.by_days.resize(days + 1, 0);
        }
        if let Some(held) = row.by_days.get_mut(days) {
            by(held);
        }
        while row.by_days.last() == Some(&0) {
            row.by_days.pop();
        }
    }
    if row.accepted == 0 {
        step.cells.delete(Table::Parcel, &key);
    } else {
        save(step.cells, Table::Parcel, &key, &row);
    }
    Ok(())
}

/// Days of a carrier from one day to another (inclusive), in order.
pub(crate) fn days(
    cells: &impl Cells,
    carrier: &str,
    from: &str,
    to: &str,
    limit: usize,
) -> Result<Vec<ParcelDay>, StateError> {
    let mut end = day_key(carrier, to);
    end.push(0);
    let rows = cells.scan(Table::Parcel, &day_key(carrier, from), &end, limit, false)?;
    rows.iter().map(|(_, value)| decode(Table::Parcel, value)).collect()
}
