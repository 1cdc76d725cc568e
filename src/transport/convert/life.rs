//! Match reports, worklist and consolidations for the contract.

use super::outgoing::{document, time, waiting};
use crate::domain::{DocRef, Timestamp};
use crate::intake::read_life::{Life, MatchReport, Merged, SideReport, Standing, Together, WorkItem, WorkKind};
use crate::pb::v1 as pb;
use std::collections::BTreeMap;

/// A report of the three-document match.
#[must_use]
pub(in crate::transport) fn match_report(report: MatchReport) -> pb::MatchReport {
    let deadline = report.deadline;
    pb::MatchReport {
        list: Some(document(report.list)),
        deadline: deadline.map(time),
        sides: report.sides.into_iter().map(|side| match_side(side, deadline)).collect(),
        life: Some(list_life(report.life)),
    }
}

fn match_side(side: SideReport, deadline: Option<Timestamp>) -> pb::MatchSide {
    let (message_zh, message_en) = side_texts(&side, deadline);
    let standing = match side.standing {
        Standing::There => pb::MatchStanding::There,
        Standing::Missing => pb::MatchStanding::Missing,
        Standing::Differs => pb::MatchStanding::Differs,
    };
    pb::MatchSide {
        message_type: side.kind as i32,
        standing: standing as i32,
        document_id: side.document.map(DocRef::id).unwrap_or_default(),
        number: side.number,
        must_act: side.must_act.into_iter().map(|(code, name)| pb::MatchParty { code, name }).collect(),
        differences: waiting(&side.differences),
        message_zh,
        message_en,
    }
}

/// What to do about one document, in Chinese and English.
fn side_texts(side: &SideReport, deadline: Option<Timestamp>) -> (String, String) {
    let (zh, en) = side.kind.document_title();
    let who = |or: &str| {
        let named = side.must_act.iter().map(|(code, name)| if name.is_empty() { code } else { name }.as_str());
        let all: Vec<&str> = named.collect();
        if all.is_empty() { or.to_owned() } else { all.join(if or == WHO_ZH { "或" } else { " or " }) }
    };
    let (who_zh, who_en) = (who(WHO_ZH), who(WHO_EN));
    let by = deadline.map(|at| at.to_string().get(..16).unwrap_or_default().replace('T', " "));
    let by_zh = by.as_deref().map_or_else(String::new, |by| format!("于{by}前"));
    let by_en = by.as_deref().map_or_else(String::new, |by| format!(" by {by} (UTC+8)"));
    match side.standing {
        Standing::There => {
            (format!("{zh}[{}]已到且一致", side.number), format!("{en} {} is there and agrees", side.number))
        }
        Standing::Missing => (
            format!("缺少{zh}[{}]，请{who_zh}{by_zh}报送", side.number),
            format!("{en} {} is missing: {who_en} must send it{by_en}", side.number),
        ),
        Standing::Differs => {
            let count = side.differences.len();
            (
                format!("{zh}[{}]有{count}处不一致，请{who_zh}{by_zh}更正", side.number),
                format!("{en} {} differs in {count} places: {who_en} must mend it{by_en}", side.number),
            )
        }
    }
}

/// Who has to act if nobody is named.
const WHO_ZH: &str = "相应企业";
const WHO_EN: &str = "its sender";

fn list_life(life: Life) -> pb::ListLife {
    pb::ListLife {
        release_time: life.released.map(time),
        close_time: life.closed.map(time),
        arrival_time: life.arrived.map(time),
        departure_time: life.departed.map(time),
        signing_time: life.signed.map(time),
        traf_name: life.traf_name,
        voyage_no: life.voyage_no,
        bill_no: life.bill_no,
        total_package_no: life.total_package_no,
        cancelled_by: life.cancelled_by.map(DocRef::id).unwrap_or_default(),
        consolidated_by: life.consolidated_by.map(DocRef::id).unwrap_or_default(),
        declared_lines: life
            .entries
            .into_iter()
            .map(|(gnum, decl_seq_no, entry_id)| pb::DeclaredLine { gnum, decl_seq_no, entry_id })
            .collect(),
        returned_lines: life.returned.into_iter().map(|(gnum, qty)| pb::ReturnedLine { gnum, qty }).collect(),
    }
}

/// An item of the worklist; `code_of` names a party.
#[must_use]
pub(in crate::transport) fn work_item(item: WorkItem, code_of: impl Fn(u32) -> String) -> pb::WorkItem {
    let (zh, en) = WorkKind::try_from(item.kind).map_or(("", ""), WorkKind::text);
    pb::WorkItem {
        kind: item.kind,
        due_time: Some(time(Timestamp(item.due_ms))),
        open_time: Some(time(Timestamp(item.opened_ms))),
        overdue_time: (item.overdue_ms != 0).then(|| time(Timestamp(item.overdue_ms))),
        document_id: item.document.map(DocRef::id).unwrap_or_default(),
        number: item.number,
        owners: item.owners.into_iter().map(code_of).collect(),
        customs_code: item.office,
        message_zh: zh.to_owned(),
        message_en: en.to_owned(),
    }
}

/// What an application for consolidation becomes.
#[must_use]
pub(in crate::transport) fn consolidation(
    at: DocRef,
    merged: BTreeMap<Together, Merged>,
) -> pb::GetConsolidationResponse {
    let declarations = merged.into_iter().map(|(key, one)| pb::MergedDeclaration {
        ebc_code: key.consignor,
        owner_code: key.producer,
        traf_mode: key.transport,
        country: key.destination,
        port_code: key.exit,
        list_count: one.lists,
        gross_weight: one.weights.0.to_string(),
        net_weight: one.weights.1.to_string(),
        lines: one
            .lines
            .into_iter()
            .map(|(line, sums)| pb::MergedLine {
                country: line.destination,
                gcode: line.gcode,
                currency: line.currency,
                unit: line.unit,
                item_name: line.name,
                qty: sums.qty.to_string(),
                total_price: sums.total.to_string(),
                line_count: sums.lines,
            })
            .collect(),
    });
    pb::GetConsolidationResponse { document_id: at.id(), declarations: declarations.collect() }
}
