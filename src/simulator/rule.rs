//! Rules of a scenario: which documents they name, and the steps that these then go.

use super::content::Content;
use crate::domain::{Keys, MessageType};

/// What goes wrong with one step of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepFault {
    /// It is never sent.
    Lose,
    /// It is sent twice at once.
    Repeat,
    /// It is sent again after the last step.
    RepeatLate,
}

/// One step: customs decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// CEB returnStatus; not 0.
    pub status: i32,
    /// Milliseconds after the step before, or after the event.
    pub after_ms: u64,
    /// Customs' text; empty for the usual one of the status.
    pub info: String,
    /// What goes wrong with it.
    pub fault: Option<StepFault>,
}

/// A rule: documents that fit every part that is given go these steps and no others, exactly as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// Type of the document.
    pub message_type: Option<MessageType>,
    /// Customs office.
    pub customs_code: Option<String>,
    /// Supervision mode.
    pub trade_mode: Option<String>,
    /// What orderNo begins with.
    pub order_no: Option<String>,
    /// What invtNo begins with: of the list that a cancellation or return names.
    pub invt_no: Option<String>,
    /// What copNo (coElNo) begins with.
    pub cop_no: Option<String>,
    /// What the commodity code of any line begins with.
    pub gcode: Option<String>,
    /// What happens, in order; nothing at all if there is none.
    pub steps: Vec<Step>,
}

impl Rule {
    /// True if the document fits every part.
    pub(super) fn fits(&self, kind: MessageType, keys: &Keys, content: &Content) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        let begins =
            |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| value.starts_with(wanted));
        self.message_type.is_none_or(|wanted| wanted == kind)
            && is(&self.customs_code, &keys.customs_code)
            && is(&self.trade_mode, &keys.trade_mode)
            && begins(&self.order_no, &keys.order_no)
            && begins(&self.invt_no, &keys.invt_no)
            && begins(&self.cop_no, &keys.cop_no)
            && self
                .gcode
                .as_deref()
                .is_none_or(|wanted| content.lines().iter().any(|line| line.gcode.starts_with(wanted)))
    }
}
