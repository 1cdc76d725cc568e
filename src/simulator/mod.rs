//! A made-up customs: what it decides on a document, when, and what goes wrong on the way. Pure.
//!
//! ```text
//! event ─ Arrival ─ plan ─ Desk ─ what is due ─► the exchange (crate::rehearsal)
//!                    │      ▲                        │
//!               Scenario    └──── what became of it ─┘
//! ```
//!
//! A [`Scenario`] says what may happen: by chance, or by rules that name documents. [`plan`] makes a way of it for one
//! document: steps that customs may legally take, and then what is lost, repeated or comes out of order. Chance follows
//! from the scenario's seed and the sender's own numbers of the document, so the same documents meet the same fate in
//! every run, in whatever order they come. A decision's id and time follow from the event that it answers, so that a
//! decision which is sent again after a restart is known as the same one (R-ST-02).
//!
//! [`Desk`] keeps what is planned until it is due. It knows no clock: times are given to it.

mod arrival;
mod content;
mod customs_no;
mod desk;
mod faults;
mod file;
mod model;
mod notice;
mod plan;
mod rule;
mod scenario;
mod summary;
#[cfg(test)]
mod tests;
mod wait;
mod way;

pub use arrival::{Arrival, Occasion, wanted_events, wanted_types};
pub use desk::{Desk, Task, TaskId};
pub use faults::Fault;
pub use file::{Problem, ScenarioFile};
pub use notice::{Consolidation, ListOfConsolidation, TaxBill, TaxStatus};
pub use plan::{Act, Decision, Plan, Planned, plan};
pub use rule::{Rule, Step, StepFault};
pub use scenario::{CARRIED, Delay, Faults, PerMille, Rates, Scenario, TaxBills};
pub use summary::{Answer, Summary};
pub use wait::{parse_rate, parse_wait, wait_text};
