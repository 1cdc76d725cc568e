//! What customs sends on its own account: tax bills (CEB816), their status (CEB818), consolidation results (CEB792).

use super::content::{Content, Line};
use super::customs_no;
use crate::domain::{Amount, Field, Keys, MessageType, Timestamp};
use crate::receipt::guid_of;
use crate::sample::GOODS;
use std::sync::Arc;

/// Value-added tax of goods that the catalogue of samples does not have, in percent.
const VAT_PERCENT: i128 = 13;
/// Units of an amount in a fen.
const FEN: i128 = 1_000;
/// Lines of a tax bill (R-SCH-02).
const BILL_LINES_MAX: usize = 99;

/// The tax bill of a released list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxBill {
    /// Number of the bill.
    pub tax_no: String,
    /// Number of the list.
    pub invt_no: String,
    /// Id of its document and message.
    guid: String,
    keys: Arc<Keys>,
    at: Timestamp,
    lines: Vec<Tax>,
}

/// What became of a tax bill: it is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxStatus {
    /// Number of the bill.
    pub tax_no: String,
    /// Number of the list.
    pub invt_no: String,
    guid: String,
    assure_code: String,
    office: String,
    at: Timestamp,
}

/// The taxes of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tax {
    gnum: u32,
    gcode: String,
    dutiable: Amount,
    consumption: Amount,
    vat: Amount,
}

impl TaxBill {
    /// The bill of a list; `None` if its lines are not to be had.
    pub(super) fn of_list(
        keys: &Arc<Keys>,
        invt_no: &str,
        content: &Content,
        id: &[u8],
        at: Timestamp,
    ) -> Option<TaxBill> {
        let lines = taxes(content);
        (!lines.is_empty()).then(|| TaxBill {
            tax_no: tax_no(invt_no),
            invt_no: invt_no.to_owned(),
            guid: guid_of(&[b"customs-sim/816", id]),
            keys: Arc::clone(keys),
            at,
            lines,
        })
    }

    /// The message, CEB816.
    #[must_use]
    pub fn xml(&self) -> String {
        let keys = &self.keys;
        let mut xml = Xml::open(MessageType::Ceb816, &self.guid);
        xml.within("Tax", |xml| {
            xml.within("TaxHeadRd", |xml| {
                xml.text("guid", &self.guid);
                xml.text("returnTime", &self.at.ceb17());
                xml.text("invtNo", &self.invt_no);
                xml.text("taxNo", &self.tax_no);
                xml.taxes(&self.lines);
                xml.text("status", "1");
                xml.given("assureCode", &keys.assure_code);
                xml.given("ebcCode", &keys.ebc_code);
                xml.given("logisticsCode", &keys.logistics_code);
                xml.given("agentCode", &keys.agent_code);
                xml.given("customsCode", &keys.customs_code);
            });
            for line in &self.lines {
                xml.within("TaxListRd", |xml| {
                    xml.text("gnum", &line.gnum.to_string());
                    xml.text("gcode", &line.gcode);
                    xml.text("taxPrice", &line.dutiable.to_string());
                    xml.taxes(std::slice::from_ref(line));
                });
            }
        });
        xml.close(MessageType::Ceb816)
    }

    /// Its status once it is paid.
    pub(super) fn paid(&self, id: &[u8], at: Timestamp) -> TaxStatus {
        TaxStatus {
            tax_no: self.tax_no.clone(),
            invt_no: self.invt_no.clone(),
            guid: guid_of(&[b"customs-sim/818", id]),
            assure_code: self.keys.assure_code.clone(),
            office: self.keys.customs_code.clone(),
            at,
        }
    }
}

