//! R-LIST-01: goods of retail imports are on the positive list of the day, for the supervision mode of their list.
//!
//! Source: 财关税〔2018〕49号, 公告2018年第194号 [S]; E-LIST-01. By the first eight digits of gcode. Switch
//! `positive_list_needed`; a table that has no rows at all forbids nothing, for then none was imported. Personal use
//! (R-LIMIT-06) is no figure: features of risk look after it.
//!
//! Passes: 1901101010 under 9610. Fails: 9301100000; 1006309090 under 9610, which is for bonded imports.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType};
use crate::state::cells::StateError;
use crate::tables::{Parameter, TableName};
use crate::tax::{self, Listed};

pub(super) const RULE: StateRule =
    StateRule { id: "R-LIST-01", kinds: |kind| kind == MessageType::Ceb621, is_of_firms: false, check };

#[expect(clippy::unnecessary_wraps, reason = "the form of all rules")]
fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let is_loaded = view.tables.rows(TableName::PositiveList).next().is_some();
    if !is_loaded || !view.tables.switch(Parameter::PositiveListNeeded, view.now) {
        return Ok(());
    }
    let mode = view.facts.keys.trade_mode.as_str();
    for (index, line) in view.facts.lines.iter().enumerate() {
        let code = line.value(Field::Gcode);
        let (expected, reason_zh, reason_en) = match tax::listed(code, mode, view.tables, view.now) {
            Listed::Yes(_) => continue,
            Listed::OtherModes(entry) => (
                format!("tradeMode {}", entry.trade_modes()),
                format!("监管方式[{mode}]不适用，{}仅限[{}]", entry.name, entry.trade_modes()),
                format!("{code} may come under {} only, not under {mode}", entry.trade_modes()),
            ),
            Listed::No => (
                String::from("a code of the positive list"),
                format!("商品编码[{code}]"),
                format!("{code} is not on the positive list of retail imports"),
            ),
        };
        refusals.wrong(Wrong {
            field: Field::Gcode,
            line: Some(index),
            found: code,
            expected: &expected,
            official: 0,
            message_zh: format!("E-LIST-01 商品不在跨境零售进口清单内：{reason_zh}"),
            message_en: reason_en,
        });
    }
    Ok(())
}
