//! Messages about foreign exchange from and to the contract: every text and number is checked here.

use super::{Invalid, text, time_in};
use crate::domain::limits::{FOREX_GOODS_MAX, FOREX_MESSAGES_MAX, REPEATED_MAX};
use crate::domain::{Amount, Timestamp, codes};
use crate::intake::Payer;
use crate::pb::v1 as pb;
use crate::state::{BulkLine, ForexEntry, ForexGoods, ForexKind, ForexMessage, Registration};

/// Characters of an institution's own numbers.
const ID_CHARS_MAX: usize = 64;
/// One hundredth, in units of [`Amount`].
const CENT: i128 = 1_000;
/// One whole, in units of [`Amount`].
const ONE: i128 = 100_000;

/// A batch of messages, and who pays or is paid in each.
///
/// # Errors
/// [`Invalid`] names the field.
pub fn entry(request: pb::SubmitForexRequest) -> Result<(ForexEntry, Vec<Payer>), Invalid> {
    if request.messages.is_empty() || request.messages.len() > FOREX_MESSAGES_MAX {
        return Err(Invalid::new("messages", format!("1 to {FOREX_MESSAGES_MAX} messages")));
    }
    if request.bulks.len() > REPEATED_MAX {
        return Err(Invalid::new("bulks", format!("at most {REPEATED_MAX}")));
    }
    let mut entry = ForexEntry::default();
    let mut payers = Vec::with_capacity(request.messages.len());
    for (index, given) in request.messages.into_iter().enumerate() {
        let (message, payer) = message(&format!("messages[{index}]"), given)?;
        entry.messages.push(message);
        payers.push(payer);
    }
    for (index, bulk) in request.bulks.into_iter().enumerate() {
        let at = |field: &str| format!("bulks[{index}].{field}");
        entry.bulks.push(BulkLine {
            bulk_ref: required(&at("bulk_ref"), bulk.bulk_ref)?,
            currency: currency(&at("currency"), bulk.currency)?,
            foreign_amount: decimal(&at("foreign_amount"), &bulk.foreign_amount)?.to_string(),
            cny_amount: decimal(&at("cny_amount"), &bulk.cny_amount)?.to_string(),
        });
    }
    Ok((entry, payers))
}

fn message(at: &str, given: pb::ForexMessage) -> Result<(ForexMessage, Payer), Invalid> {
    let path = |field: &str| format!("{at}.{field}");
    let kind = match pb::ForexKind::try_from(given.kind) {
        Ok(pb::ForexKind::Purchase) => ForexKind::Purchase,
        Ok(pb::ForexKind::Settlement) => ForexKind::Settlement,
        Ok(pb::ForexKind::BuyerRefund) => ForexKind::BuyerRefund,
        Ok(pb::ForexKind::RemittanceRefund) => ForexKind::RemittanceRefund,
        Ok(pb::ForexKind::Unspecified) | Err(_) => return Err(Invalid::new(path("kind"), "is no kind of message")),
    };
    let (cny, foreign, rate) = (
        decimal(&path("cny_amount"), &given.cny_amount)?,
        decimal(&path("foreign_amount"), &given.foreign_amount)?,
        decimal(&path("rate"), &given.rate)?,
    );
    let product = foreign.0.saturating_mul(rate.0) / ONE;
    if (product - cny.0).abs() > CENT {
        return Err(Invalid::new(path("cny_amount"), "is not foreign_amount times rate, to 0.01"));
    }
    if given.goods.len() > FOREX_GOODS_MAX {
        return Err(Invalid::new(path("goods"), format!("at most {FOREX_GOODS_MAX}")));
    }
    let goods = given.goods.into_iter().enumerate().map(|(index, goods)| {
        let at = |field: &str| path(&format!("goods[{index}].{field}"));
        Ok(ForexGoods {
            name: required(&at("name"), goods.name)?,
            category: text(&at("category"), goods.category)?,
            unit_price: decimal(&at("unit_price"), &goods.unit_price)?.to_string(),
            quantity: decimal(&at("quantity"), &goods.quantity)?.to_string(),
        })
    });
    let day = given.settlement_day;
    if day.len() != 8 || Timestamp::parse_ceb(&day).is_none() {
        return Err(Invalid::new(path("settlement_day"), "is no day of the form 20260131"));
    }
    let payer = Payer {
        name: text(&path("payer_name"), given.payer_name)?,
        id_number: text(&path("payer_id_number"), given.payer_id_number)?,
    };
    let message = ForexMessage {
        out_order_id: id(&path("out_order_id"), given.out_order_id)?,
        kind: kind as i32,
        merchant_code: required(&path("merchant_code"), given.merchant_code)?,
        transaction_id: id(&path("transaction_id"), given.transaction_id)?,
        cny_amount: cny.to_string(),
        foreign_amount: foreign.to_string(),
        currency: currency(&path("currency"), given.currency)?,
        rate: rate.to_string(),
        goods: goods.collect::<Result<_, Invalid>>()?,
        counterparty_name: text(&path("counterparty_name"), given.counterparty_name)?,
        counterparty_country: country(&path("counterparty_country"), given.counterparty_country)?,
        logistics_code: text(&path("logistics_code"), given.logistics_code)?,
        logistics_no: text(&path("logistics_no"), given.logistics_no)?,
        presale: given.presale,
        bop_code: bop_code(&path("bop_code"), given.bop_code)?,
        bank_ref: text(&path("bank_ref"), given.bank_ref)?,
        order_no: required(&path("order_no"), given.order_no)?,
        platform_code: text(&path("platform_code"), given.platform_code)?,
        invt_no: text(&path("invt_no"), given.invt_no)?,
        settlement_day: day,
        original_out_order_id: text(&path("original_out_order_id"), given.original_out_order_id)?,
        bulk_ref: text(&path("bulk_ref"), given.bulk_ref)?,
        individual: given.individual,
        payer_name: 0,
        payer_id: Vec::new(),
        payer_id_type: text(&path("payer_id_type"), given.payer_id_type)?,
        merged: given.merged,
    };
    Ok((message, payer))
}

