//! What rules about lists have in common.

use super::super::registry::Registry;
use crate::domain::Keys;
use crate::domain::codes::error_texts;

/// The official text of a code with its first blank filled; the other text if there is no code or no text.
pub(super) fn official(code: i32, fill: &str, other: &str) -> String {
    let text = error_texts(code).first().filter(|_| code != 0);
    text.map_or_else(|| other.to_owned(), |text| text.zh.replacen("[*]", &format!("[{fill}]"), 1))
}

/// True if two codes are the same party's.
pub(super) fn is_same_party(registry: &Registry, one: &str, other: &str) -> bool {
    let of = |code: &str| registry.of_code(code).map(|(id, _)| id);
    one == other || of(one).is_some_and(|id| of(other) == Some(id))
}

/// True if the declarant or the seller of a document is the declarant or the seller of a list.
pub(super) fn is_partys(registry: &Registry, document: &Keys, list: &Keys) -> bool {
    [&document.agent_code, &document.ebc_code]
        .into_iter()
        .filter(|code| !code.is_empty())
        .any(|code| is_same_party(registry, code, &list.agent_code) || is_same_party(registry, code, &list.ebc_code))
}
