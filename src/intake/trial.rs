//! Trial computations (试算): the tax on lists that nobody has sent yet.

use super::types::Error;
use super::{Edition, Intake, PersonalHash, check};
use crate::domain::{Caller, Fault, MessageType, Timestamp};
use crate::state::clearance::taxes;
use crate::state::{Facts, LineFacts};
use crate::tables::Tables;
use crate::tax::{Assessment, Doubt};
use bytes::Bytes;

/// The tax on one list.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Order of the list.
    pub order_no: String,
    /// Number that the declarant gave the list.
    pub cop_no: String,
    /// Number and commodity code of each line.
    pub lines: Vec<(u32, String)>,
    /// The taxes, line by line in the same order.
    pub assessment: Assessment,
}

impl Trial {
    fn of(facts: &Facts, tables: &Tables, at: Timestamp) -> Trial {
        let line = |line: &LineFacts| (line.gnum, line.value(crate::domain::Field::Gcode).to_owned());
        Trial {
            order_no: facts.keys.order_no.clone(),
            cop_no: facts.keys.cop_no.clone(),
            lines: facts.lines.iter().map(line).collect(),
            assessment: taxes::assess(facts, tables, at),
        }
    }

    /// `preferential` within the single limit, `full` above it.
    #[must_use]
    pub fn mode(&self) -> &'static str {
        taxes::mode(self.assessment.in_full)
    }
}

/// Why the tax on a line is not certain, in Chinese and English.
#[must_use]
pub fn doubt(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::NoTariff => "税则无此商品编码，未计税 · the tariff has no such code: nothing was computed",
        Doubt::NoQuantity => "缺少计税单位的数量 · no quantity in the unit that consumption tax asks for",
    }
}

/// Computes the tax on every list of a message.
///
/// # Errors
/// What is wrong with the message; nothing if it is right but no CEB621.
pub fn trial(edition: &Edition, bytes: &[u8], tables: &Tables, at: Timestamp) -> Result<Vec<Trial>, Vec<Fault>> {
    let checked = check::check(edition, &PersonalHash::of_seed("trial"), bytes, None);
    if !checked.faults.is_empty() || checked.kind != MessageType::Ceb621 {
        return Err(checked.faults);
    }
    Ok(checked.documents.iter().map(|parts| Trial::of(&parts.facts, tables, at)).collect())
}

impl Intake {
    /// Computes the tax on the lists of a CEB621 as if it came now; nothing is recorded.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the name of the field that it came in, if it is none, or not right.
    pub async fn assess_tax(&self, caller: &Caller, xml: Bytes, field: &'static str) -> Result<Vec<Trial>, Error> {
        let (intake, party) = (self.clone(), caller.id);
        self.on_a_core(xml.len(), move || {
            let edition = intake.edition(&intake.editions_for(party).schema)?;
            let found = trial(edition, &xml, &intake.reader.tables(), intake.entry_time());
            found.map_err(|faults| {
                let first = faults.first();
                let reason = first.map_or_else(|| "is no CEB621".to_owned(), |fault| fault.message_en.clone());
                Error::Invalid { field: field.to_owned(), reason }
            })
        })
        .await
    }
}
