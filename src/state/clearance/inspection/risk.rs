//! R-RISK-04: signs of made-up trade (刷单) as a score with reasons, for review only: nothing is refused for it.
//!
//! Source: domain.md §8, R-RISK-04, from published cases: stolen identities, many parcels to one address, waybills never
//! signed for, prices far below those of others, stock that is not there. Thresholds and weights are parameters.
//! Passing: one buyer, one address: score 0. Failing, that is scored: a tenth buyer at one address within a week.
//!
//! Personal values come as keyed hashes only. Counters stand under the day on which their window began, and lapse.

use super::super::super::cells::{CellsMut, StateError, load, save};
use super::super::super::facts::Facts;
use super::super::super::keys::{Side, WaybillSlot, waybill_key};
use super::super::super::step::{Step, facts_at};
use super::super::super::store::Table;
use super::{Space, StockDifference, key, percent_of};
use crate::domain::{Amount, DocRef, Field, MessageType};
use crate::proof::sha256;
use crate::tables::Parameter as P;
use std::collections::BTreeSet;

/// Kinds of counters. Permanent.
const ADDRESS: u8 = 1;
const TELEPHONE: u8 = 2;
const IDENTITY: u8 = 3;
const ACCOUNT: u8 = 4;
/// Identities remembered of one address, telephone or account and window; more are no more suspicious.
const IDENTITIES_MAX: usize = 64;
/// Days of a seller that are kept.
const SELLER_DAYS_MAX: usize = 90;
/// Lists of the highest scores that are kept of a seller.
const WORST_MAX: usize = 10;
/// Lapsed counters are cleared away by one entry of so many: looking for them takes longer than clearing them.
const CLEARED_EVERY: u64 = 16;
/// Lapsed counters that it clears away at most: more than the lists of so many full messages add.
const LAPSED_PER_ENTRY: usize = 16 * 800;
/// Prices of a commodity after which older ones count half.
const PRICES_MAX: u32 = 1 << 16;
/// The highest score.
const POINTS_MAX: u32 = 100;

/// What was noticed of a list. Numbers of codes are permanent.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Feature {
    /// 1 identities per address, 2 per telephone, 3 lists per identity and day, 4 sign-off ratio, 5 price, 6 stock,
    /// 7 the payer is another person, 8 identities per account of a platform.
    #[prost(uint32, tag = "1")]
    pub code: u32,
    /// What was counted; percent for 4 to 6.
    #[prost(int64, tag = "2")]
    pub value: i64,
    /// What counts as usual.
    #[prost(int64, tag = "3")]
    pub threshold: i64,
    /// Its share of the score.
    #[prost(uint32, tag = "4")]
    pub points: u32,
}

/// The score of a list.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Score {
    /// 0 to 100.
    #[prost(uint32, tag = "1")]
    pub points: u32,
    /// Why.
    #[prost(message, repeated, tag = "2")]
    pub features: Vec<Feature>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Counter {
    #[prost(uint32, tag = "1")]
    count: u32,
    #[prost(fixed64, repeated, tag = "2")]
    identities: Vec<u64>,
}

/// Unit prices of a commodity, in buckets of a quarter of a power of two.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Prices {
    #[prost(uint32, repeated, tag = "1")]
    buckets: Vec<u32>,
    #[prost(uint32, repeated, tag = "2")]
    counts: Vec<u32>,
    #[prost(uint32, tag = "3")]
    total: u32,
}

/// One day of a seller, by the day on which its lists were stored.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct SellerDay {
    #[prost(uint32, tag = "1")]
    pub day: u32,
    #[prost(uint32, tag = "2")]
    pub lists: u32,
    #[prost(uint32, tag = "3")]
    pub signed: u32,
    #[prost(uint32, tag = "4")]
    pub scored: u32,
    /// Points of all its lists.
    #[prost(uint32, tag = "5")]
    pub points: u32,
}

/// What is known of a seller.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Seller {
    #[prost(message, repeated, tag = "1")]
    pub days: Vec<SellerDay>,
    #[prost(message, repeated, tag = "2")]
    pub worst: Vec<WorstList>,
}

