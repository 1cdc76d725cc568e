//! R-TAX-06: the guarantee of a list covers its tax and all tax of its guarantor that is not settled.
//!
//! Source: 公告2018年第194号 [G]; E-TAX-06 `担保额度不足`. Switch `guarantee_needed`. A guarantor for whom nothing is filed
//! here is refused only if `unfiled_guarantee_refused` is on: most guarantees are kept at customs alone. See
//! `state/clearance/guarantee.rs`; when the tax is due is in `tax/r_tax_06.rs`.
//!
//! Passes: tax of 98.00 where 1,000 are filed and 902 unsettled. Fails: tax of 98.00 where 97.99 are left.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Amount, Field, MessageType};
use crate::state::cells::StateError;
use crate::state::clearance::{guarantee, taxes};
use crate::tables::Parameter;
use crate::tax;

pub(super) const RULE: StateRule =
    StateRule { id: "R-TAX-06", kinds: |kind| kind == MessageType::Ceb621, is_of_firms: false, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let code = view.facts.keys.assure_code.as_str();
    if code.is_empty() || !view.tables.switch(Parameter::GuaranteeNeeded, view.now) {
        return Ok(());
    }
    let held = guarantee::balance(view.cells, code)?;
    let mut refuse = |expected: String, zh: String, en: String| {
        refusals.wrong(Wrong {
            field: Field::AssureCode,
            line: None,
            found: code,
            expected: &expected,
            official: 0,
            message_zh: format!("E-TAX-06 担保额度不足：{zh}"),
            message_en: en,
        });
    };
    if !held.is_filed {
        if view.tables.switch(Parameter::UnfiledGuaranteeRefused, view.now) {
            let (zh, en) = (format!("[{code}]未备案担保"), format!("no guarantee is filed for {code}"));
            refuse(String::new(), zh, en);
        }
        return Ok(());
    }
    let more = taxes::assess(view.facts, view.tables, view.now).total;
    let mut unsettled = taxes::amount(held.unsettled);
    if let Some(old) = view.incumbent.map_or(Ok(None), |at| taxes::tax_of(view.cells, at))?
        && old.assure_code == code
    {
        unsettled = unsettled.minus(taxes::amount(old.open())).max(Amount(0));
    }
    let filed = taxes::amount(held.filed);
    if let Some(lacking) = tax::lacking(filed, unsettled, more) {
        refuse(
            format!("≥ {}", unsettled.plus(more)),
            format!("担保[{filed}]，未结税款[{unsettled}]，本单税款[{more}]，差额[{lacking}]"),
            format!("{filed} is filed, {unsettled} unsettled, this list adds {more}: {lacking} is lacking"),
        );
    }
    Ok(())
}
