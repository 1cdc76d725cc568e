//! Which scheme an export list may use, and what is missing for it.

use super::apply::standing_at;
use super::index::value;
use super::{Evidence, ListRow, Standing, evidence_key, list_key};
use crate::domain::{Amount, DocRef, Field, MessageType, Timestamp};
use crate::state::cells::{Cells, StateError, load};
use crate::state::facts::Facts;
use crate::state::life::DocState;
use crate::state::query;
use crate::state::registry::Registry;
use crate::state::store::Table;
use crate::tables::{Parameter, Tables};

/// One whole, in units of [`Amount`].
const ONE: i128 = 100_000;
/// One hundredth, in units of [`Amount`].
const CENT: i128 = 1_000;
/// Documents of a list's number among which its declaration is looked for.
const NAMED_MAX: usize = 64;

/// A scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Refund of a general taxpayer.
    Normal,
    /// 无票免税.
    Exempt,
    /// Income tax by a deemed rate.
    Deemed,
}

/// Whether a list may use a scheme.
#[derive(Debug, Clone)]
pub(crate) struct SchemeResult {
    pub scheme: Scheme,
    /// Why not: rule, Chinese, English; none if it may.
    pub reasons: Vec<(&'static str, String, String)>,
}

/// What a list may use.
#[derive(Debug, Clone)]
pub(crate) struct Eligibility {
    pub row: ListRow,
    pub facts: Facts,
    pub invt_no: String,
    pub status: i32,
    pub schemes: Vec<SchemeResult>,
    /// Line and name of fields of the six that are missing; line 0 is the list itself.
    pub missing: Vec<(u32, &'static str)>,
    /// Customs declaration that it was consolidated into; empty if none.
    pub entry_id: String,
    /// Refund by the evidence, CNY; empty without evidence or right.
    pub refund: String,
    pub value: String,
    pub currency: String,
}

impl Eligibility {
    /// True if the list may use a scheme.
    pub(crate) fn may(&self, scheme: Scheme) -> bool {
        self.schemes.iter().any(|result| result.scheme == scheme && result.reasons.is_empty())
    }
}

/// A part of an amount, half up to 0.01.
fn part(amount: Amount, rate: Amount) -> Amount {
    let units = amount.0.saturating_mul(rate.0) / ONE;
    Amount((units + CENT / 2) / CENT * CENT)
}

/// Deemed income of sales, and the income tax on it (R-TAXREF-03), both half up to 0.01.
///
/// Example: sales of 1,000,000 at 4 % are an income of 40,000, taxed at 25 % with 10,000.
pub(crate) fn deemed(tables: &Tables, sales: Amount, at: Timestamp) -> (Amount, Amount) {
    let income = part(sales, tables.amount(Parameter::DeemedIncomeRate, at));
    (income, part(income, tables.amount(Parameter::IncomeTaxRate, at)))
}

type Reasons = Vec<(&'static str, String, String)>;

fn because(reasons: &mut Reasons, holds: bool, rule: &'static str, zh: &str, en: &str) {
    if holds {
        reasons.push((rule, zh.to_owned(), en.to_owned()));
    }
}

/// What an export list may use; `None` if it is no export list.
pub(crate) fn eligibility(
    cells: &impl Cells,
    registry: &Registry,
    tables: &Tables,
    at: DocRef,
    now: Timestamp,
) -> Result<Option<Eligibility>, StateError> {
    let Some(state) = load::<DocState>(cells, Table::Document, &at.key())? else { return Ok(None) };
    if state.kind != MessageType::Ceb603 as i32 {
        return Ok(None);
    }
    let Some(facts) = query::facts(cells, at)? else { return Ok(None) };
    let row: Option<ListRow> = load(cells, Table::Forex, &list_key(at))?;
    let exported = row.as_ref().map_or(now, |row| Timestamp(row.released_ms));
    let seller = registry.of_code(&facts.keys.ebc_code);
    let standing = match seller {
        Some((id, _)) => standing_at(cells, id, exported.0)?,
        None => None,
    };
    let standing = standing.unwrap_or_default();
    let evidence: Evidence = load(cells, Table::Forex, &evidence_key(at))?.unwrap_or_default();
    let entry_id = declaration(cells, &state.customs_no)?;
    let missing = missing(&facts, row.is_some());
    let normal = normal(&facts, &standing, &evidence, &entry_id, tables, exported);
    let conditions = zone_conditions(&facts, &standing, &missing, tables, exported);
    let mut exempt = conditions.clone();
    let mut income = conditions;
    let off = ("政策未施行", "is not in force");
    because(&mut exempt, !tables.switch(Parameter::NoInvoiceExemption, exported), "R-TAXREF-02", off.0, off.1);
    let invoiced = !evidence.invoice_no.is_empty();
    let text = ("已取得增值税专用发票", "has a VAT special invoice");
    because(&mut exempt, invoiced, "R-TAXREF-02", text.0, text.1);
    because(&mut income, !tables.switch(Parameter::DeemedIncome, exported), "R-TAXREF-03", off.0, off.1);
    let refund = if normal.is_empty() {
        let of = |text: &str| Amount::parse(text).unwrap_or_default();
        part(of(&evidence.invoice_amount), of(&evidence.refund_rate)).to_string()
    } else {
        String::new()
    };
    let (value, currency) = value(&facts);
    Ok(Some(Eligibility {
        value: value.to_string(),
        currency: currency.to_owned(),
        row: row.unwrap_or_default(),
        invt_no: state.customs_no,
        status: state.status,
        schemes: vec![
            SchemeResult { scheme: Scheme::Normal, reasons: normal },
            SchemeResult { scheme: Scheme::Exempt, reasons: exempt },
            SchemeResult { scheme: Scheme::Deemed, reasons: income },
        ],
        missing,
        entry_id,
        refund,
        facts,
    }))
}

/// The number of the declaration that a list was consolidated into: 792 gives it.
fn declaration(cells: &impl Cells, invt_no: &str) -> Result<String, StateError> {
    if invt_no.is_empty() {
        return Ok(String::new());
    }
    for other in query::documents_with_number(cells, invt_no, DocRef::default(), NAMED_MAX)? {
        let state: Option<DocState> = load(cells, Table::Document, &other.key())?;
        if state.is_some_and(|state| state.is_live() && state.kind == MessageType::Ceb792 as i32)
            && let Some(facts) = query::facts(cells, other)?
            && !facts.value(Field::EntryId).is_empty()
        {
            return Ok(facts.value(Field::EntryId).to_owned());
        }
    }
    Ok(String::new())
}

/// Which of the six fields of R-TAXREF-02 are missing: export date, name, unit, quantity, price, amount.
fn missing(facts: &Facts, released: bool) -> Vec<(u32, &'static str)> {
    let mut missing = Vec::new();
    if !released {
        missing.push((0, "exportDate"));
    }
    for line in &facts.lines {
        let none = |text: &str| Amount::parse(text).is_none_or(|amount| amount.0 <= 0);
        let parts = [
            ("name", line.name.is_empty() && line.value(Field::Gname).is_empty()),
            ("unit", line.unit.is_empty()),
            ("quantity", none(&line.qty)),
            ("unitPrice", none(&line.price)),
            ("amount", none(&line.total)),
        ];
        missing.extend(parts.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| (line.gnum, name)));
    }
    missing
}

/// R-TAXREF-01 and R-REF-04.
fn normal(
    facts: &Facts,
    standing: &Standing,
    evidence: &Evidence,
    entry_id: &str,
    tables: &Tables,
    exported: Timestamp,
) -> Reasons {
    let mut reasons = Reasons::new();
    let simplified = facts.keys.statistics_flag != "B";
    let mut needs = |holds: bool, rule: &'static str, zh: &str, en: &str| because(&mut reasons, !holds, rule, zh, en);
    needs(!simplified, "R-REF-04", "简化申报（A类）清单不予退税", "a list of type A carries no refund");
    needs(simplified || !entry_id.is_empty(), "R-REF-04", "尚未汇总为报关单", "is in no customs declaration yet");
    needs(standing.general_taxpayer, "R-TAXREF-01", "不是一般纳税人", "the seller is no general taxpayer");
    needs(standing.refund_filed, "R-TAXREF-01", "未办理出口退（免）税备案", "the seller is not filed for refunds");
    needs(!evidence.invoice_no.is_empty(), "R-TAXREF-01", "缺少增值税专用发票", "there is no VAT special invoice");
    let year: u32 = exported.ceb8().get(..4).and_then(|year| year.parse().ok()).unwrap_or_default();
    let day = tables.text(Parameter::RefundMoneyDeadline, exported).replace('-', "");
    let until = format!("{}{day}", year + 1);
    let received = !evidence.received_day.is_empty() && evidence.received_day <= until;
    needs(received, "R-TAXREF-01", "未在规定期限内收汇", "the money did not come in time");
    reasons.extend(not_refunded(facts, "R-TAXREF-01", tables, exported));
    reasons
}

/// What R-TAXREF-02 and R-TAXREF-03 have in common.
fn zone_conditions(
    facts: &Facts,
    standing: &Standing,
    missing: &[(u32, &'static str)],
    tables: &Tables,
    exported: Timestamp,
) -> Reasons {
    let mut reasons = Reasons::new();
    let rule = "R-TAXREF-02";
    let text = ("未在综合试验区注册", "the seller is not registered in a pilot zone");
    because(&mut reasons, !standing.zone_registered, rule, text.0, text.1);
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|(line, name)| format!("[{line}]{name}")).collect();
        let names = names.join(", ");
        reasons.push((rule, format!("登记信息不全：{names}"), format!("of the six fields are missing: {names}")));
    }
    reasons.extend(not_refunded(facts, rule, tables, exported));
    reasons
}

/// Goods that get neither refund nor exemption.
fn not_refunded(facts: &Facts, rule: &'static str, tables: &Tables, exported: Timestamp) -> Reasons {
    let denied = facts.lines.iter().filter(|line| tables.no_refund(line.value(Field::Gcode), exported).is_some());
    denied
        .map(|line| {
            let code = line.value(Field::Gcode);
            let zh = format!("第{}项商品{code}属于不予退（免）税范围", line.gnum);
            (rule, zh, format!("goods {code} of line {} get neither refund nor exemption", line.gnum))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_taxref_03_a_million_of_sales_is_an_income_of_forty_thousand() {
        let at = Timestamp::parse_ceb("20260501").expect("a day");
        let of = |text: &str| Amount::parse(text).expect("a decimal");
        let (income, tax) = deemed(&Tables::shipped(), of("1000000"), at);
        assert_eq!((income, tax), (of("40000"), of("10000")));
        assert_eq!(deemed(&Tables::shipped(), of("0.13"), at).0, of("0.01"), "half up");
    }
}
