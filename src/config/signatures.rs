//! How signatures are treated: the part `signatures` of the configuration file.

use super::file::Problems;
use crate::domain::Timestamp;
use crate::domain::limits::RSA_BITS_MAX;
use crate::signature::{Need, Needs, Settings};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// `signatures = "verify"`, `signatures = "record-unverified"`, or a table `[signatures]`.
#[derive(Debug, Clone, Default)]
pub struct SignaturesFile(Table);

/// The table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// `verify` (the default) or `record-unverified`: signatures are stored and not looked at.
    mode: Option<String>,
    /// First day, yyyy-MM-dd in China, on which SHA-1 is refused. Not given: it is taken.
    rsa_sha1_until: Option<String>,
    /// Bits that an RSA key needs. Default 1024: old cards have that many.
    rsa_bits_min: Option<u32>,
    /// What messages of a type need, by names such as `CEB621`. Default: as the standard has it.
    #[serde(default)]
    messages: BTreeMap<String, NeedsFile>,
}

/// What messages of one type need.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NeedsFile {
    /// `required`, `optional` or `off`, for messages of drafts (appStatus 1).
    draft: Option<String>,
    /// The same for declared documents (appStatus 2).
    declared: Option<String>,
}

impl<'de> Deserialize<'de> for SignaturesFile {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = SignaturesFile;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"verify\", \"record-unverified\" or a table")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<SignaturesFile, E> {
                Ok(SignaturesFile(Table { mode: Some(word.to_owned()), ..Table::default() }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SignaturesFile, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(map)).map(SignaturesFile)
            }
        }
        from.deserialize_any(Either)
    }
}

impl SignaturesFile {
    /// Proves the part. `dev` is for trying out, where nobody has filed a certificate: nothing is verified unless asked
    /// for.
    pub(super) fn check(given: Option<&SignaturesFile>, dev: bool, problems: &mut Problems) -> Settings {
        let mut settings = Settings::default();
        let table = given.map(|given| &given.0);
        settings.verify = match table.and_then(|table| table.mode.as_deref()) {
            Some("verify") => true,
            // The second is what it was called before verification was there.
            Some("record-unverified" | "unverified") => false,
            Some(other) => {
                problems.add("signatures", format!("{other:?} is neither \"verify\" nor \"record-unverified\""));
                true
            }
            None => given.is_some() || !dev,
        };
        let Some(table) = table else { return settings };
        if let Some(day) = &table.rsa_sha1_until {
            settings.policy.sha1_until = parse_day(day);
            if settings.policy.sha1_until.is_none() {
                problems.add("signatures.rsa_sha1_until", format!("{day:?} is no day of the form yyyy-MM-dd"));
            }
        }
        if let Some(bits) = table.rsa_bits_min {
            settings.policy.rsa_bits_min = usize::try_from(bits).unwrap_or(usize::MAX);
            if !(1024..=RSA_BITS_MAX).contains(&settings.policy.rsa_bits_min) {
                problems.add("signatures.rsa_bits_min", format!("{bits} is not in 1024..{RSA_BITS_MAX}"));
            }
        }
        for (name, needs) in &table.messages {
            let key = format!("signatures.messages.{name}");
            let number = name.strip_prefix("CEB").and_then(|number| number.parse::<i32>().ok());
            let Some(number) = number.filter(|number| Settings::is_signed_type(*number)) else {
                problems.add(key, "is no message that can be signed, such as CEB621");
                continue;
            };
            let before = settings.needs(number);
            let mut need = |end: &str, word: &Option<String>, before: Need| match word.as_deref() {
                None => before,
                Some("required") => Need::Required,
                Some("optional") => Need::Optional,
                Some("off") => Need::Off,
                Some(other) => {
                    problems.add(format!("{key}.{end}"), format!("{other:?} is none of required, optional, off"));
                    before
                }
            };
            let (draft, declared) =
                (need("draft", &needs.draft, before.draft), need("declared", &needs.declared, before.declared));
            settings.set(number, Needs { draft, declared });
        }
        settings
    }
}

/// The begin of a day in China.
fn parse_day(day: &str) -> Option<Timestamp> {
    let digits = day.replace('-', "");
    Timestamp::parse_ceb(&digits).filter(|_| day.len() == 10 && digits.len() == 8)
}
