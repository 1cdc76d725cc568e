//! R-ENT-06: the filings of the firms that a document names are in force, and their licences valid, at its time.
//!
//! Source: domain.md §6.1, E-ENT-06 `企业备案已失效`. The time is that of the entry. A party that an operator filed
//! directly, without licences, counts as complete.
//!
//! Passes: a waybill of a logistics firm with an express licence. Fails: the same a day after its filing was suspended.

use super::r_ent_03::{is_sent_by_firms, named};
use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, PartyId, Role, Standing, Timestamp, missing_licence};
use crate::state::cells::StateError;
use std::sync::Arc;

pub(super) const RULE: StateRule = StateRule { id: "R-ENT-06", kinds: is_sent_by_firms, is_of_firms: true, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let now = view.now.0;
    let sender = view.registry.party(PartyId(view.sender)).map_or("", |party| party.code.as_str());
    // Who sends answers too, though the document may not name it: an agent with a mandate.
    let sender = (Field::CopCode, &Role::ALL[..], "", "", sender);
    let history = |code: &str| view.registry.filed(code).map(Arc::as_ptr);
    let own = history(sender.4);
    let names_sender = named(view).any(|(_, _, _, _, code)| history(code) == own);
    for (field, roles, _, _, code) in named(view).chain((!names_sender).then_some(sender)) {
        let Some(filed) = view.registry.filed(code) else { continue };
        let statement = filed.at(now, now);
        let standing = statement.and_then(|statement| Standing::try_from(statement.standing).ok());
        if standing != Some(Standing::Active) {
            let (zh, en) = standing.map_or(("尚未生效", "not in force yet"), Standing::title);
            let since = statement.map_or_else(String::new, |statement| Timestamp(statement.from_ms).ceb8());
            refusals.wrong(Wrong {
                field,
                line: None,
                found: code,
                expected: "active",
                official: 0,
                message_zh: format!("E-ENT-06 企业备案已失效：[{code}]{zh} {since}"),
                message_en: format!("the filing of {code} is {en} {since}").trim_end().to_owned(),
            });
            continue;
        }
        let Some(application) = filed.filing_at(now, now) else { continue };
        let held_roles = roles.iter().filter(|role| application.party.has_role(**role));
        let mut missing = held_roles.map(|role| missing_licence(application, *role, now));
        let first = missing.next();
        // One role that fits the field with all its licences is enough.
        if missing.any(|missing| missing.is_none()) {
            continue;
        }
        if let Some(Some((group, held))) = first {
            let zh = group.iter().map(|kind| kind.title().0).collect::<Vec<_>>().join("或");
            let en = group.iter().map(|kind| kind.title().1).collect::<Vec<_>>().join(" or ");
            let number = held.map_or("", |licence| licence.number.as_str());
            let dates = held.map_or_else(String::new, |licence| {
                let to = if licence.to_ms == 0 { String::new() } else { Timestamp(licence.to_ms).ceb8() };
                format!(" {number} [{} – {to}]", Timestamp(licence.from_ms).ceb8())
            });
            refusals.wrong(Wrong {
                field,
                line: None,
                found: code,
                expected: &en,
                official: 0,
                message_zh: format!("E-ENT-06 企业备案已失效：[{code}]证照不在有效期内：{zh}{dates}"),
                message_en: format!("a licence of {code} is not valid: {en}{dates}"),
            });
        }
    }
    Ok(())
}
