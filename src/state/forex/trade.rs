//! The trade that a message claims: its order, what was paid for it, and its parcel.

use super::figures::{CNY, amount};
use super::{ForexKind, ForexMessage, TRADE, TradeRow};
use crate::domain::{Amount, DocRef, Field, Keys, MessageType, Timestamp, status};
use crate::state::cells::{Cells, StateError, load};
use crate::state::facts::Facts;
use crate::state::keys::{MatchSet, WaybillSlot, order_key, waybill_key};
use crate::state::life::DocState;
use crate::state::store::Table;

/// Reads the facts of a document.
pub(super) type FactsOf<'f> = &'f mut dyn FnMut(DocRef) -> Result<Option<Facts>, StateError>;

/// A trade as it stands.
pub(super) struct Trade {
    /// Key of its row.
    pub key: Vec<u8>,
    pub kind: MessageType,
    pub order: DocRef,
    pub facts: Facts,
    /// Currency of the figures below, customs code.
    pub currency: String,
    pub paid: Amount,
    pub used: Amount,
    pub refunded: Amount,
    /// When it was made, milliseconds since 1970.
    pub made_ms: i64,
    /// Documents of the same trade.
    pub set: MatchSet,
}

impl Trade {
    /// What it can still back.
    pub(super) fn remaining(&self) -> Amount {
        self.paid.minus(self.refunded).minus(self.used)
    }

    /// The trade of an order of that type, if the order is there and declared.
    pub(super) fn find(
        cells: &impl Cells,
        facts_of: FactsOf<'_>,
        kind: MessageType,
        (order_no, platform_code, seller_code): (&str, &str, &str),
    ) -> Result<Option<Trade>, StateError> {
        let keys = Keys {
            order_no: order_no.to_owned(),
            ebp_code: platform_code.to_owned(),
            ebc_code: seller_code.to_owned(),
            ..Keys::default()
        };
        let place = order_key(kind, &keys);
        let Some(set) = load::<MatchSet>(cells, Table::Match, &place)? else { return Ok(None) };
        let Some(order) = set.order else { return Ok(None) };
        let state: Option<DocState> = load(cells, Table::Document, &order.key())?;
        let Some(state) = state.filter(|state| state.is_live() && state.status != status::DRAFT) else {
            return Ok(None);
        };
        let Some(facts) = facts_of(order)? else { return Ok(None) };
        let mut key = vec![TRADE];
        key.extend_from_slice(&place);
        let row: TradeRow = load(cells, Table::Forex, &key)?.unwrap_or_default();
        let (currency, paid) = if kind.is_export() {
            let sum = facts.amount(Field::GoodsValue).plus(facts.amount(Field::Freight));
            (facts.value(Field::Currency).to_owned(), sum)
        } else {
            (CNY.to_owned(), amount(&facts.paid))
        };
        let made = Timestamp::parse_ceb(&facts.app_time.to_string()).map_or(state.time_ms, |time| time.0);
        let (used, refunded) = (amount(&row.used), amount(&row.refunded));
        Ok(Some(Trade { key, kind, order, facts, currency, paid, used, refunded, made_ms: made, set }))
    }

    /// The trade that a message names: bought abroad for a purchase, sold abroad for a settlement, either for money that
    /// goes back to the buyer.
    pub(super) fn of(
        cells: &impl Cells,
        facts_of: FactsOf<'_>,
        message: &ForexMessage,
    ) -> Result<Option<Trade>, StateError> {
        let kinds: &[MessageType] = match ForexKind::try_from(message.kind) {
            Ok(ForexKind::Purchase) => &[MessageType::Ceb311],
            Ok(ForexKind::Settlement) => &[MessageType::Ceb303],
            Ok(ForexKind::BuyerRefund | ForexKind::RemittanceRefund) | Err(_) => {
                &[MessageType::Ceb311, MessageType::Ceb303]
            }
        };
        for kind in kinds {
            let numbers = (message.order_no.as_str(), message.platform_code.as_str(), message.merchant_code.as_str());
            if let Some(trade) = Trade::find(cells, facts_of, *kind, numbers)? {
                return Ok(Some(trade));
            }
        }
        Ok(None)
    }

    /// Whether the parcel that a message names is on record, and the trade's lists, if there are any, travel with it.
    pub(super) fn has_parcel(
        &self,
        cells: &impl Cells,
        facts_of: FactsOf<'_>,
        message: &ForexMessage,
    ) -> Result<bool, StateError> {
        let keys = Keys {
            logistics_no: message.logistics_no.clone(),
            logistics_code: message.logistics_code.clone(),
            ..Keys::default()
        };
        let waybill = if self.kind.is_export() { MessageType::Ceb505 } else { MessageType::Ceb511 };
        let slot: WaybillSlot = load(cells, Table::Key, &waybill_key(waybill, &keys))?.unwrap_or_default();
        let Some(at) = slot.waybill else { return Ok(false) };
        let state: Option<DocState> = load(cells, Table::Document, &at.key())?;
        if !state.is_some_and(|state| state.is_live() && state.status != status::DRAFT) {
            return Ok(false);
        }
        let mut lists = 0;
        for list in &self.set.lists {
            let state: Option<DocState> = load(cells, Table::Document, &list.key())?;
            if !state.is_some_and(|state| state.is_live()) {
                continue;
            }
            lists += 1;
            if facts_of(*list)?.is_some_and(|facts| facts.keys.logistics_no == message.logistics_no) {
                return Ok(true);
            }
        }
        Ok(lists == 0)
    }
}
