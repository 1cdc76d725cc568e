//! R-RET-02: what comes back was in the list (gnum and gcode), and all returns together are not more than it.
//!
//! Source: code -625209 of CEB626; the sum over live returns [D]. Passing: 1 of 2 pieces of line 1. Failing: another
//! commodity code, or the third piece.

use super::list::official;
use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Amount, Field, MessageType};
use crate::state::cells::StateError;
use crate::state::clearance::life::{facts_of, list_of};
use crate::state::clearance::returns;

pub(super) const RULE: StateRule = StateRule {
    id: "R-RET-02",
    kinds: |kind| matches!(kind, MessageType::Ceb213 | MessageType::Ceb625),
    is_of_firms: false,
    check,
};

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let import = view.kind == MessageType::Ceb625;
    let kind = if import { MessageType::Ceb621 } else { MessageType::Ceb603 };
    let code = if import { -625_209 } else { 0 };
    let Some((at, _)) = list_of(view.cells, &view.facts.keys.invt_no, kind)? else { return Ok(()) };
    let list = facts_of(view.cells, at)?.unwrap_or_default();
    let rows = returns::rows(view.cells, at)?;
    let amount = |text: &str| Amount::parse(text).unwrap_or_default();
    for (index, line) in view.facts.lines.iter().enumerate() {
        let gcode = line.value(Field::Gcode);
        let Some(held) =
            list.lines.iter().find(|held| held.gnum == line.gnum && is_code(held.value(Field::Gcode), gcode))
        else {
            let other = list.lines.iter().find(|held| held.gnum == line.gnum);
            let text = official(code, &line.gnum.to_string(), "在关联的清单中未找到该序号和商品编号的数据");
            refusals.wrong(Wrong {
                field: Field::Gcode,
                line: Some(index),
                found: gcode,
                expected: other.map_or("", |other| other.value(Field::Gcode)),
                official: code,
                message_zh: text.replacen("[*]", &format!("[{gcode}]"), 1),
                message_en: format!("the list has no line {} of commodity {gcode}", line.gnum),
            });
            continue;
        };
        let live = rows.iter().filter(|(by, _)| Some(*by) != view.incumbent).flat_map(|(_, row)| &row.lines);
        let before = live.filter(|back| back.gnum == line.gnum).map(|back| amount(&back.qty));
        let own = view.facts.lines.iter().take(index).filter(|own| own.gnum == line.gnum).map(|own| amount(&own.qty));
        let left = before.chain(own).fold(amount(&held.qty), Amount::minus);
        if amount(&line.qty) > left || amount(&line.qty) <= Amount::default() {
            refusals.wrong(Wrong {
                field: Field::Qty,
                line: Some(index),
                found: &line.qty,
                expected: &format!("0 < qty <= {left}"),
                official: code,
                message_zh: format!("退货数量[{}]超出清单第{}项可退数量[{left}]", line.qty, line.gnum),
                message_en: format!("{} come back of line {}, of which {left} are left", line.qty, line.gnum),
            });
        }
    }
    Ok(())
}

/// True for the code of a list's line: simplified export lists have its first digits alone.
fn is_code(of_list: &str, of_return: &str) -> bool {
    of_list == of_return || (of_list.len() < of_return.len() && of_list.len() >= 4 && of_return.starts_with(of_list))
}
