//! The CEB schema edition that the program carries.

use super::{Error, SchemaSet};

/// Name of the edition: the specification of May 2022.
pub const EDITION: &str = "202205";

macro_rules! file {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../schemas/202205/", $name)))
    };
}

/// Files of the edition by name.
pub const FILES: &[(&str, &[u8])] = &[
    file!("CEB213Message.xsd"),
    file!("CEB214Message.xsd"),
    file!("CEB215Message.xsd"),
    file!("CEB216Message.xsd"),
    file!("CEB303Message.xsd"),
    file!("CEB304Message.xsd"),
    file!("CEB311Message.xsd"),
    file!("CEB312Message.xsd"),
    file!("CEB403Message.xsd"),
    file!("CEB404Message.xsd"),
    file!("CEB411Message.xsd"),
    file!("CEB412Message.xsd"),
    file!("CEB505Message.xsd"),
    file!("CEB506Message.xsd"),
    file!("CEB507Message.xsd"),
    file!("CEB508Message.xsd"),
    file!("CEB509Message.xsd"),
    file!("CEB510Message.xsd"),
    file!("CEB511Message.xsd"),
    file!("CEB512Message.xsd"),
    file!("CEB513Message.xsd"),
    file!("CEB514Message.xsd"),
    file!("CEB603Message.xsd"),
    file!("CEB604Message.xsd"),
    file!("CEB605Message.xsd"),
    file!("CEB606Message.xsd"),
    file!("CEB607Message.xsd"),
    file!("CEB608Message.xsd"),
    file!("CEB621Message.xsd"),
    file!("CEB622Message.xsd"),
    file!("CEB623Message.xsd"),
    file!("CEB624Message.xsd"),
    file!("CEB625Message.xsd"),
    file!("CEB626Message.xsd"),
    file!("CEB701Message.xsd"),
    file!("CEB702Message.xsd"),
    file!("CEB711Message.xsd"),
    file!("CEB712Message.xsd"),
    file!("CEB792Message.xsd"),
    file!("CEB816Message.xsd"),
    file!("CEB818Message.xsd"),
    file!("CEB900Message.xsd"),
    file!("ceb-types.xsd"),
    file!("xmldsig-core.xsd"),
];

/// Compiles the edition that the program carries.
///
/// # Errors
/// Mistakes in the schemas; a test sees to it that there are none.
pub fn carried() -> Result<SchemaSet, Vec<Error>> {
    let roots: Vec<&str> = FILES.iter().map(|(name, _)| *name).filter(|name| name.starts_with("CEB")).collect();
    SchemaSet::compile(FILES, &roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_the_edition_has_a_root_element() {
        let set = carried().expect("the schemas compile");
        let roots = set.roots().into_iter().filter(|id| set.name(*id).starts_with("CEB")).count();
        assert_eq!(roots, FILES.iter().filter(|(name, _)| name.starts_with("CEB")).count());
    }
}
