//! Key sequences: the values of all fields of one qualified node.

/// What a field of a target came to.
pub(super) enum Field {
    Absent,
    /// The value as a key of its value space, and as it stands.
    Value(String, String),
    /// More than one node.
    Repeated,
    /// An element that has no simple type.
    NotSimple,
    /// A value that is invalid in itself, which is reported elsewhere.
    Invalid,
}

/// The fields as one key; `None` if one is absent.
pub(super) fn sequence(fields: &[Field]) -> Option<String> {
    let mut made = String::new();
    for field in fields {
        let Field::Value(key, _) = field else { return None };
        // The length in front keeps neighbouring fields apart.
        made.push_str(&key.len().to_string());
        made.push(':');
        made.push_str(key);
    }
    Some(made)
}

/// The fields for people.
pub(super) fn shown(fields: &[Field]) -> String {
    let texts = fields.iter().map(|field| match field {
        Field::Value(_, text) => text.as_str(),
        Field::Absent | Field::Repeated | Field::NotSimple | Field::Invalid => "",
    });
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_fields_do_not_run_together() {
        let field = |key: &str| Field::Value(key.into(), key.into());
        assert_ne!(sequence(&[field("ab"), field("c")]), sequence(&[field("a"), field("bc")]));
        assert_eq!(sequence(&[field("a"), Field::Absent]), None);
        assert_eq!(shown(&[field("a"), field("b")]), "a, b");
    }
}
