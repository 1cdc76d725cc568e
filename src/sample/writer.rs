//! The frame of a message and the fields that many types share.
//!
//! What parties send has the `ceb:` prefix, what comes from customs the default namespace, as published samples do.

use super::run::{Run, Sold, is_sent_by_parties, is_shared};
use super::xml::{SIGNATURE, escape, put_decimal};
use super::{Generator, Line, Parties, Party};
use crate::domain::MessageType::{self, *};
use crate::domain::{Flow, Part, Spec};
use std::ops::Range;

/// Writes one message.
pub(super) struct Writer<'a> {
    out: &'a mut String,
    prefix: &'static str,
    pub(super) run: &'a Run<'a>,
    pub(super) spec: &'static Spec,
    /// Number of the message in the run, from 1.
    pub(super) number: u64,
    /// Sales of this message.
    pub(super) sales: Range<u64>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        out: &'a mut String,
        run: &'a Run<'a>,
        spec: &'static Spec,
        number: u64,
        sales: Range<u64>,
    ) -> Writer<'a> {
        let prefix = if is_sent_by_parties(spec.part) { "ceb:" } else { "" };
        Writer { out, prefix, run, spec, number, sales }
    }

    pub(super) fn from(&self) -> &'a Generator {
        self.run.from
    }

    pub(super) fn parties(&self) -> &'a Parties {
        &self.run.from.settings().parties
    }

    pub(super) fn kind(&self) -> MessageType {
        self.spec.kind
    }

    /// Appends the whole message.
    pub(super) fn message(&mut self) {
        let kind = self.kind();
        let transfer = self.from().transfer_of(kind, self.sales.start);
        let sent = is_sent_by_parties(self.spec.part);
        self.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
        for piece in [self.prefix, self.spec.root, " guid=\"", &transfer.guid, "\" version=\"1.0\" xmlns"] {
            self.out.push_str(piece);
        }
        self.out.push_str(if sent { ":ceb" } else { "" });
        self.out.push_str("=\"http://www.chinaport.gov.cn/ceb\">\n");
        self.documents();
        if sent {
            self.within("BaseTransfer", |to| {
                to.texts(&[
                    ("copCode", &transfer.sender.code),
                    ("copName", &transfer.sender.name),
                    ("dxpMode", "DXP"),
                    ("dxpId", &transfer.sender.dxp_id),
                ]);
            });
            self.out.push('\n');
        }
        if is_signed(kind) {
            self.out.push_str(SIGNATURE);
        }
        for piece in ["</", self.prefix, self.spec.root, ">\n"] {
            self.out.push_str(piece);
        }
    }

    fn documents(&mut self) {
        if self.kind() == Ceb792 {
            return self.consolidations();
        }
        let sales = if is_shared(self.kind()) { self.sales.start..self.sales.start + 1 } else { self.sales.clone() };
        for ordinal in sales {
            let sold = match self.spec.flow {
                Flow::Export => Sold::Export(Box::new(self.from().sale(ordinal))),
                Flow::Import | Flow::Both => Sold::Import(Box::new(self.from().set(ordinal))),
            };
            self.within(self.spec.document, |to| to.document(ordinal, &sold));
            self.out.push('\n');
        }
    }

    fn document(&mut self, ordinal: u64, sold: &Sold) {
        match self.spec.part {
            Part::Receipt(answered) => self.answer(answered, ordinal, sold),
            Part::Failure => self.failure(ordinal),
            Part::Declaration(_) | Part::Notice => match sold {
                Sold::Import(set) => self.import(set),
                Sold::Export(sale) => self.export(sale),
            },
        }
    }

    /// An element around what `inner` writes.
    pub(super) fn within(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.tag("<", name);
        inner(self);
        self.tag("</", name);
    }

    fn tag(&mut self, open: &str, name: &str) {
        for piece in [open, self.prefix, name, ">"] {
            self.out.push_str(piece);
        }
    }

    /// An element with text; nothing for an empty one.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.tag("<", name);
            escape(self.out, value);
            self.tag("</", name);
        }
    }

    /// Elements with texts.
    pub(super) fn texts(&mut self, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            self.text(name, value);
        }
    }

    /// An element with any text as CDATA.
    pub(super) fn cdata(&mut self, name: &str, value: &str) {
        self.tag("<", name);
        for piece in ["<![CDATA[", value, "]]>"] {
            self.out.push_str(piece);
        }
        self.tag("</", name);
    }

    /// An element with a count of units of 10^-`digits`; `digits` is 0, 2 or 3.
    pub(super) fn decimal(&mut self, name: &str, count: i64, digits: usize) {
        self.tag("<", name);
        put_decimal(self.out, count, digits);
        self.tag("</", name);
    }

    /// A whole number.
    pub(super) fn count(&mut self, name: &str, count: u64) {
        self.decimal(name, i64::try_from(count).unwrap_or(i64::MAX), 0);
    }

    /// Code and name of a party: `ebp` gives ebpCode and ebpName.
    pub(super) fn party(&mut self, short: &str, party: &Party) {
        self.text(&format!("{short}Code"), &party.code);
        self.text(&format!("{short}Name"), &party.name);
    }

    /// The fields with which every declaration begins.
    pub(super) fn opening(&mut self, ordinal: u64) {
        let (kind, from) = (self.kind(), self.from());
        self.text("guid", &from.id(kind, ordinal, false));
        self.texts(&[("appType", "1"), ("appTime", &from.sent_at(kind).ceb14()), ("appStatus", "2")]);
    }

    /// Total of split messages and the number of this one.
    pub(super) fn split(&mut self) {
        self.count("msgCount", self.run.messages());
        self.count("msgSeqNo", self.number);
    }

    /// Quantity in a statutory unit: kilograms where it is `035`, else pieces.
    pub(super) fn statutory(&mut self, name: &str, line: &Line, unit: &str) {
        if unit == "035" {
            self.decimal(name, line.goods.net_grams * line.quantity, 3);
        } else {
            self.decimal(name, line.quantity, 0);
        }
    }
}

/// True for types that the specification wants signed when they are declared.
fn is_signed(kind: MessageType) -> bool {
    matches!(kind, Ceb509 | Ceb603 | Ceb605 | Ceb607 | Ceb621 | Ceb623 | Ceb625 | Ceb701 | Ceb711)
}
