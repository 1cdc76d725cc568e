//! From the contract to domain words.

use super::Invalid;
use crate::domain::limits::{
    DECISION_INFO_CHARS_MAX, NOTE_CHARS_MAX, REPEATED_MAX, SIGNING_CERTIFICATES_MAX, SUBSCRIPTION_NAME_CHARS_MAX,
    TOKEN_CHARS_MAX,
};
use crate::domain::{DocRef, EventKind, Keys, Mandate, MessageType, Party, Role, Timestamp};
use crate::feed::{Cursor, Feed, Filter, StartAt, View};
use crate::intake::Decision;
use crate::pb::v1 as pb;

/// How a document is named in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentName {
    /// By its id.
    Id(DocRef),
    /// By preNo or invtNo.
    Number(String),
}

/// A text within the limit.
///
/// # Errors
/// [`Invalid`].
pub fn text(field: &str, value: String) -> Result<String, Invalid> {
    bounded(field, value, TOKEN_CHARS_MAX)
}

/// A reason, note or address within its limit.
///
/// # Errors
/// [`Invalid`].
pub fn note(field: &str, value: String) -> Result<String, Invalid> {
    bounded(field, value, NOTE_CHARS_MAX)
}

fn bounded(field: &str, value: String, chars_max: usize) -> Result<String, Invalid> {
    if value.chars().take(chars_max.saturating_add(1)).count() > chars_max {
        return Err(Invalid::new(field, format!("is longer than {chars_max} characters")));
    }
    if value.chars().any(char::is_control) {
        return Err(Invalid::new(field, "has control characters"));
    }
    Ok(value)
}

pub(super) fn required(field: &str, value: String) -> Result<String, Invalid> {
    if value.is_empty() { Err(Invalid::new(field, "is empty")) } else { text(field, value) }
}

pub(super) fn texts(field: &str, values: Vec<String>) -> Result<Vec<String>, Invalid> {
    few(field, values.len())?;
    values.into_iter().enumerate().map(|(index, value)| required(&format!("{field}[{index}]"), value)).collect()
}

pub(super) fn few(field: &str, count: usize) -> Result<(), Invalid> {
    if count > REPEATED_MAX { Err(Invalid::new(field, format!("has more than {REPEATED_MAX} values"))) } else { Ok(()) }
}

fn kind(field: &str, number: i32) -> Result<MessageType, Invalid> {
    let kind = MessageType::of_number(number);
    if kind == MessageType::Unknown {
        Err(Invalid::new(field, format!("{number} is no message type")))
    } else {
        Ok(kind)
    }
}

fn kinds(field: &str, numbers: Vec<i32>) -> Result<Vec<i32>, Invalid> {
    few(field, numbers.len())?;
    numbers
        .into_iter()
        .enumerate()
        .map(|(index, number)| kind(&format!("{field}[{index}]"), number).map(|known| known as i32))
        .collect()
}

/// A time.
///
/// # Errors
/// [`Invalid`].
pub fn time_in(field: &str, time: &prost_types::Timestamp) -> Result<Timestamp, Invalid> {
    let wrong = || Invalid::new(field, "is no time between the years 1 and 9999");
    // The range of google.protobuf.Timestamp.
    if !(-62_135_596_800..=253_402_300_799).contains(&time.seconds) || !(0..1_000_000_000).contains(&time.nanos) {
        return Err(wrong());
    }
    let milliseconds = time.seconds.checked_mul(1000).ok_or_else(wrong)?;
    Ok(Timestamp(milliseconds.saturating_add(i64::from(time.nanos / 1_000_000))))
}

