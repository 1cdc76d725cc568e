//! Tells what a made-up customs does: for people in Chinese and English, for programs as JSON.

use super::super::paint::{Paint, pad, safe};
use super::super::{json, show};
use crate::domain::{Clock, Effect, Keys, SystemClock, status};
use crate::rehearsal::Happening;
use crate::simulator::{Act, Answer, Fault, Scenario, Summary, Task, wait_text};
use crate::transport::convert;
use serde_json::{Map, Value, json};
use std::io;

/// Writes lines to standard output.
pub(super) struct Voice {
    pub(super) paint: Paint,
    pub(super) json: bool,
    pub(super) quiet: bool,
}

impl Voice {
    /// Says which scenario runs.
    pub(super) fn begin(&mut self, name: &str, scenario: &Scenario) -> io::Result<()> {
        if self.json || self.quiet {
            return Ok(());
        }
        let rates = &scenario.rates;
        let share = |share: crate::simulator::PerMille| share.of_a_thousand().to_string();
        let paint = self.paint;
        paint.line(format!(
            "{}  {}",
            paint.bold(&format!("customs simulator · 海关模拟器  {}", safe(name))),
            paint.dim(&format!(
                "seed {}, of 1000: release {} inspect {} reject {}, {} rule(s), steps of {} to {}{}",
                scenario.seed,
                share(rates.release),
                share(rates.inspect),
                share(rates.reject),
                scenario.rules.len(),
                wait_text(scenario.delay.min_ms),
                wait_text(scenario.delay.max_ms),
                if scenario.speed > 1 { format!(", {} times faster", scenario.speed) } else { String::new() }
            ))
        ))
    }

    /// Says what happened.
    pub(super) fn say(&mut self, happening: &Happening<'_>) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        if self.json {
            return self.paint.line(as_json(happening).to_string());
        }
        let paint = self.paint;
        let (task, end) = match happening {
            Happening::Sent(task, answer) => (task, effect_text(paint, answer)),
            Happening::Lost(task) => (task, paint.yellow("… 未发出 not sent")),
            Happening::Trouble(task, trouble, again) => {
                let what = if *again { "↻ 稍后重发 tried again" } else { "✗ 未发出 not sent" };
                (task, format!("{}  {}", paint.red(what), safe(&trouble.to_string())))
            }
        };
        paint.line(line(paint, task, &end))
    }

    /// The summary.
    pub(super) fn end(&mut self, summary: &Summary, open: usize) -> io::Result<()> {
        if self.json {
            return self.paint.line(json!({ "summary": summary_json(summary, open) }).to_string());
        }
        let paint = self.paint;
        let by_status: Vec<String> = summary
            .applied
            .iter()
            .map(|(code, count)| format!("{} × {count}", show::status_text(paint, *code)))
            .collect();
        paint.line("")?;
        paint.line(format!(
            "{}  {} documents · 单证, {} decisions · 决定, {} notices · 通知",
            paint.bold("Summary · 小结"),
            summary.documents,
            summary.decisions(),
            summary.notices
        ))?;
        paint.line(format!("  applied · 生效          {}", by_status.join(", ")))?;
        let faults: Vec<String> = FAULTS
            .iter()
            .filter(|fault| summary.fault(**fault) > 0)
            .map(|fault| {
                let (zh, en) = fault.name();
                format!("{zh} {en} {}", summary.fault(*fault))
            })
            .collect();
        if !faults.is_empty() {
            paint.line(format!("  faults · 故障           {}", faults.join(", ")))?;
        }
        for (label, count) in [
            ("there before · 已有相同 ", summary.there_before),
            ("without effect · 未生效 ", summary.without_effect),
            ("by a rule · 按规则      ", summary.by_rule),
            ("withdrawn · 已撤换      ", summary.withdrawn),
            ("unfinished · 未完成     ", u64::try_from(open).unwrap_or(u64::MAX)),
        ] {
            if count > 0 {
                paint.line(format!("  {label}{count}"))?;
            }
        }
        if summary.unexpected > 0 {
            let text = format!("  not as planned · 意外    {}", summary.unexpected);
            paint.line(paint.red(&text))?;
        }
        Ok(())
    }
}

/// Every fault, in the order of the summary.
const FAULTS: [Fault; 7] = [
    Fault::Lost,
    Fault::Recovered,
    Fault::Repeated,
    Fault::RepeatedLate,
    Fault::OutOfOrder,
    Fault::UnknownStatus,
    Fault::UnknownDocument,
];

