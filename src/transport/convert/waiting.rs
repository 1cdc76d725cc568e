//! What a list still waits for, in words.

use crate::domain::{MessageType, Waiting};

/// Shown instead of a personal value that is not the caller's.
pub(super) const HIDDEN: &str = "***";

/// The two sides as the caller may see them.
pub(super) fn sides(waiting: &Waiting) -> (String, String) {
    let side = |value: &str| {
        if waiting.personal && value.is_empty() { HIDDEN.to_owned() } else { value.to_owned() }
    };
    (side(&waiting.left_value), side(&waiting.right_value))
}

/// What is missing or differs, in Chinese and English.
pub(super) fn texts(waiting: &Waiting) -> (String, String) {
    let title = |number| MessageType::of_number(number).document_title();
    let (left_zh, left_en) = title(waiting.left_type);
    if waiting.field.is_empty() {
        return if waiting.key.is_empty() {
            (format!("缺少{left_zh}"), format!("the {left_en} is missing"))
        } else {
            let key = &waiting.key;
            (format!("缺少{left_zh}：{key}"), format!("the {left_en} is missing: {key}"))
        };
    }
    let (right_zh, right_en) = title(waiting.right_type);
    let (left, right) = sides(waiting);
    let field = &waiting.field;
    (
        format!("{field}不一致：{left_zh}为“{left}”，{right_zh}为“{right}”"),
        format!("{field} differs: {left:?} in the {left_en}, {right:?} in the {right_en}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_document_is_named_with_its_key() {
        let waiting = Waiting { left_type: 311, key: "A-1".to_owned(), ..Waiting::default() };
        assert_eq!(texts(&waiting), ("缺少订单：A-1".to_owned(), "the order is missing: A-1".to_owned()));
    }

    #[test]
    fn personal_values_of_others_are_hidden() {
        let waiting = Waiting {
            field: "buyerName".to_owned(),
            left_type: 311,
            right_type: 621,
            personal: true,
            right_value: "Zhang".to_owned(),
            ..Waiting::default()
        };
        assert_eq!(sides(&waiting), (HIDDEN.to_owned(), "Zhang".to_owned()));
        assert!(texts(&waiting).1.contains("\"***\" in the order"));
    }
}
