//! Export documents of many parcels: arrival at the site, departure, link to the master waybill, consolidation.
//!
//! One document speaks of all sales of the message; its number is that of the whole run.

use super::documents::voyage;
use super::{DESTINATIONS, EXPORT_FLIGHT, Sale, TRUCK};
use crate::domain::Flow;
use crate::domain::MessageType::{self, *};
use crate::domain::Timestamp;
use crate::sample::writer::Writer;

/// The conveyance left this long before its list is sent.
const AFTER_DEPARTURE_MS: i64 = 10 * 60_000;

impl Writer<'_> {
    /// Opening fields, office and own number. `sale` is the first of the message.
    fn shared_opening(&mut self, kind: MessageType, sale: &Sale) {
        self.opening(sale.ordinal);
        self.texts(&[("customsCode", sale.customs_office), ("copNo", &self.from().own_no(kind, self.run.first()))]);
    }

    /// A line for each parcel of the message, numbered from 1.
    fn parcels(&mut self, name: &str, fields: fn(&mut Self, &Sale)) {
        for (ordinal, number) in self.sales.clone().zip(1..) {
            let sale = self.from().sale(ordinal);
            self.within(name, |to| {
                to.count("gnum", number);
                fields(to, &sale);
            });
        }
    }

    pub(super) fn arrival(&mut self, sale: &Sale) {
        let parties = self.parties();
        self.within("ArrivalHead", |to| {
            to.shared_opening(Ceb507, sale);
            to.party("operator", &parties.site);
            to.texts(&[("loctNo", sale.site), ("ieFlag", "E"), ("trafMode", "5")]);
            to.texts(&[("billNo", &sale.bill_no), ("domesticTrafNo", TRUCK)]);
            to.party("logistics", &parties.logistics);
            to.split();
        });
        self.parcels("ArrivalList", |to, sale| {
            to.texts(&[("logisticsNo", &sale.waybill_no), ("totalPackageNo", &sale.package_no)]);
        });
    }

    pub(super) fn departure(&mut self, sale: &Sale) {
        let parties = self.parties();
        let left = Timestamp(self.from().sent_at(Ceb509).0 - AFTER_DEPARTURE_MS);
        self.within("DepartureHead", |to| {
            to.shared_opening(Ceb509, sale);
            to.party("logistics", &parties.logistics);
            to.texts(&[("trafMode", "5"), ("trafName", EXPORT_FLIGHT), ("voyageNo", &voyage(sale))]);
            to.texts(&[("billNo", &sale.bill_no), ("leaveTime", &left.ceb14())]);
            to.split();
        });
        self.parcels("DepartureList", |to, sale| {
            to.texts(&[("totalPackageNo", &sale.package_no), ("logisticsNo", &sale.waybill_no)]);
        });
    }

    pub(super) fn link(&mut self, sale: &Sale) {
        let parties = self.parties();
        let gross = self.run.weights().iter().map(|weight| weight.gross).sum();
        self.within("WayBillHead", |to| {
            to.shared_opening(Ceb607, sale);
            to.party("agent", &parties.declarant);
            to.texts(&[("loctNo", sale.site), ("trafMode", "5"), ("trafName", EXPORT_FLIGHT)]);
            to.texts(&[("voyageNo", &voyage(sale)), ("billNo", &sale.bill_no), ("domesticTrafNo", TRUCK)]);
            to.decimal("grossWeight", gross, 3);
            to.party("logistics", &parties.logistics);
            to.split();
        });
        self.parcels("WayBillList", |to, sale| {
            to.texts(&[("totalPackageNo", &sale.package_no), ("logisticsNo", &sale.waybill_no)]);
        });
    }

    pub(super) fn consolidation_request(&mut self, sale: &Sale) {
        let parties = self.parties();
        self.within("SummaryApplyHead", |to| {
            to.shared_opening(Ceb701, sale);
            to.party("agent", &parties.declarant);
            to.party("ebc", &parties.seller);
            to.party("declAgent", &parties.declarant);
            to.texts(&[("loctNo", sale.site), ("summaryFlag", "1"), ("itemNameFlag", "1")]);
            to.split();
        });
        for ordinal in self.sales.clone() {
            let number = self.from().list_number(Flow::Export, ordinal);
            self.within("SummaryApplyList", |to| to.text("invtNo", &number));
        }
    }

    /// One result for each destination, as goods to different countries go into different declarations.
    pub(in crate::sample) fn consolidations(&mut self) {
        let parties = self.parties();
        let from = self.from();
        let sales: Vec<Sale> = self.sales.clone().map(|ordinal| from.sale(ordinal)).collect();
        let office = sales.first().map_or("", |sale| sale.customs_office);
        let first = self.run.first();
        let at = from.sent_at(Ceb792).ceb17();
        let run = self.run;
        let declarations = DESTINATIONS.iter().zip(run.weights()).filter(|(_, weight)| weight.parcels > 0);
        for ((to_country, weight), place) in declarations.zip(0..) {
            self.within("SummaryResult", |to| {
                to.within("SummaryResultHead", |to| {
                    // Ids of results: one for each destination and message.
                    to.text("guid", &from.id(Ceb792, to.sales.start * 100 + place, false));
                    to.texts(&[("customsCode", office), ("sumNo", &from.customs_no(Ceb701, office, first))]);
                    to.texts(&[("opDate", &at), ("declSeqNo", &from.customs_no(Ceb792, office, first * 100 + place))]);
                    to.text("decState", "1");
                    to.party("agent", &parties.declarant);
                    to.party("ebc", &parties.seller);
                    to.party("declAgent", &parties.declarant);
                    to.decimal("grossWeight", weight.gross, 3);
                    to.decimal("netWeight", weight.net, 3);
                    to.split();
                });
                let lines = sales.iter().filter(|sale| sale.to == to_country);
                let lines = lines.flat_map(|sale| sale.lines.iter().map(move |line| (sale, line)));
                for ((sale, line), sequence) in lines.zip(1..) {
                    let number = from.list_number(Flow::Export, sale.ordinal);
                    to.within("SummaryResultList", |to| {
                        to.texts(&[("invtNo", &number), ("logisticsNo", &sale.waybill_no)]);
                        to.count("gseqno", sequence);
                        to.count("gnum", line.number.into());
                        to.text("gcode", line.goods.commodity);
                    });
                }
            });
        }
    }
}
