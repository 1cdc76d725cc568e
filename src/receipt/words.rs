//! Events and open matches in words, Chinese and English.

use crate::domain::{Event, EventKind, MessageType, Waiting, status};

/// Shown in the place of a personal value that is not the reader's.
pub(super) const MASK: &str = "***";

/// What a list waits for, in Chinese and English. Values are shown as they stand in it: mask or fill in
/// personal ones before.
#[must_use]
pub fn waiting_text(waiting: &Waiting) -> (String, String) {
    let (left_zh, left_en) = MessageType::of_number(waiting.left_type).document_title();
    let field = &waiting.field;
    if field.is_empty() {
        return (format!("缺少{left_zh}：{}", waiting.key), format!("{left_en} is missing: {}", waiting.key));
    }
    let line = match waiting.line {
        0 => (String::new(), String::new()),
        line => (format!("第{}项", line - 1), format!(" of line {}", line - 1)),
    };
    let show = |value: &str| if value.is_empty() && waiting.personal { MASK.to_owned() } else { value.to_owned() };
    let (a, b) = (show(&waiting.left_value), show(&waiting.right_value));
    let what_zh = match waiting.rule.as_str() {
        "R-M3-04" => return own_sum(field, &a, &b, "实付金额与分项不符", "does not equal the sum of its parts"),
        "R-M3-06" => return own_sum(field, &a, &b, "商品价格与表体合计不符", "does not equal the sum of the lines"),
        "R-M3-05" => "订单实付与支付单金额不一致",
        "R-M3-08" => "订购人信息不一致",
        "R-M3-09" => "订购人与支付人不匹配",
        "R-M3-10" => "收货人信息不一致",
        "R-M3-13" => "名称与备案不一致",
        _ => "不一致",
    };
    let right = MessageType::of_number(waiting.right_type);
    let (right_zh, right_en) =
        if right == MessageType::Unknown { ("备案", "filing") } else { right.document_title() };
    (
        format!("{what_zh}：{}{field}，{left_zh}[{a}]，{right_zh}[{b}]", line.0),
        format!("{field}{} differs: {left_en} {a}, {right_en} {b}", line.1),
    )
}

fn own_sum(field: &str, a: &str, b: &str, zh: &str, en: &str) -> (String, String) {
    (format!("{zh}：{field}[{a}]，应为[{b}]"), format!("{field} {a} {en}, {b}"))
}

/// What was recorded or followed: its title, what it is about, its values and its text.
fn recorded(kind: EventKind, event: &Event) -> (String, String) {
    let (title_zh, title_en) = kind.title();
    let about = if event.code.is_empty() { String::new() } else { format!("[{}]", event.code) };
    let values: Vec<String> = event.values.iter().map(|named| format!("{} {}", named.name, named.value)).collect();
    let mut rest = values.join("; ");
    if !event.info.is_empty() {
        rest = format!("{rest} {}", event.info).trim().to_owned();
    }
    let why = event.rejections.first();
    let text = |title: &str, colon: &str, why: &str| {
        let parts: Vec<&str> = [rest.as_str(), why].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { format!("{title}{about}") } else { format!("{title}{about}{colon}{}", parts.join("; ")) }
    };
    (
        text(title_zh, "：", why.map_or("", |why| why.message_zh.as_str())),
        text(title_en, ": ", why.map_or("", |why| why.message_en.as_str())),
    )
}

/// What happened, in Chinese and English.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "what follows from documents is told by its title")]
pub fn event_text(event: &Event) -> (String, String) {
    let (title_zh, title_en) = MessageType::of_number(event.message_type).document_title();
    let (status_zh, status_en) = status::name(event.status);
    let Ok(kind) = EventKind::try_from(event.kind) else {
        return (format!("未知事件[{}]", event.kind), format!("unknown event {}", event.kind));
    };
    let reason = event.rejections.first();
    let why_zh = reason.map_or("", |reason| reason.message_zh.as_str());
    let why_en = reason.map_or("", |reason| reason.message_en.as_str());
    match kind {
        EventKind::MessageRejected => (format!("报文被拒绝：{why_zh}"), format!("message refused: {why_en}")),
        EventKind::DocumentAccepted => {
            (format!("{title_zh}已接收，{status_zh}"), format!("{title_en} accepted, {status_en}"))
        }
        EventKind::DocumentRejected => (format!("{title_zh}被拒绝：{why_zh}"), format!("{title_en} refused: {why_en}")),
        EventKind::DocumentReplaced => {
            (format!("{title_zh}已被新单替换"), format!("{title_en} replaced by a newer one"))
        }
        EventKind::DocumentDeleted => (format!("{title_zh}已删除"), format!("{title_en} deleted")),
        EventKind::MatchWaiting => {
            let texts: Vec<_> = event.waiting.iter().map(waiting_text).collect();
            let zh: Vec<&str> = texts.iter().map(|(zh, _)| zh.as_str()).collect();
            let en: Vec<&str> = texts.iter().map(|(_, en)| en.as_str()).collect();
            (format!("等待三单对碰：{}", zh.join("；")), format!("waiting for the match: {}", en.join("; ")))
        }
        EventKind::Matched => ("三单对碰一致，已入库".to_owned(), "the three documents match: stored".to_owned()),
        EventKind::Decided => (
            format!("海关：{status_zh}[{}] {}", event.status, event.info),
            format!("customs: {status_en} ({}) {}", event.status, event.info),
        ),
        EventKind::DecisionIgnored => {
            (format!("海关回执未生效：{why_zh}"), format!("decision without effect: {why_en}"))
        }
        EventKind::DecisionUnknown => {
            (format!("海关回执无对应单证：{why_zh}"), format!("decision on nothing: {why_en}"))
        }
        EventKind::MatchExpired => ("等待三单对碰超时".to_owned(), "waited too long for the match".to_owned()),
        EventKind::PartyFiled => (format!("企业[{}]已备案", event.code), format!("party {} filed", event.code)),
        EventKind::MandateFiled => {
            (format!("企业[{}]的授权已备案", event.code), format!("mandate of {} filed", event.code))
        }
        _ => recorded(kind, event),
    }
}
