//! Filings, goods and credit grades as JSON.

use super::json::{compact, list, rejection, time_value};
use crate::pb::v1;
use serde_json::{Value, json};

/// What became of a request.
pub(super) fn recorded(recorded: &v1::Recorded) -> Value {
    let values = |value: &v1::NamedValue| json!({ "name": value.name, "value": value.value });
    compact([
        ("receipt_id", json!(recorded.receipt_id)),
        ("position", json!(recorded.position)),
        ("taken", json!(recorded.rejections.is_empty())),
        ("replayed", json!(recorded.replayed)),
        ("rejections", list(&recorded.rejections, rejection)),
        ("values", list(&recorded.values, values)),
    ])
}

fn licence(licence: &v1::Licence) -> Value {
    compact([
        ("kind_zh", json!(licence.kind_zh)),
        ("kind_en", json!(licence.kind_en)),
        ("number", json!(licence.number)),
        ("valid_from", time_value(licence.valid_from.as_ref())),
        ("valid_to", time_value(licence.valid_to.as_ref())),
        ("issuer", json!(licence.issuer)),
    ])
}

fn application(application: &v1::Application) -> Value {
    let party = application.party.clone().unwrap_or_default();
    compact([
        ("code", json!(party.code)),
        ("name", json!(party.name)),
        ("roles", json!(party.roles)),
        ("aliases", json!(party.aliases)),
        ("dxp_ids", json!(party.dxp_ids)),
        ("customs_code", json!(application.customs_code)),
        ("licences", list(&application.licences, licence)),
        ("country", json!(application.country)),
        ("agent_code", json!(application.agent_code)),
    ])
}

/// An application.
pub(super) fn filing_application(row: &v1::FilingApplication) -> Value {
    compact([
        ("application_id", json!(row.application_id)),
        ("application", row.application.as_ref().map_or(Value::Null, application)),
        ("status", json!(row.status)),
        ("status_zh", json!(row.status_zh)),
        ("status_en", json!(row.status_en)),
        ("reasons", list(&row.reasons, rejection)),
        ("received_at", time_value(row.received_at.as_ref())),
        ("decided_at", time_value(row.decided_at.as_ref())),
        ("decided_by", json!(row.decided_by)),
        ("reason", json!(row.reason)),
        ("credit_code_overridden", json!(row.credit_code_overridden)),
        ("certificate_sha256", json!(row.certificate_sha256)),
    ])
}

/// How a filing stands.
pub(super) fn filing_history(view: &v1::GetFilingHistoryResponse) -> Value {
    let statement = |said: &v1::FilingStatement| {
        compact([
            ("known_at", time_value(said.known_at.as_ref())),
            ("effective_from", time_value(said.effective_from.as_ref())),
            ("effective_to", time_value(said.effective_to.as_ref())),
            ("standing", json!(said.standing)),
            ("standing_zh", json!(said.standing_zh)),
            ("standing_en", json!(said.standing_en)),
            ("reason", json!(said.reason)),
            ("stated_by", json!(said.stated_by)),
            ("filing", said.filing.as_ref().map_or(Value::Null, application)),
        ])
    };
    compact([
        ("code", json!(view.code)),
        ("standing", json!(view.standing)),
        ("standing_zh", json!(view.standing_zh)),
        ("standing_en", json!(view.standing_en)),
        ("filing", view.filing.as_ref().map_or(Value::Null, application)),
        ("statements", list(&view.statements, statement)),
    ])
}

/// A product.
pub(super) fn filed_product(row: &v1::FiledProduct) -> Value {
    let product = row.product.clone().unwrap_or_default();
    compact([
        ("owner_code", json!(product.owner_code)),
        ("ent_goods_no", json!(product.ent_goods_no)),
        ("ems_no", json!(product.ems_no)),
        ("item_no", json!(product.item_no)),
        ("hs_code", json!(product.hs_code)),
        ("barcode", json!(product.barcode)),
        ("name", json!(product.name)),
        ("unit", json!(product.unit)),
        ("unit1", json!(product.unit1)),
        ("unit2", json!(product.unit2)),
        ("origin", json!(product.origin)),
        ("price", json!(product.price)),
        ("customs_zh", json!(row.customs_zh)),
        ("customs_en", json!(row.customs_en)),
        ("quarantine_zh", json!(row.quarantine_zh)),
        ("quarantine_en", json!(row.quarantine_en)),
        ("on_record", json!(row.on_record)),
        ("filed_at", time_value(row.filed_at.as_ref())),
        ("decided_at", time_value(row.decided_at.as_ref())),
        ("reason", json!(row.reason)),
        ("doubts", list(&row.doubts, rejection)),
    ])
}