/// Which document is asked for.
///
/// # Errors
/// [`Invalid`].
pub fn document_name(name: Option<pb::get_document_request::Name>) -> Result<DocumentName, Invalid> {
    use pb::get_document_request::Name;
    match name {
        None => Err(Invalid::new("name", "one of document_id, pre_no and invt_no must be given")),
        Some(Name::DocumentId(id)) => {
            let id = required("document_id", id)?;
            DocRef::of_id(&id).map(DocumentName::Id).ok_or_else(|| Invalid::new("document_id", "is no document id"))
        }
        Some(Name::PreNo(number)) => required("pre_no", number).map(DocumentName::Number),
        Some(Name::InvtNo(number)) => required("invt_no", number).map(DocumentName::Number),
    }
}

/// Types of a list's filter.
///
/// # Errors
/// [`Invalid`].
pub fn list_types(numbers: Vec<i32>) -> Result<Vec<i32>, Invalid> {
    kinds("message_types", numbers)
}

/// A typed decision.
///
/// # Errors
/// [`Invalid`].
pub fn decision(decision: pb::Decision) -> Result<Decision, Invalid> {
    let kind = kind("message_type", decision.message_type)?;
    if kind.receipt() == MessageType::Ceb900 {
        return Err(Invalid::new("message_type", "is no type that customs answers with a receipt"));
    }
    let keys = decision.keys.ok_or_else(|| Invalid::new("keys", "are missing"))?;
    let time_ms = match &decision.time {
        Some(given) => time_in("time", given)?.0,
        None => 0,
    };
    Ok(Decision {
        guid: required("guid", decision.guid)?,
        kind: kind as i32,
        keys: keys_in(keys)?,
        status: decision.status,
        time_ms,
        info: bounded("info", decision.info, DECISION_INFO_CHARS_MAX)?,
    })
}

/// Numbers of a document.
///
/// # Errors
/// [`Invalid`].
pub fn keys_in(keys: pb::DocumentKeys) -> Result<Keys, Invalid> {
    Ok(Keys {
        guid: text("keys.guid", keys.guid)?,
        ebp_code: text("keys.ebp_code", keys.ebp_code)?,
        ebc_code: text("keys.ebc_code", keys.ebc_code)?,
        order_no: text("keys.order_no", keys.order_no)?,
        pay_code: text("keys.pay_code", keys.pay_code)?,
        pay_transaction_id: text("keys.pay_transaction_id", keys.pay_transaction_id)?,
        logistics_code: text("keys.logistics_code", keys.logistics_code)?,
        logistics_no: text("keys.logistics_no", keys.logistics_no)?,
        agent_code: text("keys.agent_code", keys.agent_code)?,
        cop_no: text("keys.cop_no", keys.cop_no)?,
        pre_no: text("keys.pre_no", keys.pre_no)?,
        invt_no: text("keys.invt_no", keys.invt_no)?,
        customs_code: text("keys.customs_code", keys.customs_code)?,
        trade_mode: text("keys.trade_mode", keys.trade_mode)?,
        operator_code: text("keys.operator_code", keys.operator_code)?,
        bill_no: text("keys.bill_no", keys.bill_no)?,
        sum_no: text("keys.sum_no", keys.sum_no)?,
        msg_seq_no: text("keys.msg_seq_no", keys.msg_seq_no)?,
        rkd_no: text("keys.rkd_no", keys.rkd_no)?,
        pay_no: text("keys.pay_no", keys.pay_no)?,
        status: text("keys.status", keys.status)?,
        tax_no: text("keys.tax_no", keys.tax_no)?,
        decl_seq_no: text("keys.decl_seq_no", keys.decl_seq_no)?,
        assure_code: text("keys.assure_code", keys.assure_code)?,
        decl_agent_code: text("keys.decl_agent_code", keys.decl_agent_code)?,
        statistics_flag: text("keys.statistics_flag", keys.statistics_flag)?,
    })
}

/// A name for a subscription: letters, digits, `-`, `_` and `.`.
///
/// # Errors
/// [`Invalid`].
pub fn name_of_subscription(name: String) -> Result<String, Invalid> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > SUBSCRIPTION_NAME_CHARS_MAX || !name.chars().all(good) {
        let rule = format!("must be 1 to {SUBSCRIPTION_NAME_CHARS_MAX} letters, digits, \"-\", \"_\" or \".\"");
        return Err(Invalid::new("name", rule));
    }
    Ok(name)
}