/// A list of a high score.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct WorstList {
    #[prost(message, required, tag = "1")]
    pub at: DocRef,
    #[prost(uint32, tag = "2")]
    pub points: u32,
}

impl Seller {
    /// Lists and signed parcels of days that are long enough ago.
    pub(crate) fn signed_before(&self, day: u32) -> (u32, u32) {
        let old = self.days.iter().filter(|of| of.day < day);
        old.fold((0, 0), |(lists, signed), of| (lists.saturating_add(of.lists), signed.saturating_add(of.signed)))
    }

    fn day(&mut self, day: u32) -> &mut SellerDay {
        let place = match self.days.binary_search_by_key(&day, |of| of.day) {
            Ok(place) => place,
            Err(place) => {
                self.days.insert(place, SellerDay { day, ..SellerDay::default() });
                if self.days.len() > SELLER_DAYS_MAX {
                    self.days.remove(0);
                }
                place.min(self.days.len().saturating_sub(1))
            }
        };
        self.days.get_mut(place).expect("the place was just found")
    }
}

/// Days since 1970 in UTC+8.
pub(super) fn day_of(time_ms: i64) -> u32 {
    const DAY_MS: i64 = 24 * 3600 * 1000;
    u32::try_from(time_ms.saturating_add(8 * 3600 * 1000).div_euclid(DAY_MS)).unwrap_or_default()
}

/// Bucket of a price: the place of its highest bit, and the two bits after it.
fn bucket(price: Amount) -> u32 {
    let units = u128::try_from(price.0).unwrap_or_default().max(4);
    let place = 127 - units.leading_zeros();
    let quarter = (units >> (place - 2)) & 3;
    place * 4 + u32::try_from(quarter).unwrap_or_default()
}

/// The lowest price of a bucket, in units of 0.00001.
fn lowest(bucket: u32) -> i128 {
    let (place, quarter) = (bucket / 4, i128::from(bucket % 4));
    (4 + quarter) << place.clamp(2, 100).saturating_sub(2)
}

impl Prices {
    /// The lowest price of the bucket that the median is in.
    fn median(&self) -> i128 {
        let mut order: Vec<(u32, u32)> = self.buckets.iter().copied().zip(self.counts.iter().copied()).collect();
        order.sort_unstable();
        let mut left = self.total / 2;
        for (bucket, count) in order {
            if left < count {
                return lowest(bucket);
            }
            left -= count;
        }
        0
    }

    fn add(&mut self, bucket: u32) {
        match self.buckets.iter().position(|known| *known == bucket).and_then(|place| self.counts.get_mut(place)) {
            Some(count) => *count += 1,
            None => {
                self.buckets.push(bucket);
                self.counts.push(1);
            }
        }
        self.total += 1;
        if self.total >= PRICES_MAX {
            self.counts.iter_mut().for_each(|count| *count /= 2);
            let kept: Vec<(u32, u32)> =
                self.buckets.iter().copied().zip(self.counts.iter().copied()).filter(|(_, count)| *count > 0).collect();
            (self.buckets, self.counts) = kept.into_iter().unzip();
            self.total = self.counts.iter().sum();
        }
    }
}

