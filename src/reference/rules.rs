//! The page of the rules, made from the catalogue.

use crate::rules::catalogue::{self, Known};
use std::fmt::Write as _;

/// What rule ids begin with, and what these rules are about, in the order of the page.
const SECTIONS: &[(&str, &str)] = &[
    ("R-SCH", "报文 · messages"),
    ("R-COD", "代码表 · code lists"),
    ("R-INV", "清单字段 · fields of lists"),
    ("R-DXP", "信封 · envelopes"),
    ("R-SIG", "签名 · signatures"),
    ("R-ST", "状态 · life cycle"),
    ("R-M3", "三单对碰 · three-document match"),
    ("R-LIMIT", "限额 · limits"),
    ("R-LIST", "正面清单 · positive list"),
    ("R-TAX-", "税款 · tax"),
    ("R-ENT", "企业 · enterprises"),
    ("R-PRD", "商品与账册 · products and account books"),
    ("R-ID", "身份 · identity"),
    ("R-RET", "退货 · returns"),
    ("R-EXP", "出口 · export"),
    ("R-RISK", "风险与查验 · risk and inspection"),
    ("R-AGY", "部门协同与稽核 · agencies together and post-audit"),
    ("R-CRED", "信用 · credit"),
    ("R-TRACE", "质量追溯 · tracing"),
    ("R-PAY", "支付原始数据 · raw payment data"),
    ("R-FX", "外汇 · foreign exchange"),
    ("R-TAXREF", "退税 · tax refund"),
    ("R-REF", "外综服 · comprehensive-service firms"),
    ("R-WH", "仓储 · warehouses"),
    ("R-PARCEL", "包裹状态 · parcel status"),
    ("R-TAB", "参数表 · dated tables"),
];

/// The page: every rule by section; at the end those that are not enforced, and why.
#[must_use]
pub fn rules_page() -> String {
    let mut out = String::from(
        "# Rules · 规则\n\nMade by `swx docs rules`; do not edit by hand. `swx rules ID` prints one with its dates and figures.\n\
         Marks: S sourced, G general knowledge that no source confirmed, D proposed here. *Where*: by the schema, on the\n\
         message alone, when the entry is applied, or by a part of the program.\n",
    );
    let (enforced, rest): (Vec<&Known>, Vec<&Known>) =
        catalogue::all().iter().partition(|known| known.enforced != catalogue::Enforced::Not);
    for &(prefix, title) in SECTIONS {
        section(&mut out, title, enforced.iter().copied().filter(|known| known.id.starts_with(prefix)));
    }
    let line = "\n## 未实现 · not enforced, and why\n\n| id | 规则 | rule | why |\n|---|---|---|---|\n";
    out.push_str(line);
    for known in rest {
        writeln!(out, "| {} | {} | {} | {} |", known.id, known.zh, known.en, known.reason)
            .expect("a string takes text");
    }
    out
}

fn section<'a>(out: &mut String, title: &str, rules: impl Iterator<Item = &'a Known>) {
    let head = "| id | 规则 | rule | source | where | parameters | note |\n|---|---|---|---|---|---|---|";
    writeln!(out, "\n## {title}\n\n{head}").expect("a string takes text");
    for known in rules {
        let parameters: Vec<String> = known.parameters.iter().map(|name| format!("`{name}`")).collect();
        let note = [known.example.as_str(), known.reason.as_str()].into_iter().filter(|text| !text.is_empty());
        writeln!(
            out,
            "| {} | {} | {} | {} [{}] | {}{} | {} | {} |",
            known.id,
            known.zh,
            known.en,
            known.source,
            known.mark,
            known.enforced.name().1,
            if known.place.is_empty() { String::new() } else { format!(" (`{}`)", known.place) },
            parameters.join(", "),
            note.collect::<Vec<_>>().join("; "),
        )
        .expect("a string takes text");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_stands_on_the_page_once() {
        let page = rules_page();
        for known in catalogue::all() {
            let rows = page.lines().filter(|line| line.starts_with(&format!("| {} |", known.id))).count();
            assert_eq!(rows, 1, "{}", known.id);
        }
    }
}