/// A view; `own` if none is given.
///
/// # Errors
/// [`Invalid`].
pub fn view(number: i32) -> Result<View, Invalid> {
    match pb::View::try_from(number) {
        Ok(pb::View::Unspecified | pb::View::Own) => Ok(View::Own),
        Ok(pb::View::Full) => Ok(View::Full),
        Ok(pb::View::Statistics) => Ok(View::Statistics),
        Err(_) => Err(Invalid::new("view", format!("{number} is no view"))),
    }
}

/// What a subscription delivers.
///
/// # Errors
/// [`Invalid`].
pub fn filter(filter: pb::Filter) -> Result<Filter, Invalid> {
    few("filter.statuses", filter.statuses.len())?;
    few("filter.event_kinds", filter.event_kinds.len())?;
    for (index, number) in filter.event_kinds.iter().enumerate() {
        EventKind::try_from(*number).map_err(|_| {
            Invalid::new(format!("filter.event_kinds[{index}]"), format!("{number} is no kind of event"))
        })?;
    }
    Ok(Filter {
        message_types: kinds("filter.message_types", filter.message_types)?,
        customs_codes: texts("filter.customs_codes", filter.customs_codes)?,
        trade_modes: texts("filter.trade_modes", filter.trade_modes)?,
        statuses: filter.statuses,
        own_documents: filter.own_documents,
        event_kinds: filter.event_kinds,
    })
}

/// Where a subscription begins; after the last event if nothing is given.
///
/// # Errors
/// [`Invalid`].
pub fn start_at(feed: &Feed, field: &str, start: Option<pb::StartAt>) -> Result<StartAt, Invalid> {
    use pb::start_at::At;
    match start.and_then(|start| start.at) {
        None | Some(At::Latest(true)) => Ok(StartAt::Latest),
        Some(At::Earliest(true)) => Ok(StartAt::Earliest),
        Some(At::Earliest(false) | At::Latest(false)) => Err(Invalid::new(field, "must be true if it is given")),
        Some(At::Position(token)) => {
            let token = required(field, token)?;
            let cursor: Cursor =
                feed.decode(&token).map_err(|_| Invalid::new(field, "is no token or cursor of this exchange"))?;
            Ok(StartAt::After(cursor))
        }
        Some(At::Time(given)) => time_in(field, &given).map(StartAt::Time),
    }
}

/// A filing of a party.
///
/// # Errors
/// [`Invalid`].
pub fn party(party: Option<pb::Party>) -> Result<Party, Invalid> {
    let party = party.ok_or_else(|| Invalid::new("party", "is missing"))?;
    few("party.roles", party.roles.len())?;
    for (index, number) in party.roles.iter().enumerate() {
        Role::try_from(*number)
            .map_err(|_| Invalid::new(format!("party.roles[{index}]"), format!("{number} is no role")))?;
    }
    let certificate_sha256 = texts("party.certificate_sha256", party.certificate_sha256)?;
    for (index, digest) in certificate_sha256.iter().enumerate() {
        if !is_fingerprint(digest) {
            let field = format!("party.certificate_sha256[{index}]");
            return Err(Invalid::new(field, "is not 64 lower-case hex digits"));
        }
    }
    Ok(Party {
        code: required("party.code", party.code)?,
        name: required("party.name", party.name)?,
        roles: party.roles,
        aliases: texts("party.aliases", party.aliases)?,
        dxp_ids: texts("party.dxp_ids", party.dxp_ids)?,
        certificate_sha256,
        customs_codes: texts("party.customs_codes", party.customs_codes)?,
        active: party.active,
        schema_edition: text("party.schema_edition", party.schema_edition)?,
        signing_certificates: certificates(party.signing_certificates.iter().map(AsRef::as_ref))?,
    })
}

