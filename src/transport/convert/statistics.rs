//! Facts for statistics on their way out.

use super::outgoing::time;
use crate::feed::{Facts, Posted, PostedFigures};
use crate::pb::v1 as pb;

/// Facts of a list with what they count.
pub(super) fn statistics(facts: &Facts) -> pb::StatisticsRecord {
    let head = |name: &str| value(&facts.head, name);
    pb::StatisticsRecord {
        ie_flag: head("ieFlag"),
        trade_mode: head("tradeMode"),
        customs_code: head("customsCode"),
        port_code: head("portCode"),
        decl_time: head("declTime"),
        traf_mode: head("trafMode"),
        country: head("country"),
        ebp_code: head("ebpCode"),
        ebc_code: head("ebcCode"),
        agent_code: head("agentCode"),
        currency: head("currency"),
        freight: head("freight"),
        insured_fee: head("insuredFee"),
        gross_weight: head("grossWeight"),
        net_weight: head("netWeight"),
        lines: facts.lines.iter().map(|line| statistics_line(line)).collect(),
        postings: facts.postings.iter().map(posting).collect(),
    }
}

fn posting(posted: &Posted) -> pb::StatisticsPosting {
    let figures = |figures: &PostedFigures| pb::StatisticsFigures {
        gnum: figures.gnum,
        gcode: figures.gcode.clone(),
        country: figures.country.clone(),
        qty: figures.qty.clone(),
        unit: figures.unit.clone(),
        qty1: figures.qty1.clone(),
        unit1: figures.unit1.clone(),
        qty2: figures.qty2.clone(),
        unit2: figures.unit2.clone(),
        value: figures.value.clone(),
        currency: figures.currency.clone(),
    };
    pb::StatisticsPosting {
        measure: posted.measure,
        kind: posted.kind,
        time: Some(time(posted.at)),
        figures: posted.figures.iter().map(figures).collect(),
    }
}

fn statistics_line(line: &[(&'static str, String)]) -> pb::StatisticsLine {
    let field = |name: &str| value(line, name);
    pb::StatisticsLine {
        gnum: field("gnum").parse().unwrap_or(0),
        gcode: field("gcode"),
        gname: field("gname"),
        country: field("country"),
        qty: field("qty"),
        unit: field("unit"),
        qty1: field("qty1"),
        unit1: field("unit1"),
        qty2: field("qty2"),
        unit2: field("unit2"),
        total_price: field("totalPrice"),
        currency: field("currency"),
    }
}

fn value(fields: &[(&'static str, String)], name: &str) -> String {
    fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone()).unwrap_or_default()
}