fn line(paint: Paint, task: &Task, end: &str) -> String {
    let (title_zh, title_en) = show::title(task.kind);
    let of = |tax_no: &str, invt_no: &str| Keys {
        tax_no: tax_no.to_owned(),
        invt_no: invt_no.to_owned(),
        ..Keys::default()
    };
    let (what, keys) = match &task.planned.act {
        Act::Decide(decision) => (show::status_text(paint, decision.status), decision.brief_keys()),
        Act::TaxBill(bill) => ("816 电子税单 tax bill".to_owned(), of(&bill.tax_no, &bill.invt_no)),
        Act::TaxStatus(paid) => ("818 税单已缴 tax paid".to_owned(), of(&paid.tax_no, &paid.invt_no)),
        Act::Consolidate(result) => {
            let keys = Keys { sum_no: result.sum_no.clone(), ..Keys::default() };
            ("792 汇总结果 consolidated".to_owned(), keys)
        }
    };
    let fault = task.planned.fault.map(|fault| {
        let (zh, en) = fault.name();
        format!("  {}", paint.yellow(&format!("[{zh} {en}]")))
    });
    format!(
        "{}  {}  {what}  {}  {end}{}",
        paint.dim(&now()),
        pad(&format!("{} {title_zh} {title_en}", task.kind), 16),
        paint.cyan(&show::keys(Some(&convert::keys(&keys)))),
        fault.unwrap_or_default()
    )
}

/// `yyyy-MM-dd HH:MM:SS.mmm` in UTC+8.
fn now() -> String {
    SystemClock.now().to_string().get(..23).map_or_else(String::new, |text| text.replace('T', " "))
}

fn effect_text(paint: Paint, answer: &Answer) -> String {
    let effect = match answer.effect {
        Some(Effect::Applied) => paint.green("✓ 已生效 applied"),
        Some(Effect::Repeated) => paint.dim("= 已有相同 there before"),
        Some(Effect::Ignored) => paint.yellow("– 未生效 without effect"),
        Some(Effect::UnknownDocument) => paint.yellow("– 无此单证 no such document"),
        Some(Effect::ForeignOffice) => paint.red("✗ 非本关区 another office's"),
        Some(Effect::Rejected) => paint.red("✗ 被拒 refused"),
        Some(Effect::None) | None => paint.red("? 无答复 no result"),
    };
    if answer.why.0.is_empty() && answer.why.1.is_empty() {
        return effect;
    }
    format!("{effect}  {} · {}", safe(&answer.why.0), safe(&answer.why.1))
}

fn as_json(happening: &Happening<'_>) -> Value {
    let (task, mut object) = match happening {
        Happening::Sent(task, answer) => (task, object("sent", answered(answer))),
        Happening::Lost(task) => (task, object("lost", Map::new())),
        Happening::Trouble(task, trouble, again) => {
            let fields = [("again", json!(again)), ("trouble", json!(trouble.to_string()))];
            (task, object("trouble", fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()))
        }
    };
    object.insert("message_type".to_owned(), json!(task.kind));
    object.insert("keys".to_owned(), json::keys(&convert::keys(&task.keys)));
    match &task.planned.act {
        Act::Decide(decision) => {
            object.insert("status".to_owned(), json!(decision.status));
            object.insert("status_zh".to_owned(), json!(status::name(decision.status).0));
            object.insert("status_en".to_owned(), json!(status::name(decision.status).1));
            object.insert("info".to_owned(), json!(decision.info));
            object.insert("decision_id".to_owned(), json!(decision.guid));
        }
        Act::TaxBill(bill) => {
            object.insert("notice".to_owned(), json!(816));
            object.insert("tax_no".to_owned(), json!(bill.tax_no));
        }
        Act::TaxStatus(paid) => {
            object.insert("notice".to_owned(), json!(818));
            object.insert("tax_no".to_owned(), json!(paid.tax_no));
        }
        Act::Consolidate(result) => {
            object.insert("notice".to_owned(), json!(792));
            object.insert("sum_no".to_owned(), json!(result.sum_no));
        }
    }
    if let Some(fault) = task.planned.fault {
        object.insert("fault".to_owned(), json!(fault.code()));
    }
    Value::Object(object)
}

fn object(what: &str, mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.insert("happening".to_owned(), json!(what));
    fields
}

fn answered(answer: &Answer) -> Map<String, Value> {
    let effect = match answer.effect {
        Some(Effect::Applied) => "applied",
        Some(Effect::Repeated) => "repeated",
        Some(Effect::Ignored) => "ignored",
        Some(Effect::UnknownDocument) => "unknown_document",
        Some(Effect::ForeignOffice) => "foreign_office",
        Some(Effect::Rejected) => "rejected",
        Some(Effect::None) | None => "none",
    };
    let mut fields = Map::new();
    fields.insert("effect".to_owned(), json!(effect));
    if !answer.why.1.is_empty() {
        fields.insert("message_zh".to_owned(), json!(answer.why.0));
        fields.insert("message_en".to_owned(), json!(answer.why.1));
    }
    fields
}

fn summary_json(summary: &Summary, open: usize) -> Value {
    let applied: Map<String, Value> =
        summary.applied.iter().map(|(code, count)| (code.to_string(), json!(count))).collect();
    json!({
        "documents": summary.documents,
        "by_rule": summary.by_rule,
        "withdrawn": summary.withdrawn,
        "decisions": summary.decisions(),
        "applied": applied,
        "there_before": summary.there_before,
        "without_effect": summary.without_effect,
        "faults": summary.faults,
        "notices": summary.notices,
        "unexpected": summary.unexpected,
        "unfinished": open,
    })
}