/// Certificates for signatures, each of which can be used.
pub(super) fn certificates<'a>(ders: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Vec<u8>>, Invalid> {
    let ders: Vec<Vec<u8>> = ders.take(SIGNING_CERTIFICATES_MAX + 1).map(<[u8]>::to_vec).collect();
    match crate::signature::Certificates::of_ders(&ders) {
        Ok(_) => Ok(ders),
        Err((index, error)) => Err(Invalid::new(format!("party.signing_certificates[{index}]"), error.to_string())),
    }
}

/// True for 64 lower-case hex digits.
pub(crate) fn is_fingerprint(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A mandate.
///
/// # Errors
/// [`Invalid`].
pub fn mandate(mandate: pb::FileMandateRequest) -> Result<Mandate, Invalid> {
    let from_ms = match &mandate.effective_from {
        Some(given) => time_in("effective_from", given)?.0,
        None => return Err(Invalid::new("effective_from", "is missing")),
    };
    let to_ms = match &mandate.effective_to {
        Some(given) => time_in("effective_to", given)?.0,
        None => 0,
    };
    if mandate.effective_to.is_some() && to_ms <= from_ms {
        return Err(Invalid::new("effective_to", "is not after effective_from"));
    }
    Ok(Mandate {
        agent_code: required("agent_code", mandate.agent_code)?,
        mandator_code: required("mandator_code", mandate.mandator_code)?,
        message_types: kinds("message_types", mandate.message_types)?,
        from_ms,
        to_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_subscriptions_have_no_surprises() {
        for good in ["inbox", "a", "A-b_c.9", &"x".repeat(64)] {
            assert!(name_of_subscription(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "a b", "收件箱", "a/b", "a\n", &"x".repeat(65)] {
            assert!(name_of_subscription(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_outside_the_protobuf_range_are_refused() {
        for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, 1_000_000_000), (253_402_300_800, 0)] {
            assert!(time_in("t", &prost_types::Timestamp { seconds, nanos }).is_err(), "{seconds} {nanos}");
        }
        assert_eq!(time_in("t", &prost_types::Timestamp { seconds: 1, nanos: 2_000_000 }), Ok(Timestamp(1002)));
    }

    #[test]
    fn a_party_with_an_unknown_role_or_bad_digest_is_refused() {
        let good = pb::Party {
            code: "4101988888".to_owned(),
            name: "Made-up Trading".to_owned(),
            certificate_sha256: vec!["0a".repeat(32)],
            ..Default::default()
        };
        assert!(party(Some(good.clone())).is_ok());
        let field = |party_in: pb::Party| party(Some(party_in)).expect_err("a fault").field;
        assert_eq!(field(pb::Party { roles: vec![1, 99], ..good.clone() }), "party.roles[1]");
        assert_eq!(field(pb::Party { roles: vec![0], ..good.clone() }), "party.roles[0]");
        assert_eq!(
            field(pb::Party { certificate_sha256: vec!["0A".repeat(32)], ..good }),
            "party.certificate_sha256[0]"
        );
    }

    #[test]
    fn long_lists_are_refused() {
        let values = vec!["1".to_owned(); REPEATED_MAX + 1];
        assert!(filter(pb::Filter { customs_codes: values, ..Default::default() }).is_err());
    }

    #[test]
    fn a_mandate_ends_after_it_begins() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let request = |from, to| pb::FileMandateRequest {
            agent_code: "a".to_owned(),
            mandator_code: "b".to_owned(),
            effective_from: from,
            effective_to: to,
            ..Default::default()
        };
        assert!(mandate(request(at(2), at(1))).is_err());
        assert!(mandate(request(None, None)).is_err());
        assert_eq!(mandate(request(at(1), None)).map(|mandate| mandate.to_ms), Ok(0));
    }
}
