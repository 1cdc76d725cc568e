//! Refunds of tax from and to the contract.

use super::{Invalid, text, time_in};
use crate::domain::{Amount, Field, Timestamp};
use crate::pb::v1 as pb;
use crate::state::refund::{ClientShare, Eligibility, Scheme};
use crate::state::{Evidence, LineFacts, ServiceContract, Standing};

/// One whole, in units of [`Amount`].
const ONE: i128 = 100_000;

fn required(field: &str, value: String) -> Result<String, Invalid> {
    if value.is_empty() {
        return Err(Invalid::new(field, "is missing"));
    }
    text(field, value)
}

/// From and until when.
fn period(from: Option<prost_types::Timestamp>, to: Option<prost_types::Timestamp>) -> Result<(i64, i64), Invalid> {
    let time = |field: &str, time: Option<prost_types::Timestamp>| {
        time.map_or(Ok(0), |time| time_in(field, &time).map(|time| time.0))
    };
    let (from_ms, to_ms) = (time("effective_from", from)?, time("effective_to", to)?);
    if to_ms != 0 && to_ms <= from_ms {
        return Err(Invalid::new("effective_to", "must be after effective_from"));
    }
    Ok((from_ms, to_ms))
}

/// A part of one.
fn share(field: &str, value: &str) -> Result<String, Invalid> {
    let share = Amount::parse(value).filter(|share| (0..=ONE).contains(&share.0));
    share.map(|share| share.to_string()).ok_or_else(|| Invalid::new(field, "is no part of one, for example 0.13"))
}

/// The standing of a seller.
///
/// # Errors
/// [`Invalid`] names the field.
pub fn standing(request: pb::FileRefundStandingRequest) -> Result<Standing, Invalid> {
    let (from_ms, to_ms) = period(request.effective_from, request.effective_to)?;
    Ok(Standing {
        seller_code: required("seller_code", request.seller_code)?,
        general_taxpayer: request.general_taxpayer,
        refund_filed: request.refund_filed,
        zone_registered: request.zone_registered,
        from_ms,
        to_ms,
    })
}

/// Evidence for a list.
///
/// # Errors
/// [`Invalid`] names the field.
pub fn evidence(request: pb::FileRefundEvidenceRequest) -> Result<Evidence, Invalid> {
    let amount = match request.invoice_amount.as_str() {
        "" if request.invoice_no.is_empty() => String::new(),
        amount => Amount::parse(amount)
            .filter(|amount| amount.0 > 0)
            .ok_or_else(|| Invalid::new("invoice_amount", "is no decimal above 0"))?
            .to_string(),
    };
    let rate = match request.refund_rate.as_str() {
        "" => String::new(),
        rate => share("refund_rate", rate)?,
    };
    let day = request.received_day;
    if !day.is_empty() && (day.len() != 8 || Timestamp::parse_ceb(&day).is_none()) {
        return Err(Invalid::new("received_day", "is no day of the form 20260131"));
    }
    Ok(Evidence {
        invt_no: required("invt_no", request.invt_no)?,
        invoice_no: text("invoice_no", request.invoice_no)?,
        invoice_amount: amount,
        refund_rate: rate,
        received_day: day,
    })
}

/// A contract of a firm that exports for a client.
///
/// # Errors
/// [`Invalid`] names the field.
pub fn contract(request: pb::FileServiceContractRequest) -> Result<ServiceContract, Invalid> {
    let (from_ms, to_ms) = period(request.effective_from, request.effective_to)?;
    Ok(ServiceContract {
        firm_code: required("firm_code", request.firm_code)?,
        client_code: required("client_code", request.client_code)?,
        contract_no: required("contract_no", request.contract_no)?,
        from_ms,
        to_ms,
        client_share: share("client_share", &request.client_share)?,
    })
}

/// A month such as `2026-05`, as the number 202605.
///
/// # Errors
/// [`Invalid`].
pub fn month(field: &str, text: &str) -> Result<u32, Invalid> {
    let wrong = || Invalid::new(field, "is no month of the form 2026-05");
    let (year, month) = text.split_once('-').ok_or_else(wrong)?;
    let digits = format!("{year}{month}");
    if digits.len() != 6 || Timestamp::parse_ceb(&format!("{digits}01")).is_none() {
        return Err(wrong());
    }
    digits.parse().map_err(|_| wrong())
}

/// The last day of a month, more or less: the rates of its end are asked for at its 28th.
#[must_use]
pub fn end_of(month: u32) -> Timestamp {
    Timestamp::parse_ceb(&format!("{month:06}28")).unwrap_or_default()
}

/// A list as tax authorities read it.
#[must_use]
pub(crate) fn list_out(list: &Eligibility) -> pb::RefundList {
    let keys = &list.facts.keys;
    let schemes = list.schemes.iter().map(|result| pb::SchemeVerdict {
        scheme: scheme(result.scheme) as i32,
        eligible: list.may(result.scheme),
        reasons: result
            .reasons
            .iter()
            .map(|(rule, zh, en)| pb::SchemeReason {
                rule: (*rule).to_owned(),
                message_zh: zh.clone(),
                message_en: en.clone(),
            })
            .collect(),
    });
    let day = if list.row.released_ms == 0 { String::new() } else { Timestamp(list.row.released_ms).ceb8() };
    pb::RefundList {
        invt_no: list.invt_no.clone(),
        seller_code: keys.ebc_code.clone(),
        owner_code: list.facts.value(Field::OwnerCode).to_owned(),
        agent_code: keys.agent_code.clone(),
        statistics_flag: keys.statistics_flag.clone(),
        trade_mode: keys.trade_mode.clone(),
        status: list.status,
        export_day: day,
        currency: list.currency.clone(),
        value: list.value.clone(),
        cny_value: list.row.cny.clone(),
        entry_id: list.entry_id.clone(),
        schemes: schemes.collect(),
        refund: list.refund.clone(),
        lines: list.facts.lines.iter().map(|line| line_out(list, line)).collect(),
        contract_no: list.row.contract_no.clone(),
    }
}

fn scheme(scheme: Scheme) -> pb::RefundScheme {
    match scheme {
        Scheme::Normal => pb::RefundScheme::Normal,
        Scheme::Exempt => pb::RefundScheme::Exempt,
        Scheme::Deemed => pb::RefundScheme::Deemed,
    }
}

fn line_out(list: &Eligibility, line: &LineFacts) -> pb::RefundLine {
    let missing = list.missing.iter().filter(|(gnum, _)| *gnum == line.gnum);
    let name = if line.name.is_empty() { line.value(Field::Gname) } else { line.name.as_str() };
    pb::RefundLine {
        gnum: i32::try_from(line.gnum).unwrap_or(i32::MAX),
        gcode: line.value(Field::Gcode).to_owned(),
        name: name.to_owned(),
        unit: line.unit.clone(),
        quantity: line.qty.clone(),
        unit_price: line.price.clone(),
        amount: line.total.clone(),
        missing: missing.map(|(_, name)| (*name).to_owned()).collect(),
    }
}

/// What a firm did for a client.
#[must_use]
pub(crate) fn client_out(share: ClientShare) -> pb::ServiceClient {
    pb::ServiceClient {
        client_code: share.client_code,
        contract_no: share.contract_no,
        lists: i64::try_from(share.lists).unwrap_or(i64::MAX),
        cny_value: share.cny.to_string(),
        refund: share.refund.to_string(),
        client_refund: share.client_refund.to_string(),
    }
}
