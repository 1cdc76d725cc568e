//! Export documents of one sale: order, receipt of money, waybill, list, cancellation, return and tally.

use super::{EXPORT_FLIGHT, Sale};
use crate::domain::Flow;
use crate::domain::MessageType::{self, *};
use crate::sample::writer::Writer;

impl Writer<'_> {
    /// The document of this message's type for a sale.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other type speaks of an export sale")]
    pub(in crate::sample) fn export(&mut self, sale: &Sale) {
        match self.kind() {
            Ceb303 => self.export_order(sale),
            Ceb403 => self.money(sale),
            Ceb505 => self.export_waybill(sale),
            Ceb603 => self.export_list(sale),
            Ceb605 => self.export_cancellation(sale),
            Ceb213 => self.export_return(sale),
            Ceb215 => self.tally(sale),
            Ceb507 => self.arrival(sale),
            Ceb509 => self.departure(sale),
            Ceb607 => self.link(sale),
            Ceb701 => self.consolidation_request(sale),
            _ => {}
        }
    }

    fn own(&self, kind: MessageType, sale: &Sale) -> String {
        self.from().own_no(kind, sale.ordinal)
    }

    fn export_list_no(&self, sale: &Sale) -> String {
        self.from().list_number(Flow::Export, sale.ordinal)
    }

    fn export_order(&mut self, sale: &Sale) {
        let parties = self.parties();
        self.within("OrderHead", |to| {
            to.opening(sale.ordinal);
            to.texts(&[("orderType", sale.mode.order_type()), ("orderNo", &sale.order_no)]);
            to.party("ebp", &parties.platform);
            to.party("ebc", &parties.seller);
            to.decimal("goodsValue", sale.goods_value, 2);
            to.decimal("freight", sale.freight, 2);
            to.text("currency", sale.to.currency);
        });
        for line in &sale.lines {
            self.within("OrderList", |to| {
                let goods = line.goods;
                to.count("gnum", line.number.into());
                to.texts(&[("itemNo", goods.item_no), ("itemName", goods.name), ("barCode", goods.bar_code)]);
                to.texts(&[("unit", goods.unit), ("currency", sale.to.currency)]);
                to.decimal("qty", line.quantity, 0);
                to.decimal("price", line.price_fen, 2);
                to.decimal("totalPrice", line.total_fen, 2);
            });
        }
    }

    fn money(&mut self, sale: &Sale) {
        let parties = self.parties();
        self.opening(sale.ordinal);
        self.party("ebp", &parties.platform);
        self.party("ebc", &parties.seller);
        self.text("orderNo", &sale.order_no);
        self.party("pay", &parties.payment);
        self.text("payNo", &sale.pay_no);
        self.decimal("charge", sale.goods_value + sale.freight, 2);
        self.texts(&[("currency", sale.to.currency), ("accountingDate", &sale.paid_at)]);
    }

    fn export_waybill(&mut self, sale: &Sale) {
        let parties = self.parties();
        self.opening(sale.ordinal);
        self.party("logistics", &parties.logistics);
        self.text("logisticsNo", &sale.waybill_no);
        self.decimal("freight", sale.freight, 2);
        self.decimal("insuredFee", 0, 2);
        self.text("currency", sale.to.currency);
        self.decimal("grossWeight", sale.gross_grams, 3);
        self.count("packNo", 1);
        self.text("goodsInfo", sale.lines.first().map_or("", |line| line.goods.name));
        self.party("ebc", &parties.seller);
        self.text("ebcTelephone", "10000000002");
    }

    fn export_list(&mut self, sale: &Sale) {
        let parties = self.parties();
        let zone = !sale.account_book.is_empty();
        let simplified = self.from().settings().simplified;
        self.within("InventoryHead", |to| {
            to.opening(sale.ordinal);
            to.text("customsCode", sale.customs_office);
            to.party("ebp", &parties.platform);
            to.text("orderNo", &sale.order_no);
            to.party("logistics", &parties.logistics);
            to.texts(&[("logisticsNo", &sale.waybill_no), ("copNo", &to.own(Ceb603, sale)), ("ieFlag", "E")]);
            to.texts(&[("portCode", sale.port_office), ("ieDate", &sale.day)]);
            to.text("statisticsFlag", if simplified { "A" } else { "B" });
            to.party("agent", &parties.declarant);
            to.party("ebc", &parties.seller);
            to.party("owner", &parties.seller);
            if zone {
                to.party("iac", &parties.warehouse);
            }
            to.texts(&[("emsNo", sale.account_book), ("tradeMode", sale.mode.code()), ("trafMode", "5")]);
            to.texts(&[("trafName", EXPORT_FLIGHT), ("voyageNo", &voyage(sale)), ("billNo", &sale.bill_no)]);
            to.texts(&[("totalPackageNo", &sale.package_no), ("loctNo", sale.site)]);
            to.texts(&[("country", sale.to.country), ("POD", sale.to.country)]);
            to.decimal("freight", sale.freight, 2);
            to.texts(&[("fCurrency", sale.to.currency), ("fFlag", "3")]);
            to.decimal("insuredFee", 0, 2);
            to.texts(&[("iCurrency", sale.to.currency), ("iFlag", "3"), ("wrapType", "2")]);
            to.count("packNo", 1);
            to.decimal("grossWeight", sale.gross_grams, 3);
            to.decimal("netWeight", sale.net_grams, 3);
        });
        for line in &sale.lines {
            self.within("InventoryList", |to| {
                let goods = line.goods;
                to.count("gnum", line.number.into());
                to.text("itemNo", goods.item_no);
                to.text("itemRecordNo", if zone { goods.record_no } else { "" });
                to.texts(&[("itemName", goods.name), ("gcode", goods.commodity), ("gname", goods.name)]);
                to.texts(&[("gmodel", goods.model), ("barCode", goods.bar_code)]);
                to.texts(&[("country", sale.to.country), ("currency", sale.to.currency)]);
                to.decimal("qty", line.quantity, 0);
                to.statutory("qty1", line, goods.unit1);
                if let Some(unit2) = goods.unit2 {
                    to.statutory("qty2", line, unit2);
                }
                to.texts(&[("unit", goods.unit), ("unit1", goods.unit1), ("unit2", goods.unit2.unwrap_or_default())]);
                to.decimal("price", line.price_fen, 2);
                to.decimal("totalPrice", line.total_fen, 2);
            });
        }
    }

    fn export_cancellation(&mut self, sale: &Sale) {
        let parties = self.parties();
        self.opening(sale.ordinal);
        self.texts(&[("customsCode", sale.customs_office), ("copNo", &self.own(Ceb605, sale))]);
        self.texts(&[("invtNo", &self.export_list_no(sale)), ("reason", "订购人取消订单")]);
        self.party("agent", &parties.declarant);
        self.party("ebc", &parties.seller);
    }

    /// The first line comes back, one piece of it.
    fn export_return(&mut self, sale: &Sale) {
        let parties = self.parties();
        self.within("InvtRefundHead", |to| {
            to.opening(sale.ordinal);
            to.texts(&[("customsCode", sale.customs_office), ("loctNo", sale.site)]);
            to.party("ebp", &parties.platform);
            to.party("ebc", &parties.seller);
            to.text("logisticsNo", &sale.waybill_no);
            to.party("logistics", &parties.logistics);
            to.texts(&[("coElNo", &to.own(Ceb213, sale)), ("invtNo", &to.export_list_no(sale))]);
            to.text("tradeMode", sale.mode.return_code().unwrap_or_default());
            to.party("agent", &parties.declarant);
            to.texts(&[("billNo", &return_bill(sale)), ("ieFlag", "I"), ("trafMode", "5")]);
            to.texts(&[("trafName", RETURN_FLIGHT), ("portCode", sale.port_office), ("reason", "收件人拒收")]);
            to.texts(&[("country", sale.to.country), ("voyageNo", &return_voyage(sale))]);
        });
        let Some(line) = sale.lines.first() else { return };
        let back = crate::sample::Line { quantity: 1, total_fen: line.price_fen, ..line.clone() };
        self.within("InvtRefundList", |to| {
            let goods = back.goods;
            to.count("gnum", back.number.into());
            to.texts(&[("gcode", goods.commodity), ("gname", goods.name), ("gmodel", goods.model)]);
            to.decimal("qty", back.quantity, 0);
            to.statutory("qty1", &back, goods.unit1);
            to.texts(&[("unit", goods.unit), ("unit1", goods.unit1)]);
            if let Some(unit2) = goods.unit2 {
                to.statutory("qty2", &back, unit2);
                to.text("unit2", unit2);
            }
        });
    }

    fn tally(&mut self, sale: &Sale) {
        let parties = self.parties();
        self.opening(sale.ordinal);
        self.text("customsCode", sale.customs_office);
        self.party("operator", &parties.site);
        self.party("logistics", &parties.logistics);
        self.texts(&[("logisticsNo", &sale.waybill_no), ("invtNo", &self.export_list_no(sale))]);
        self.texts(&[("coElNo", &self.own(Ceb215, sale)), ("billNo", &return_bill(sale)), ("ieFlag", "I")]);
        self.texts(&[("trafMode", "5"), ("trafName", RETURN_FLIGHT), ("voyageNo", &return_voyage(sale))]);
        self.text("location", "T区03架12位");
    }
}

/// The flight that brings back what was refused.
const RETURN_FLIGHT: &str = "SW902";

pub(super) fn voyage(sale: &Sale) -> String {
    format!("{EXPORT_FLIGHT}/{}", sale.day)
}

fn return_bill(sale: &Sale) -> String {
    format!("902-{}", sale.day)
}

fn return_voyage(sale: &Sale) -> String {
    format!("{RETURN_FLIGHT}/{}", sale.day)
}
