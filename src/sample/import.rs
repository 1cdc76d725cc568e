//! Import documents beyond the four of a sale: sign-off, cancellation, return, warehouse-in list, and tax bills.

use super::generator::{FLIGHT, LineTax, taxes};
use super::writer::Writer;
use super::{List, Set};
use crate::domain::Flow;
use crate::domain::MessageType::*;

impl Writer<'_> {
    /// The document of this message's type for a set.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other type speaks of an import sale here")]
    pub(super) fn import(&mut self, set: &Set) {
        match self.kind() {
            Ceb513 => self.sign_off(set),
            Ceb623 => self.about_list(set, "订购人取消订单"),
            Ceb625 => self.import_return(set),
            Ceb711 => self.warehouse_in(set),
            Ceb816 => self.tax_bill(set),
            Ceb818 => self.tax_status(set),
            _ => {}
        }
    }

    fn import_list_no(&self, set: &Set) -> String {
        self.from().list_number(Flow::Import, set.ordinal)
    }

    fn tax_no(&self, set: &Set) -> String {
        format!("{}T1", self.import_list_no(set))
    }

    fn sign_off(&mut self, set: &Set) {
        let parties = self.parties();
        self.opening(set.ordinal);
        self.party("logistics", &parties.logistics);
        self.texts(&[("logisticsNo", &set.waybill.waybill_no), ("logisticsStatus", "S")]);
        self.text("logisticsTime", &self.from().sent_at(Ceb513).ceb14());
    }

    /// The head of what is asked about a list: cancel it, or take its goods back.
    fn about_list(&mut self, set: &Set, reason: &str) {
        let List { platform, seller, carrier, buyer, declarant, .. } = &set.list;
        self.opening(set.ordinal);
        self.texts(&[("customsCode", set.list.customs_office), ("orderNo", &set.list.order_no)]);
        self.party("ebp", platform);
        self.party("ebc", seller);
        self.text("logisticsNo", &set.list.waybill_no);
        self.party("logistics", carrier);
        self.text("copNo", &self.from().own_no(self.kind(), set.ordinal));
        self.texts(&[("invtNo", &self.import_list_no(set)), ("buyerIdType", "1"), ("buyerIdNumber", &buyer.id_number)]);
        self.texts(&[("buyerName", &buyer.name), ("buyerTelephone", &buyer.telephone)]);
        self.party("agent", declarant);
        self.text("reason", reason);
    }

    /// The first line comes back, one piece of it.
    fn import_return(&mut self, set: &Set) {
        self.within("InvtRefundHead", |to| to.about_list(set, "订购人七日内无理由退货"));
        let Some(line) = set.list.lines.first() else { return };
        self.within("InvtRefundList", |to| {
            to.count("gnum", line.number.into());
            to.texts(&[("gcode", line.goods.commodity), ("gname", line.goods.name)]);
            to.decimal("qty", 1, 0);
            to.text("unit", line.goods.unit);
        });
    }

    /// All parcels of the message came on the flight of the first.
    fn warehouse_in(&mut self, set: &Set) {
        let parties = self.parties();
        let day = set.payment.paid_at.get(..8).unwrap_or_default().to_owned();
        self.within("DeliveryHead", |to| {
            to.opening(set.ordinal);
            to.texts(&[("customsCode", "4604"), ("copNo", &to.from().own_no(Ceb711, set.ordinal))]);
            to.party("operator", &parties.site);
            to.texts(&[("ieFlag", "I"), ("trafMode", "5"), ("trafNo", FLIGHT)]);
            to.texts(&[("voyageNo", &format!("{FLIGHT}/{day}")), ("billNo", &format!("812-{day}"))]);
            to.party("logistics", &parties.logistics);
            to.text("unloadLocation", "J区01架05位");
        });
        for (ordinal, number) in self.sales.clone().zip(1..) {
            let parcel = self.from().set(ordinal).waybill.waybill_no;
            self.within("DeliveryList", |to| {
                to.count("gnum", number);
                to.text("logisticsNo", &parcel);
            });
        }
    }

    fn tax_bill(&mut self, set: &Set) {
        let list = &set.list;
        let taxes = taxes(&list.lines, set.order.goods_value_fen, list.freight_fen);
        self.within("TaxHeadRd", |to| {
            to.text("guid", &to.from().id(Ceb816, set.ordinal, false));
            to.texts(&[("returnTime", &to.from().sent_at(Ceb816).ceb17()), ("invtNo", &to.import_list_no(set))]);
            to.text("taxNo", &to.tax_no(set));
            to.duties(&taxes);
            to.texts(&[("status", "1"), ("assureCode", &list.guarantor), ("ebcCode", &list.seller.code)]);
            to.texts(&[("logisticsCode", &list.carrier.code), ("agentCode", &list.declarant.code)]);
            to.text("customsCode", list.customs_office);
        });
        for (line, tax) in list.lines.iter().zip(&taxes) {
            self.within("TaxListRd", |to| {
                to.count("gnum", line.number.into());
                to.text("gcode", line.goods.commodity);
                to.decimal("taxPrice", tax.dutiable_fen, 2);
                to.duties(std::slice::from_ref(tax));
            });
        }
    }

    /// Within the limits of one sale there is no customs duty.
    fn duties(&mut self, taxes: &[LineTax]) {
        self.decimal("customsTax", 0, 2);
        self.decimal("valueAddedTax", taxes.iter().map(|tax| tax.vat_fen).sum(), 2);
        self.decimal("consumptionTax", taxes.iter().map(|tax| tax.consumption_fen).sum(), 2);
    }

    /// A month later the bill is part of a payment book.
    fn tax_status(&mut self, set: &Set) {
        self.within("TaxHeadStatus", |to| {
            let at = to.from().sent_at(Ceb818);
            to.text("guid", &to.from().id(Ceb818, set.ordinal, false));
            to.texts(&[("returnTime", &at.ceb17()), ("invtNo", &to.import_list_no(set)), ("taxNo", &to.tax_no(set))]);
            to.texts(&[("status", "2"), ("entDutyNo", &format!("{}{}-01", set.list.customs_office, at.ceb8()))]);
            to.text("assureCode", &set.list.guarantor);
        });
    }
}