/// A message as others see it: without name and identity number.
#[must_use]
pub fn message_out(message: &ForexMessage) -> pb::ForexMessage {
    let message = message.clone();
    let goods = message.goods.into_iter().map(|goods| pb::ForexGoods {
        name: goods.name,
        category: goods.category,
        unit_price: goods.unit_price,
        quantity: goods.quantity,
    });
    pb::ForexMessage {
        out_order_id: message.out_order_id,
        kind: message.kind,
        merchant_code: message.merchant_code,
        transaction_id: message.transaction_id,
        cny_amount: message.cny_amount,
        foreign_amount: message.foreign_amount,
        currency: message.currency,
        rate: message.rate,
        goods: goods.collect(),
        counterparty_name: message.counterparty_name,
        counterparty_country: message.counterparty_country,
        logistics_code: message.logistics_code,
        logistics_no: message.logistics_no,
        presale: message.presale,
        bop_code: message.bop_code,
        bank_ref: message.bank_ref,
        order_no: message.order_no,
        platform_code: message.platform_code,
        invt_no: message.invt_no,
        settlement_day: message.settlement_day,
        original_out_order_id: message.original_out_order_id,
        bulk_ref: message.bulk_ref,
        individual: message.individual,
        payer_name: String::new(),
        payer_id_number: String::new(),
        payer_id_type: message.payer_id_type,
        merged: message.merged,
    }
}

/// A registration in the forex directory.
///
/// # Errors
/// [`Invalid`] names the field.
pub fn registration(request: pb::RegisterInstitutionRequest) -> Result<Registration, Invalid> {
    let time = |field: &str, time: Option<prost_types::Timestamp>| {
        time.map_or(Ok(0), |time| time_in(field, &time).map(|time| time.0))
    };
    let (from_ms, to_ms) =
        (time("effective_from", request.effective_from)?, time("effective_to", request.effective_to)?);
    if to_ms != 0 && to_ms <= from_ms {
        return Err(Invalid::new("effective_to", "must be after effective_from"));
    }
    let limit = match request.single_limit_usd.as_str() {
        "" => String::new(),
        limit => decimal("single_limit_usd", limit)?.to_string(),
    };
    Ok(Registration {
        institution_code: required("institution_code", request.institution_code)?,
        from_ms,
        to_ms,
        single_limit_usd: limit,
        directory_no: text("directory_no", request.directory_no)?,
    })
}

fn required(field: &str, value: String) -> Result<String, Invalid> {
    if value.is_empty() {
        return Err(Invalid::new(field, "is missing"));
    }
    text(field, value)
}

fn id(field: &str, value: String) -> Result<String, Invalid> {
    if value.chars().count() > ID_CHARS_MAX {
        return Err(Invalid::new(field, format!("at most {ID_CHARS_MAX} characters")));
    }
    required(field, value)
}

/// A decimal above 0.
fn decimal(field: &str, value: &str) -> Result<Amount, Invalid> {
    let amount = Amount::parse(value).filter(|amount| amount.0 > 0);
    amount.ok_or_else(|| Invalid::new(field, "is no decimal above 0 with at most 5 digits after the point"))
}

fn currency(field: &str, value: String) -> Result<String, Invalid> {
    if codes::is_currency(&value) && value != "142" {
        return Ok(value);
    }
    Err(Invalid::new(field, "is no customs code of a foreign currency"))
}

fn country(field: &str, value: String) -> Result<String, Invalid> {
    if value.is_empty() || codes::is_country(&value) {
        return Ok(value);
    }
    Err(Invalid::new(field, "is no customs code of a country"))
}

/// Six digits. Source: the BOP transaction codes (国际收支交易编码), 2014 edition.
fn bop_code(field: &str, value: String) -> Result<String, Invalid> {
    if value.len() == 6 && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(value);
    }
    Err(Invalid::new(field, "is no balance-of-payments code of six digits"))
}