/// What would become of products.
pub(super) fn products_precheck(found: &v1::PrecheckProductsResponse) -> Value {
    let product = |product: &v1::ProductPrecheck| {
        compact([
            ("owner_code", json!(product.owner_code)),
            ("ent_goods_no", json!(product.ent_goods_no)),
            ("passes", json!(product.passes)),
            ("doubts", list(&product.doubts, rejection)),
        ])
    };
    compact([("faults", list(&found.faults, rejection)), ("products", list(&found.products, product))])
}

/// An account book.
pub(super) fn book(row: &v1::Book) -> Value {
    compact([
        ("ems_no", json!(row.ems_no)),
        ("owner_code", json!(row.owner_code)),
        ("customs_code", json!(row.customs_code)),
        ("warehouse_code", json!(row.warehouse_code)),
        ("effective_to", time_value(row.effective_to.as_ref())),
        ("filed_at", time_value(row.filed_at.as_ref())),
    ])
}

/// An item with its balance.
pub(super) fn book_balance(row: &v1::BookBalance) -> Value {
    let item = row.item.clone().unwrap_or_default();
    compact([
        ("item_no", json!(item.item_no)),
        ("hs_code", json!(item.hs_code)),
        ("name", json!(item.name)),
        ("unit", json!(item.unit)),
        ("origin", json!(item.origin)),
        ("inbound", json!(row.inbound)),
        ("reserved", json!(row.reserved)),
        ("used", json!(row.used)),
        ("balance", json!(row.balance)),
    ])
}

/// A warehouse.
pub(super) fn warehouse(row: &v1::Warehouse) -> Value {
    compact([
        ("code", json!(row.code)),
        ("name", json!(row.name)),
        ("is_overseas", json!(row.is_overseas)),
        ("operator_code", json!(row.operator_code)),
        ("area_code", json!(row.area_code)),
        ("customs_code", json!(row.customs_code)),
        ("country", json!(row.country)),
        ("address", json!(row.address)),
        ("effective_from", time_value(row.effective_from.as_ref())),
        ("effective_to", time_value(row.effective_to.as_ref())),
    ])
}

/// A firm's credit grade.
pub(super) fn credit(view: &v1::GetCreditResponse) -> Value {
    let statement = |said: &v1::CreditStatement| {
        compact([
            ("grade", json!(said.grade)),
            ("grade_zh", json!(said.grade_zh)),
            ("grade_en", json!(said.grade_en)),
            ("known_at", time_value(said.known_at.as_ref())),
            ("effective_from", time_value(said.effective_from.as_ref())),
            ("effective_to", time_value(said.effective_to.as_ref())),
            ("reason", json!(said.reason)),
            ("filed_by", json!(said.filed_by)),
        ])
    };
    compact([
        ("code", json!(view.code)),
        ("grade", json!(view.grade)),
        ("grade_zh", json!(view.grade_zh)),
        ("grade_en", json!(view.grade_en)),
        ("statements", list(&view.statements, statement)),
    ])
}

/// What is lacking to send.
pub(super) fn sending(answer: &v1::PrecheckSendingResponse) -> Value {
    let check = |check: &v1::SendingCheck| {
        compact([
            ("holds", json!(check.holds)),
            ("text_zh", json!(check.text_zh)),
            ("text_en", json!(check.text_en)),
            ("missing", check.missing.as_ref().map_or(Value::Null, rejection)),
        ])
    };
    json!({ "may_send": answer.may_send, "checks": list(&answer.checks, check) })
}
