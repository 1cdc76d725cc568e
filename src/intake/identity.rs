//! Verification of consumers' identities by whoever can be asked (R-ID-02).
//!
//! What leaves this file are keyed hashes and a result. Without a verifier the result is `unverified`, and the buyer of
//! an order must be its payer.

use super::types::{Applied, Error};
use super::{Intake, require_one};
use crate::domain::check_digit::check_id_number;
use crate::domain::limits::{CONFIG_BYTES_MAX, NOTE_CHARS_MAX};
use crate::domain::{Caller, IdentityCheck, IdentityResult, Role};
use crate::state::{Content, FilingEntry, FilingRequest};
use std::collections::BTreeMap;
use std::path::Path;

/// A person as a caller names it; never logged, never recorded.
#[derive(Clone, Default)]
pub struct Person {
    /// Name.
    pub name: String,
    /// Resident identity number.
    pub id_number: String,
    /// Order that it is about; may be empty.
    pub order_no: String,
    /// Platform of that order.
    pub ebp_code: String,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").finish_non_exhaustive()
    }
}

/// Somebody who can say whether a name and an identity number belong together.
///
/// The authority's own interface is not public, so none is built in; an operator adds one here. It may block for as long
/// as it has to: it is asked off the async threads.
pub trait IdentityVerifier: Send + Sync {
    /// Its name, for the record.
    fn name(&self) -> &str;

    /// Says what it knows. It answers `Unverified` when it cannot say anything, and never guesses.
    fn verify(&self, name: &str, id_number: &str) -> IdentityResult;
}

/// Nobody can be asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoVerifier;

impl IdentityVerifier for NoVerifier {
    fn name(&self) -> &'static str {
        "none"
    }

    fn verify(&self, _name: &str, _id_number: &str) -> IdentityResult {
        IdentityResult::Unverified
    }
}

/// A list of made-up persons in a file, for tests and rehearsals: a line `identity number,name` for each.
#[derive(Clone, Default)]
pub struct FileVerifier {
    names: BTreeMap<String, String>,
}

impl FileVerifier {
    /// Reads the list.
    ///
    /// # Errors
    /// A text that names the line that cannot be read, or says why the file cannot.
    pub fn read(path: &Path) -> Result<FileVerifier, String> {
        let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
        if length > CONFIG_BYTES_MAX {
            return Err(format!("more than {CONFIG_BYTES_MAX} bytes"));
        }
        FileVerifier::of_text(&std::fs::read_to_string(path).map_err(|error| error.to_string())?)
    }

    /// The same from a text.
    ///
    /// # Errors
    /// A text that names the line.
    pub fn of_text(text: &str) -> Result<FileVerifier, String> {
        let mut names = BTreeMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let parts = line.split_once(',').map(|(id, name)| (id.trim(), name.trim()));
            let good = parts.filter(|(id, name)| check_id_number(id).is_ok() && !name.is_empty());
            let (id, name) = good.ok_or_else(|| format!("line {}: not `identity number,name`", number + 1))?;
            names.insert(id.to_owned(), name.to_owned());
        }
        Ok(FileVerifier { names })
    }
}

impl IdentityVerifier for FileVerifier {
    fn name(&self) -> &'static str {
        "file"
    }

    fn verify(&self, name: &str, id_number: &str) -> IdentityResult {
        match self.names.get(id_number) {
            Some(known) if known == name => IdentityResult::Verified,
            Some(_) => IdentityResult::Mismatch,
            None => IdentityResult::NotFound,
        }
    }
}

impl Intake {
    /// The same intake with somebody who can be asked about identities.
    #[must_use]
    pub fn with_verifier(self, verifier: std::sync::Arc<dyn IdentityVerifier>) -> Intake {
        Intake { verifier, ..self }
    }

    /// Asks the verifier about a person and records what it said.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name or number that cannot be one (R-ID-01); [`Error`].
    pub async fn verify_identity(
        &self,
        caller: &Caller,
        request_id: &str,
        person: Person,
    ) -> Result<(Applied, IdentityResult), Error> {
        let mut check = self.check_of(&person)?;
        let verifier = std::sync::Arc::clone(&self.verifier);
        check.verifier = verifier.name().to_owned();
        let asked = tokio::task::spawn_blocking(move || verifier.verify(&person.name, &person.id_number)).await;
        let result = asked.map_err(|error| {
            // The text of a panic could hold the person.
            tracing::error!(is_panic = error.is_panic(), "the verifier ended without an answer");
            Error::Internal
        })?;
        check.result = result as i32;
        Ok((self.record_check(caller, request_id, check).await?, result))
    }

    /// Records what a verifier outside has found.
    ///
    /// # Errors
    /// [`Error::Denied`] unless the caller is an agency or operator; [`Error::Invalid`]; [`Error`].
    pub async fn file_identity(
        &self,
        caller: &Caller,
        request_id: &str,
        person: &Person,
        result: IdentityResult,
        checked_ms: i64,
        reference: String,
    ) -> Result<Applied, Error> {
        require_one(caller, &[Role::Agency, Role::Operator], "FileIdentityResult")?;
        let check = self.check_of(person)?;
        let verifier = caller.party.code.clone();
        let check = IdentityCheck { result: result as i32, checked_ms, reference, verifier, ..check };
        self.record_check(caller, request_id, check).await
    }

    async fn record_check(&self, caller: &Caller, request_id: &str, check: IdentityCheck) -> Result<Applied, Error> {
        let entry = FilingEntry { request: Some(FilingRequest::Identity(check)) };
        self.request(caller, request_id, Content::Filing(entry)).await
    }

    /// The person by its keyed hashes alone.
    fn check_of(&self, person: &Person) -> Result<IdentityCheck, Error> {
        let invalid = |field: &str, reason: &str| Error::Invalid { field: field.to_owned(), reason: reason.to_owned() };
        if person.name.trim().is_empty() || person.name.chars().count() > NOTE_CHARS_MAX {
            return Err(invalid("person.name", "a name"));
        }
        if check_id_number(&person.id_number).is_err() {
            return Err(invalid("person.id_number", "R-ID-01: 17 digits and their check character, X in upper case"));
        }
        Ok(IdentityCheck {
            person_id: self.hash.long(&person.id_number),
            person_name: self.hash.short(&person.name),
            order_no: person.order_no.clone(),
            ebp_code: person.ebp_code.clone(),
            ..IdentityCheck::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_in_a_file_knows_whom_it_names_and_nobody_else() {
        let verifier = FileVerifier::of_text("11010519491231002X,张三\n\n").expect("a good list");
        assert_eq!(verifier.verify("张三", "11010519491231002X"), IdentityResult::Verified);
        assert_eq!(verifier.verify("李四", "11010519491231002X"), IdentityResult::Mismatch);
        assert_eq!(verifier.verify("张三", "330821198809085212"), IdentityResult::NotFound);
        assert!(FileVerifier::of_text("330821198809085211,张三").is_err(), "the check character is wrong");
        assert_eq!(NoVerifier.verify("张三", "11010519491231002X"), IdentityResult::Unverified);
    }

    #[test]
    fn a_person_is_never_printed() {
        let person =
            Person { name: "张三".to_owned(), id_number: "11010519491231002X".to_owned(), ..Person::default() };
        let text = format!("{person:?}");
        assert!(!text.contains("张三") && !text.contains("1101"), "{text}");
    }
}