impl TaxStatus {
    /// The message, CEB818.
    #[must_use]
    pub fn xml(&self) -> String {
        let mut xml = Xml::open(MessageType::Ceb818, &self.guid);
        xml.within("Tax", |xml| {
            xml.within("TaxHeadStatus", |xml| {
                xml.text("guid", &self.guid);
                xml.text("returnTime", &self.at.ceb17());
                xml.text("invtNo", &self.invt_no);
                xml.text("taxNo", &self.tax_no);
                xml.text("status", "2");
                xml.text("entDutyNo", &format!("{}{}-01", self.office, self.at.ceb8()));
                xml.given("assureCode", &self.assure_code);
            });
        });
        xml.close(MessageType::Ceb818)
    }
}

/// The number of the bill of a list.
fn tax_no(invt_no: &str) -> String {
    format!("{invt_no}T1")
}

/// The comprehensive tax of each line: 70 % of consumption tax and VAT, each rounded half up to the fen. Freight and
/// insurance go to the lines by value in whole fen, the last one takes the rest. Rates are those of the catalogue of samples.
///
/// Source: domain rules 4.2, R-TAX-03, R-TAX-05.
fn taxes(content: &Content) -> Vec<Tax> {
    let lines: Vec<&Line> =
        content.lines().iter().filter(|line| line.gcode.chars().count() == 10).take(BILL_LINES_MAX).collect();
    let sum: i128 = lines.iter().map(|line| line.total.0).sum();
    let costs = content.amount(Field::Freight).plus(content.amount(Field::InsuredFee)).0;
    let mut left = costs;
    let mut taxes = Vec::with_capacity(lines.len());
    for (place, line) in lines.iter().enumerate() {
        let share =
            if place + 1 == lines.len() { left } else { costs.saturating_mul(line.total.0) / sum.max(1) / FEN * FEN };
        left -= share;
        let dutiable = (line.total.0 + share).max(0);
        let goods = GOODS.iter().find(|goods| goods.commodity == line.gcode);
        let vat = goods.map_or(VAT_PERCENT, |goods| i128::from(goods.vat_percent));
        let consumption = goods.map_or(0, |goods| i128::from(goods.consumption_percent));
        // Consumption tax is D·c/(1−c), VAT (D + consumption tax)·v = D·v/(1−c); percent and 70 % as whole numbers.
        let by = 10 * (100 - consumption) * FEN;
        let tax = |percent: i128| {
            let number = dutiable.saturating_mul(percent * 7);
            Amount((2 * number + by) / (2 * by) * FEN)
        };
        taxes.push(Tax {
            gnum: line.gnum,
            gcode: line.gcode.clone(),
            dutiable: Amount(dutiable),
            consumption: tax(consumption),
            vat: tax(vat),
        });
    }
    taxes
}

/// The result of a consolidation request, or of one part of it, once its lists are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consolidation {
    /// Number of the consolidation.
    pub sum_no: String,
    /// Numbers of the lists.
    pub lists: Vec<String>,
    guid: String,
    keys: Arc<Keys>,
    content: Content,
    at: Timestamp,
}

/// A list that a consolidation takes in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListOfConsolidation {
    /// Its number.
    pub invt_no: String,
    /// Its element as it was sent; empty if it is not known here.
    pub xml: String,
}

impl Consolidation {
    /// The result of a request.
    pub(super) fn of_request(
        keys: &Arc<Keys>,
        sum_no: &str,
        content: &Content,
        id: &[u8],
        at: Timestamp,
    ) -> Option<Consolidation> {
        let named = content.lines().iter().map(|line| line.invt_no.clone()).filter(|number| !number.is_empty());
        let lists: Vec<String> = named.collect();
        (!lists.is_empty()).then(|| Consolidation {
            sum_no: sum_no.to_owned(),
            lists,
            guid: guid_of(&[b"customs-sim/792", id]),
            keys: Arc::clone(keys),
            content: content.clone(),
            at,
        })
    }

