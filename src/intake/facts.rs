//! What `apply` gets to know of a document: its facts, taken while the text is at hand.

use super::hash::PersonalHash;
use crate::domain::{Amount, Document, Field, Fields, Keys, MessageType, Timestamp, limits};
use crate::state::{CLEARED, DecisionFacts, Facts, FieldValue, LineFacts};

pub(super) fn facts(kind: MessageType, document: &Document<'_>, hash: &PersonalHash) -> Facts {
    let head = &document.head;
    let text = |field| head.text(field).to_owned();
    let number = |field| head.text(field).parse().unwrap_or_default();
    // Only what a list is matched by; a list's own freight is not the order's.
    let order = kind == MessageType::Ceb311;
    let amount = |field, wanted: bool| if wanted { canonical(head.text(field)) } else { String::new() };
    let payment = kind == MessageType::Ceb411;
    let (name, id) =
        if payment { (Field::PayerName, Field::PayerIdNumber) } else { (Field::BuyerName, Field::BuyerIdNumber) };
    Facts {
        keys: Keys::of(head),
        app_type: number(Field::AppType),
        app_status: number(Field::AppStatus),
        app_time: sent_at(head),
        rejections: Vec::new(),
        ebp_name: text(Field::EbpName),
        ebc_name: text(Field::EbcName),
        pay_name: text(Field::PayName),
        logistics_name: text(Field::LogisticsName),
        agent_name: text(Field::AgentName),
        goods_value: amount(Field::GoodsValue, order),
        freight: amount(Field::Freight, order),
        discount: amount(Field::Discount, order),
        tax_total: amount(Field::TaxTotal, order),
        paid: if payment { amount(Field::AmountPaid, true) } else { amount(Field::ActuralPaid, order) },
        person_name: hash.short(head.text(name)),
        person_id: hash.long(head.text(id)),
        consignee: hash.short(head.text(Field::Consignee)),
        consignee_telephone: hash.short(head.text(Field::ConsigneeTelephone)),
        consignee_address: hash.short(head.text(Field::ConsigneeAddress)),
        lines: document.lines.iter().map(|line| line_facts(kind, line, is_bonded(kind, head))).collect(),
        related: if kind.names_others() { related(&document.lines) } else { Vec::new() },
        values: values(kind, head, false, false),
        buyer_account: if order { hash.short(head.text(Field::BuyerRegNo)) } else { 0 },
    }
}

/// True for types whose lines clearance looks at. The others' lines only name parcels, which are kept as rows.
fn has_cleared_lines(kind: MessageType) -> bool {
    use MessageType::{Ceb213, Ceb303, Ceb603, Ceb607, Ceb621, Ceb625, Ceb792, Ceb816};
    matches!(kind, Ceb213 | Ceb303 | Ceb603 | Ceb607 | Ceb621 | Ceb625 | Ceb792 | Ceb816)
}

/// True for a list of goods of an account book, whose lines must agree with it (R-PRD-01).
fn is_bonded(kind: MessageType, head: &Fields<'_>) -> bool {
    kind == MessageType::Ceb621 && !head.text(Field::EmsNo).is_empty()
}

/// Fields of a head or line that clearance looks at. Evidence of import is only matched: its fields are facts already.
fn values(kind: MessageType, fields: &Fields<'_>, of_line: bool, is_bonded: bool) -> Vec<FieldValue> {
    use MessageType::{Ceb311, Ceb411, Ceb511};
    if matches!(kind, Ceb311 | Ceb411 | Ceb511) || (of_line && !has_cleared_lines(kind)) {
        return Vec::new();
    }
    // What facts hold anyway is not kept twice.
    let is_held = |field: Field| match of_line {
        // The name of goods is kept where a book has it too (R-PRD-01), and where it is registered for tax (R-TAXREF-02)
        // and the seller gives none of its own.
        true if field == Field::Gname => {
            let for_tax = kind == MessageType::Ceb603 && fields.text(Field::ItemName).is_empty();
            !is_bonded && !for_tax
        }
        true => field == Field::Country,
        false => matches!(field, Field::InvtNo | Field::LogisticsNo),
    };
    let given =
        fields.0.iter().filter(|(field, value)| CLEARED.contains(field) && !value.text.is_empty() && !is_held(*field));
    given.filter_map(|(field, value)| FieldValue::of(*field, text_of(*field, &value.text))).collect()
}

/// Amounts and quantities in their canonical form, all else as it was sent.
fn text_of(field: Field, text: &str) -> String {
    use Field::{
        Charge, ConsumptionTax, CustomsTax, Freight, GoodsValue, GrossWeight, InsuredFee, NetWeight, Qty1, Qty2,
        TaxPrice, ValueAddedTax,
    };
    let is_number = matches!(
        field,
        Charge
            | ConsumptionTax
            | CustomsTax
            | Freight
            | GoodsValue
            | GrossWeight
            | InsuredFee
            | NetWeight
            | Qty1
            | Qty2
            | TaxPrice
            | ValueAddedTax
    );
    if is_number { canonical(text) } else { text.to_owned() }
}

/// When a document was sent, as a number: appTime, or what stands for it in what customs sends.
fn sent_at(head: &Fields<'_>) -> u64 {
    let times = [Field::AppTime, Field::ReturnTime, Field::OpDate];
    let time = times.into_iter().find_map(|field| head.value(field)).and_then(|value| value.text.get(..14));
    time.and_then(|seconds| seconds.parse().ok()).unwrap_or_default()
}

/// Waybills and lists that the lines name, each once.
fn related(lines: &[Fields<'_>]) -> Vec<String> {
    let numbers = lines.iter().flat_map(|line| [line.text(Field::LogisticsNo), line.text(Field::InvtNo)]);
    let numbers: std::collections::BTreeSet<&str> =
        numbers.filter(|number| !number.is_empty()).take(limits::LINE_NUMBERS_MAX).collect();
    numbers.into_iter().map(str::to_owned).collect()
}

fn line_facts(kind: MessageType, line: &Fields<'_>, is_bonded: bool) -> LineFacts {
    LineFacts {
        gnum: line.text(Field::Gnum).parse().unwrap_or_default(),
        name: line.text(Field::ItemName).to_owned(),
        qty: canonical(line.text(Field::Qty)),
        price: canonical(line.text(Field::Price)),
        country: line.text(Field::Country).to_owned(),
        unit: line.text(Field::Unit).to_owned(),
        total: canonical(line.text(Field::TotalPrice)),
        values: values(kind, line, true, is_bonded),
    }
}

fn canonical(text: &str) -> String {
    Amount::parse(text).map_or_else(|| text.to_owned(), |amount| amount.to_string())
}

pub(super) fn decision(kind: MessageType, head: &Fields<'_>) -> DecisionFacts {
    DecisionFacts {
        guid: head.text(Field::Guid).to_owned(),
        kind: kind as i32,
        keys: Keys::of(head),
        status: head.text(Field::ReturnStatus).trim().parse().unwrap_or_default(),
        time_ms: Timestamp::parse_ceb(head.text(Field::ReturnTime)).unwrap_or_default().0,
        info: head.text(Field::ReturnInfo).chars().take(limits::DECISION_INFO_CHARS_MAX).collect(),
    }
}
