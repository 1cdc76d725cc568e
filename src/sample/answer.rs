//! Receipts of every type, and the failure message: what customs and the exchange send back.

use super::export::Sale;
use super::run::{Sold, is_shared};
use super::writer::Writer;
use super::{ExportMode, Set};
use crate::domain::Flow;
use crate::domain::MessageType::{self, *};
use crate::domain::status;

/// What a receipt says of the document, in the order of its schema; every receipt begins with `guid` and ends with
/// `returnStatus`, `returnTime` and `returnInfo`.
#[expect(clippy::wildcard_enum_match_arm, reason = "only receipts have rows")]
fn numbers(receipt: MessageType) -> &'static [&'static str] {
    match receipt {
        Ceb214 => &["ebpCode", "ebcCode", "agentCode", "coElNo", "preNo", "invtNo"],
        Ceb216 => &["operatorCode", "logisticsCode", "logisticsNo", "coElNo", "preNo"],
        Ceb304 | Ceb312 => &["ebpCode", "ebcCode", "orderNo"],
        Ceb404 => &["ebcCode", "orderNo", "payNo"],
        Ceb412 => &["payCode", "payTransactionId"],
        Ceb506 | Ceb512 => &["logisticsCode", "logisticsNo"],
        Ceb508 => &["operatorCode", "logisticsCode", "preNo", "copNo", "billNo", "msgSeqNo"],
        Ceb510 => &["logisticsCode", "copNo", "preNo", "msgSeqNo"],
        Ceb514 => &["logisticsCode", "logisticsNo", "logisticsStatus"],
        Ceb604 => &["agentCode", "copNo", "preNo", "invtNo", "ebcCode", "ebpCode", "orderNo", "statisticsFlag"],
        Ceb606 => &["agentCode", "copNo", "preNo", "invtNo"],
        Ceb608 => &["agentCode", "logisticsCode", "copNo", "preNo", "billNo", "msgSeqNo"],
        Ceb622 => &["customsCode", "ebpCode", "ebcCode", "agentCode", "copNo", "preNo", "invtNo"],
        Ceb624 | Ceb626 => &["customsCode", "agentCode", "ebpCode", "ebcCode", "copNo", "preNo", "invtNo"],
        Ceb702 => &["agentCode", "ebcCode", "copNo", "preNo", "sumNo", "msgSeqNo"],
        Ceb712 => &["customsCode", "operatorCode", "copNo", "preNo", "rkdNo"],
        _ => &[],
    }
}

/// Results that a receipt of that type may tell of a document that is in order.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other receipts end with the customs store")]
fn results(receipt: MessageType) -> &'static [i32] {
    match receipt {
        Ceb604 | Ceb622 => &[status::STORED, status::ADJUDICATED, status::RELEASED, status::CLOSED],
        Ceb214 => &[status::STORED, status::RELEASED],
        Ceb216 | Ceb506 | Ceb508 | Ceb510 | Ceb606 | Ceb624 | Ceb626 | Ceb702 | Ceb712 => &[status::ADJUDICATED],
        _ => &[status::STORED],
    }
}

impl Writer<'_> {
    /// A receipt for the document of a sale, or of all sales of the message.
    pub(super) fn answer(&mut self, answered: MessageType, ordinal: u64, sold: &Sold) {
        let (kind, from) = (self.kind(), self.from());
        self.text("guid", &from.id(kind, ordinal, false));
        for name in numbers(kind) {
            self.text(name, &self.number_of(name, answered, ordinal, sold));
        }
        let code = *super::numbers::Rng::new(from.seed(), ordinal).pick(results(kind));
        self.text("returnStatus", &code.to_string());
        self.text("returnTime", &from.sent_at(kind).ceb17());
        let info = match code {
            status::STORED => "[Code:1800;Desc:逻辑校验通过]",
            status::RELEASED => "[Code:2600;Desc:放行]",
            other => status::name(other).0,
        };
        self.text("returnInfo", info);
    }

    /// A number of the answered document by the name of its field.
    fn number_of(&self, name: &str, answered: MessageType, ordinal: u64, sold: &Sold) -> String {
        let (from, parties) = (self.from(), self.parties());
        let shared = if is_shared(answered) && answered != Ceb711 { self.run.first() } else { ordinal };
        match name {
            "ebpCode" => parties.platform.code.to_string(),
            "ebcCode" => parties.seller.code.to_string(),
            "payCode" => parties.payment.code.to_string(),
            "logisticsCode" => parties.logistics.code.to_string(),
            "agentCode" => parties.declarant.code.to_string(),
            "operatorCode" => parties.site.code.to_string(),
            "logisticsStatus" => "S".to_owned(),
            "statisticsFlag" => if from.settings().simplified { "A" } else { "B" }.to_owned(),
            "copNo" | "coElNo" => from.own_no(answered, shared),
            "preNo" => from.pre_number(answered, ordinal),
            "invtNo" => from.list_number(answered.spec().map_or(Flow::Both, |spec| spec.flow), ordinal),
            "sumNo" => {
                let zone = from.settings().export_mode == ExportMode::Zone;
                from.customs_no(Ceb701, if zone { "4612" } else { "4604" }, shared)
            }
            "rkdNo" => from.customs_no(Ceb711, "4604", ordinal),
            "msgSeqNo" => self.number.to_string(),
            _ => match sold {
                Sold::Import(set) => import_number(set, name, answered),
                Sold::Export(sale) => export_number(sale, name),
            },
        }
    }

    /// The answer to a message that is cut off in its first document.
    pub(super) fn failure(&mut self, ordinal: u64) {
        let from = self.from();
        let mut original = String::new();
        super::Run::new(from, ordinal..ordinal + 1, 1).write(&mut original, Ceb311, 1);
        let cut = original.find("<ceb:goodsValue>").and_then(|at| original.get(..at)).unwrap_or_default();
        self.text("guid", &from.id(Ceb900, ordinal, false));
        self.text("returnStatus", "-2");
        self.text("returnInfo", "报文不完整：OrderHead 没有结束标签");
        self.text("returnTime", &from.sent_at(Ceb900).ceb17());
        self.text("oriCopMsgId", &from.transfer(super::Kind::Order, ordinal).guid);
        self.text("oriMessageType", Ceb311.root_name());
        self.cdata("oriBizMessage", cut);
    }
}

fn import_number(set: &Set, name: &str, answered: MessageType) -> String {
    match name {
        "orderNo" => set.order.order_no.clone(),
        "payTransactionId" => set.payment.transaction_id.clone(),
        "logisticsNo" => set.waybill.waybill_no.clone(),
        "customsCode" if answered == Ceb711 => "4604".to_owned(),
        "customsCode" => set.list.customs_office.to_owned(),
        _ => String::new(),
    }
}

fn export_number(sale: &Sale, name: &str) -> String {
    match name {
        "orderNo" => sale.order_no.clone(),
        "payNo" => sale.pay_no.clone(),
        "logisticsNo" => sale.waybill_no.clone(),
        "billNo" => sale.bill_no.clone(),
        "customsCode" => sale.customs_office.to_owned(),
        _ => String::new(),
    }
}