    /// The message, CEB792: one declaration over all lists of the request.
    #[must_use]
    pub fn xml(&self, lists: &[ListOfConsolidation]) -> String {
        let read = |list: &ListOfConsolidation| Content::read(MessageType::Ceb603, &list.xml);
        let lists: Vec<(&str, Content)> = lists.iter().map(|list| (list.invt_no.as_str(), read(list))).collect();
        let weight = |field: Field| {
            lists.iter().fold(Amount::default(), |sum, (_, content)| sum.plus(content.amount(field))).to_string()
        };
        let mut xml = Xml::open(MessageType::Ceb792, &self.guid);
        xml.within("SummaryResult", |xml| {
            xml.within("SummaryResultHead", |xml| {
                self.head(xml);
                xml.text("grossWeight", &weight(Field::GrossWeight));
                xml.text("netWeight", &weight(Field::NetWeight));
                let one = |text: &str| if text.is_empty() { "1".to_owned() } else { text.to_owned() };
                xml.text("msgCount", &one(self.content.head(Field::MsgCount)));
                xml.text("msgSeqNo", &one(self.content.head(Field::MsgSeqNo)));
            });
            let mut sequence = 0_u32;
            for (invt_no, content) in &lists {
                for line in content.lines().iter().filter(|line| line.gcode.chars().count() == 10) {
                    sequence = sequence.saturating_add(1);
                    xml.within("SummaryResultList", |xml| {
                        xml.text("invtNo", invt_no);
                        xml.text("logisticsNo", content.head(Field::LogisticsNo));
                        xml.text("gseqno", &(sequence % 100_000).to_string());
                        xml.text("gnum", &(line.gnum % 100_000).to_string());
                        xml.text("gcode", &line.gcode);
                    });
                }
            }
        });
        xml.close(MessageType::Ceb792)
    }

    fn head(&self, xml: &mut Xml) {
        let (keys, content) = (&self.keys, &self.content);
        xml.text("guid", &self.guid);
        xml.text("customsCode", &keys.customs_code);
        xml.text("sumNo", &self.sum_no);
        xml.text("opDate", &self.at.ceb17());
        xml.text("declSeqNo", &customs_no::decl_seq_no(keys, &self.sum_no));
        xml.text("entryId", &customs_no::entry_id(keys, &self.sum_no));
        xml.text("decState", "1");
        xml.text("agentCode", &keys.agent_code);
        xml.text("agentName", content.head(Field::AgentName));
        xml.text("ebcCode", &keys.ebc_code);
        xml.text("ebcName", content.head(Field::EbcName));
        xml.text("declAgentCode", content.head(Field::DeclAgentCode));
        xml.text("declAgentName", content.head(Field::DeclAgentName));
    }
}

/// A message of customs, with the default namespace as published samples have it.
struct Xml(String);

impl Xml {
    fn open(kind: MessageType, guid: &str) -> Xml {
        let root = kind.root_name();
        Xml(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} guid=\"{guid}\" version=\"1.0\" \
             xmlns=\"http://www.chinaport.gov.cn/ceb\">\n"
        ))
    }

    fn within(&mut self, name: &str, inner: impl FnOnce(&mut Xml)) {
        self.0.push_str(&format!("<{name}>"));
        inner(self);
        self.0.push_str(&format!("</{name}>\n"));
    }

    fn text(&mut self, name: &str, value: &str) {
        let value = quick_xml::escape::escape(value);
        self.0.push_str(&format!("<{name}>{value}</{name}>"));
    }

    /// An element; nothing for an empty value.
    fn given(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.text(name, value);
        }
    }

    /// The sums of taxes. Within the limits of one sale there is no customs duty.
    fn taxes(&mut self, lines: &[Tax]) {
        let sum =
            |of: fn(&Tax) -> Amount| lines.iter().fold(Amount::default(), |sum, line| sum.plus(of(line))).to_string();
        self.text("customsTax", "0");
        self.text("valueAddedTax", &sum(|line| line.vat));
        self.text("consumptionTax", &sum(|line| line.consumption));
    }

    fn close(mut self, kind: MessageType) -> String {
        self.0.push_str(&format!("</{}>\n", kind.root_name()));
        self.0
    }
}
