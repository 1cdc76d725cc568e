//! R-EXP-01: an export list has one of the four regimes, and its order is of the type that goes with it.
//!
//! Source: table of regimes of domain.md §7 (9610 and 1210: E; 9710: B). Passing: 9610 with an order E. Failing: 9610 with
//! an order B. An order that comes later is compared by the match. 9810 is R-EXP-03.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType};
use crate::state::cells::{StateError, load};
use crate::state::clearance::life::facts_of;
use crate::state::clearance::terms::Terms;
use crate::state::facts::Facts;
use crate::state::keys::{MatchSet, order_key};
use crate::state::life::DocState;
use crate::state::matching::order_rule;
use crate::state::store::Table;

pub(super) const RULE: StateRule =
    StateRule { id: "R-EXP-01", kinds: |kind| kind == MessageType::Ceb603, is_of_firms: false, check };

/// The live order of an export list; `None` if it has not come.
pub(super) fn order_of(view: &View<'_>) -> Result<Option<Facts>, StateError> {
    let set: Option<MatchSet> = load(view.cells, Table::Match, &order_key(view.kind, &view.facts.keys))?;
    let Some(order) = set.and_then(|set| set.order) else { return Ok(None) };
    let state: Option<DocState> = load(view.cells, Table::Document, &order.key())?;
    if state.is_some_and(|state| state.is_live()) { facts_of(view.cells, order) } else { Ok(None) }
}

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let mode = &view.facts.keys.trade_mode;
    let Some(regime) = (Terms { tables: view.tables, at: view.now }).export_regime(mode) else {
        refusals.wrong(Wrong {
            field: Field::TradeMode,
            line: None,
            found: mode,
            expected: "9610, 1210, 9710, 9810",
            official: 0,
            message_zh: format!("贸易方式[{mode}]不是跨境电商出口监管方式"),
            message_en: format!("{mode} is no supervision mode of cross-border e-commerce export"),
        });
        return Ok(());
    };
    if order_rule(regime.order_type) == RULE.id { disagrees(view, refusals, regime.order_type) } else { Ok(()) }
}

/// Refuses a list whose order is there and is of another type.
pub(super) fn disagrees(view: &View<'_>, refusals: &mut Refusals, wanted: &str) -> Result<(), StateError> {
    let Some(order) = order_of(view)? else { return Ok(()) };
    let (mode, found) = (&view.facts.keys.trade_mode, order.value(Field::OrderType));
    if found != wanted {
        refusals.wrong(Wrong {
            field: Field::TradeMode,
            line: None,
            found: &format!("{mode}, orderType {found}"),
            expected: &format!("orderType {wanted}"),
            official: 0,
            message_zh: format!("贸易方式[{mode}]要求订单类型为[{wanted}]，订单申报为[{found}]"),
            message_en: format!("{mode} needs an order of type {wanted}, and the order is of type {found:?}"),
        });
    }
    Ok(())
}