impl<C: CellsMut> Step<'_, C> {
    /// Scores a list that was just stored, and counts it.
    pub(super) fn score_list(&mut self, at: DocRef, kind: MessageType, facts: &Facts) -> Result<u32, StateError> {
        let mut score = Score::default();
        self.score_people(at, facts, &mut score)?;
        if !kind.is_export() {
            self.score_prices(facts, &mut score)?;
        }
        self.score_stock(facts, &mut score)?;
        let row = key(Space::Seller, &[facts.keys.ebc_code.as_bytes()]);
        let mut seller: Seller = load(self.cells, Table::Risk, &row)?.unwrap_or_default();
        self.score_signed(&seller, kind, &mut score);
        score.points = score.features.iter().map(|feature| feature.points).sum::<u32>().min(POINTS_MAX);
        let day = seller.day(day_of(self.time_ms));
        day.lists = day.lists.saturating_add(1);
        if score.points > 0 {
            day.scored = day.scored.saturating_add(1);
            day.points = day.points.saturating_add(score.points);
            seller.worst.push(WorstList { at, points: score.points });
            seller.worst.sort_by(|a, b| b.points.cmp(&a.points).then(b.at.cmp(&a.at)));
            seller.worst.truncate(WORST_MAX);
            save(self.cells, Table::Risk, &key(Space::Score, &[&at.key()]), &score);
        }
        save(self.cells, Table::Risk, &row, &seller);
        if self.position.is_multiple_of(CLEARED_EVERY) && !self.lapsed_cleared {
            self.lapsed_cleared = true;
            self.clear_lapsed()?;
        }
        Ok(score.points)
    }

    fn weigh(&self, score: &mut Score, code: u32, value: i64, threshold: i64, weight: P) {
        let points = u32::try_from(self.tables.number(weight, self.now())).unwrap_or_default();
        if points > 0 {
            score.features.push(Feature { code, value, threshold, points });
        }
    }

    /// Identities per address, telephone and account, lists per identity and day.
    fn score_people(&mut self, at: DocRef, facts: &Facts, score: &mut Score) -> Result<(), StateError> {
        let Some(identity) = facts.person_id.first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes)) else {
            return Ok(());
        };
        let (address, telephone, account) = self.place_of(at, facts, score)?;
        let places = [
            (1, ADDRESS, address, P::BrushingIdsPerAddress, P::BrushingIdsPerAddressWeight),
            (2, TELEPHONE, telephone, P::BrushingIdsPerPhone, P::BrushingIdsPerPhoneWeight),
            (8, ACCOUNT, account, P::BrushingIdsPerAccount, P::BrushingIdsPerAccountWeight),
        ];
        for (code, kind, hash, most, weight) in places {
            let most = self.tables.number(most, self.now());
            if hash == 0 || most == 0 {
                continue;
            }
            let count = self.count_identity(kind, hash, identity)?;
            if count >= most {
                self.weigh(score, code, count, most, weight);
            }
        }
        let most = self.tables.number(P::BrushingListsPerIdDay, self.now());
        let row = counter(day_of(self.time_ms), IDENTITY, &facts.person_id);
        let mut today: Counter = load(self.cells, Table::Risk, &row)?.unwrap_or_default();
        today.count = today.count.saturating_add(1);
        save(self.cells, Table::Risk, &row, &today);
        if most > 0 && i64::from(today.count) >= most {
            self.weigh(score, 3, i64::from(today.count), most, P::BrushingListsPerIdDayWeight);
        }
        Ok(())
    }

    /// Where the parcel goes and who bought it: hashes of address, telephone and account, from the list or the documents
    /// that it was matched with.
    fn place_of(&mut self, at: DocRef, facts: &Facts, score: &mut Score) -> Result<(u64, u64, u64), StateError> {
        let (mut address, mut telephone, mut account) = (facts.consignee_address, facts.consignee_telephone, 0);
        let partners = self.doc_state(at)?.map(|state| state.froze).unwrap_or_default();
        for partner in partners {
            let entry = self.facts_of_entry(partner.position)?;
            let Some(other) = facts_at(&entry, partner) else { continue };
            if !other.keys.pay_transaction_id.is_empty()
                && !other.person_id.is_empty()
                && other.keys.logistics_no.is_empty()
                && other.person_id != facts.person_id
            {
                self.weigh(score, 7, 1, 1, P::BrushingPayerDiffersWeight);
            }
            address = if address == 0 { other.consignee_address } else { address };
            telephone = if telephone == 0 { other.consignee_telephone } else { telephone };
            account = if account == 0 { account_of(other) } else { account };
        }
        Ok((address, telephone, account))
    }

    /// Adds an identity to a place; how many there are in this window and the one before.
    fn count_identity(&mut self, kind: u8, hash: u64, identity: u64) -> Result<i64, StateError> {
        let window = self.window_days();
        let today = day_of(self.time_ms);
        let begin = today - today % window;
        let before: Counter =
            load(self.cells, Table::Risk, &counter(begin.saturating_sub(window), kind, &hash.to_be_bytes()))?
                .unwrap_or_default();
        let row = counter(begin, kind, &hash.to_be_bytes());
        let mut now: Counter = load(self.cells, Table::Risk, &row)?.unwrap_or_default();
        if !now.identities.contains(&identity) && now.identities.len() < IDENTITIES_MAX {
            now.identities.push(identity);
            save(self.cells, Table::Risk, &row, &now);
        }
        let all: BTreeSet<u64> = before.identities.iter().chain(&now.identities).copied().collect();
        Ok(i64::try_from(all.len()).unwrap_or(i64::MAX))
    }

    fn window_days(&self) -> u32 {
        u32::try_from(self.tables.number(P::BrushingWindowDays, self.now())).unwrap_or_default().clamp(1, 365)
    }

    /// Clears away counters whose window is over.
    fn clear_lapsed(&mut self) -> Result<(), StateError> {
        let keep_from = day_of(self.time_ms).saturating_sub(self.window_days().saturating_mul(2));
        let to = key(Space::Counter, &[&keep_from.to_be_bytes()]);
        let rows = self.cells.scan(Table::Risk, &[Space::Counter as u8], &to, LAPSED_PER_ENTRY, false)?;
        for (row, _) in rows {
            self.cells.delete(Table::Risk, &row);
        }
        Ok(())
    }

    /// Unit prices below those that others declare for the same commodity.
    fn score_prices(&mut self, facts: &Facts, score: &mut Score) -> Result<(), StateError> {
        let percent = percent_of(self.tables, P::BrushingPriceShareMin, self.now());
        let least = self.tables.number(P::PriceMedianSamplesMin, self.now());
        let mut lowest_percent: Option<i64> = None;
        for line in &facts.lines {
            let (code, price) = (line.value(Field::Gcode), Amount::parse(&line.price).unwrap_or_default());
            if code.is_empty() || price.0 <= 0 {
                continue;
            }
            let row = key(Space::Price, &[code.as_bytes()]);
            let mut prices: Prices = load(self.cells, Table::Risk, &row)?.unwrap_or_default();
            let median = prices.median();
            if i64::from(prices.total) >= least && median > 0 {
                let of_median = i64::try_from(price.0.saturating_mul(100) / median).unwrap_or(i64::MAX);
                lowest_percent = Some(lowest_percent.map_or(of_median, |lowest| lowest.min(of_median)));
            }
            prices.add(bucket(price));
            save(self.cells, Table::Risk, &row, &prices);
        }
        if let Some(found) = lowest_percent.filter(|found| *found < percent) {
            self.weigh(score, 5, found, percent, P::BrushingPriceWeight);
        }
        Ok(())
    }

    /// An account book that does not agree with the warehouse.
    fn score_stock(&mut self, facts: &Facts, score: &mut Score) -> Result<(), StateError> {
        let book = facts.value(Field::EmsNo);
        if book.is_empty() {
            return Ok(());
        }
        let row = key(Space::Stock, &[book.as_bytes()]);
        let Some(stock) = load::<StockDifference>(self.cells, Table::Risk, &row)? else { return Ok(()) };
        let found = difference_percent(&stock);
        let most = percent_of(self.tables, P::BrushingStockDifferenceShare, self.now());
        if found > 0 && found >= most {
            self.weigh(score, 6, found, most, P::BrushingStockDifferenceWeight);
        }
        Ok(())
    }

    /// Parcels of the seller that nobody signed for, once they could have been.
    fn score_signed(&self, seller: &Seller, kind: MessageType, score: &mut Score) {
        let number = |parameter| self.tables.number(parameter, self.now());
        let grace = u32::try_from(number(P::BrushingSignOffDays)).unwrap_or_default();
        let (lists, signed) = seller.signed_before(day_of(self.time_ms).saturating_sub(grace));
        // The status message of a parcel is one of import.
        if kind.is_export() || i64::from(lists) < number(P::BrushingSignOffListsMin).max(1) {
            return;
        }
        let found = i64::from(signed) * 100 / i64::from(lists);
        let least = percent_of(self.tables, P::BrushingSignOffShareMin, self.now());
        if found < least {
            self.weigh(score, 4, found, least, P::BrushingSignOffWeight);
        }
    }

    /// Counts a parcel that was signed for at the seller of its list, on the day of the list.
    pub(super) fn count_signed(&mut self, facts: &Facts) -> Result<(), StateError> {
        let slot: Option<WaybillSlot> = load(self.cells, Table::Key, &waybill_key(MessageType::Ceb511, &facts.keys))?;
        for at in slot.unwrap_or_default().lists {
            let Some(state) = self.doc_state(at)? else { continue };
            if Side::of(MessageType::of_number(state.kind)) != Side::List || state.froze.is_empty() {
                continue;
            }
            let entry = self.facts_of_entry(at.position)?;
            let Some(list) = facts_at(&entry, at) else { continue };
            let row = key(Space::Seller, &[list.keys.ebc_code.as_bytes()]);
            let Some(mut seller) = load::<Seller>(self.cells, Table::Risk, &row)? else { continue };
            let day = day_of(state.time_ms);
            if let Some(of) = seller.days.iter_mut().find(|of| of.day >= day && of.signed < of.lists) {
                of.signed = of.signed.saturating_add(1);
                save(self.cells, Table::Risk, &row, &seller);
            }
        }
        Ok(())
    }
}

