//! R-EXP-06: an application for consolidation takes in closed lists of its consignor with statisticsFlag B, each of
//! which is in no other.
//!
//! Source: 出口电商操作指引 (by the 15th of each month), specification 202205 (CEB701). Passing: two closed lists. Failing:
//! a list that another application holds (E-EXP-06).

use super::list::is_same_party;
use super::{Refusals, StateRule, View, Wrong};
use crate::domain::limits::{CONSOLIDATION_LISTS_MAX, REASONS_OF_RULE_MAX};
use crate::domain::{Field, MessageType, status};
use crate::state::cells::StateError;
use crate::state::clearance::consolidate::{CONSOLIDATED, asked_for, range_of};
use crate::state::clearance::life::{facts_of, list_of, of_list};

pub(super) const RULE: StateRule =
    StateRule { id: "R-EXP-06", kinds: |kind| kind == MessageType::Ceb701, is_of_firms: false, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let facts = view.facts;
    let (start, end) = (facts.value(Field::StartTime), facts.value(Field::EndTime));
    if start.is_empty() != end.is_empty() || start > end {
        refuse(
            refusals,
            Field::StartTime,
            start,
            end,
            "汇总开始时间与结束时间应同时填写且不得倒置",
            "give both times, the earlier first",
        );
        return Ok(());
    }
    let asked = asked_for(view.cells, facts)?;
    if asked.len() > CONSOLIDATION_LISTS_MAX || facts.related.len() > CONSOLIDATION_LISTS_MAX {
        let most = CONSOLIDATION_LISTS_MAX.to_string();
        refuse(
            refusals,
            Field::MsgCount,
            "",
            &most,
            "汇总清单数量超过限制，请拆分",
            "too many lists: split the application",
        );
        return Ok(());
    }
    if range_of(facts).is_some() {
        // A time range takes in what is free; a change may take its own lists in again.
        if asked.is_empty() && view.incumbent.is_none() {
            refuse(
                refusals,
                Field::StartTime,
                start,
                "a time in which lists were closed",
                "该时间段内没有可汇总的已结关清单",
                "no closed list in that time",
            );
        }
        return Ok(());
    }
    if facts.related.is_empty() {
        refuse(
            refusals,
            Field::InvtNo,
            "",
            "lists or a time",
            "未填写清单编号或汇总时间",
            "names neither lists nor a time range",
        );
    }
    for number in facts.related.iter().take(REASONS_OF_RULE_MAX) {
        check_list(view, refusals, number)?;
    }
    // Further ones are looked at only until the first that is wrong: the limit of reasons is reached then.
    for number in facts.related.iter().skip(REASONS_OF_RULE_MAX) {
        if !refusals.is_empty() {
            break;
        }
        check_list(view, refusals, number)?;
    }
    Ok(())
}

fn check_list(view: &View<'_>, refusals: &mut Refusals, number: &str) -> Result<(), StateError> {
    let Some((at, state)) = list_of(view.cells, number, MessageType::Ceb603)? else {
        refuse(
            refusals,
            Field::InvtNo,
            number,
            "the number of an export list",
            "清单不存在",
            "no export list has this number",
        );
        return Ok(());
    };
    let list = facts_of(view.cells, at)?.unwrap_or_default();
    if !is_same_party(view.registry, &view.facts.keys.ebc_code, &list.keys.ebc_code) {
        refuse(
            refusals,
            Field::InvtNo,
            number,
            "a list of the application's consignor",
            "清单的收发货人与汇总申请不一致",
            "the list is another consignor's",
        );
        return Ok(());
    }
    if list.keys.statistics_flag != CONSOLIDATED {
        let flag = &list.keys.statistics_flag;
        let zh = format!("清单[{number}]为简化申报，无需汇总");
        let en = format!("list {number} is declared simplified and is not consolidated");
        refuse(refusals, Field::StatisticsFlag, flag, CONSOLIDATED, &zh, &en);
    }
    let life = of_list(view.cells, at)?;
    if let Some(other) = life.claimed_by.filter(|other| Some(*other) != view.incumbent) {
        let other = other.id();
        refuse(
            refusals,
            Field::InvtNo,
            number,
            "a list that is in no application",
            "清单已汇总",
            &format!("the list is in application {other} (E-EXP-06)"),
        );
    } else if state.status != status::CLOSED {
        let zh = format!("清单[{number}]未结关，状态为[{}]", state.status);
        let en = format!("list {number} is not closed");
        refuse(refusals, Field::InvtNo, &state.status.to_string(), "899", &zh, &en);
    }
    Ok(())
}

fn refuse(refusals: &mut Refusals, field: Field, found: &str, expected: &str, zh: &str, en: &str) {
    refusals.wrong(Wrong {
        field,
        line: None,
        found,
        expected,
        official: 0,
        message_zh: zh.to_owned(),
        message_en: en.to_owned(),
    });
}