/// How far book and warehouse are apart, in percent of the book.
pub(super) fn difference_percent(stock: &StockDifference) -> i64 {
    let of = |text: &str| Amount::parse(text).unwrap_or_default().0;
    let (book, warehouse) = (of(&stock.book), of(&stock.warehouse));
    let apart = (book - warehouse).abs().saturating_mul(100);
    if book == 0 {
        return if apart == 0 { 0 } else { 100 };
    }
    i64::try_from(apart / book.abs()).unwrap_or(i64::MAX)
}

/// The account of an order's buyer among those of all platforms; 0 if it has none.
fn account_of(order: &Facts) -> u64 {
    if order.buyer_account == 0 {
        return 0;
    }
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[order.keys.ebp_code.as_bytes()]);
    order.buyer_account ^ u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn counter(begin: u32, kind: u8, of: &[u8]) -> Vec<u8> {
    key(Space::Counter, &[&begin.to_be_bytes(), &[kind], of])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_price_is_within_a_quarter_of_its_bucket() {
        for units in [4_i128, 5, 100_000, 123_456, 9_999_999, 1_000_000_000_000] {
            let low = lowest(bucket(Amount(units)));
            assert!(low <= units && units * 4 < low * 5 + 20, "{units} is in the bucket from {low}");
        }
    }

    proptest! {
        #[test]
        fn the_median_is_near_the_true_one(mut prices in prop::collection::vec(1_000_i128..100_000_000, 1..300)) {
            let mut sketch = Prices::default();
            prices.iter().for_each(|price| sketch.add(bucket(Amount(*price))));
            prices.sort_unstable();
            let exact = prices[prices.len() / 2];
            let found = sketch.median();
            prop_assert!(found <= exact && exact * 4 <= found * 5 + 20, "{} for {}", found, exact);
        }
    }

    #[test]
    fn a_sketch_stays_small_and_forgets_slowly() {
        let mut sketch = Prices::default();
        for price in 0..200_000_i128 {
            sketch.add(bucket(Amount(1_000 + price * 37)));
        }
        assert!(sketch.total < PRICES_MAX && sketch.buckets.len() < 256);
        assert_eq!(sketch.total, sketch.counts.iter().sum::<u32>());
    }

    #[test]
    fn only_the_last_days_of_a_seller_are_kept() {
        let mut seller = Seller::default();
        for day in 0..500 {
            seller.day(day).lists += 2;
            seller.day(day).signed += 1;
        }
        assert_eq!(seller.days.len(), SELLER_DAYS_MAX);
        assert_eq!(seller.signed_before(490), (2 * 80, 80));
    }
}
