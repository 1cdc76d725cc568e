//! Words that every module shares. Pure.

mod amount;
pub mod check_digit;
mod clock;
pub mod codes;
mod document;
mod event;
mod fault;
mod field;
mod filing;
mod goods;
pub mod limits;
mod message;
mod parcel;
mod party;
mod position;
mod rejection;
mod standard;
mod statistics;
mod stock;
mod time;
mod trace;
mod transport;

pub use amount::Amount;
pub use clock::{Clock, SetClock, SystemClock};
pub use document::{Document, Fields, Message, Value};
pub use event::{Effect, Ending, Event, EventKind, Named, Outcome};
pub use fault::{Fault, Place};
pub use field::Field;
pub(crate) use filing::spans;
pub use filing::{
    Application, ApplicationStatus, CreditFigures, CreditGrade, Filed, FilingApplication, IdentityCheck,
    IdentityResult, Licence, LicenceKind, Review, Standing, StandingChange, Statement, duties, missing_licence,
};
pub use goods::{
    Book, BookItem, BookRow, FiledProduct, FilingOp, Inbound, ItemQuantity, Product, ProductBatch, ProductDecision,
    ProductStatus, Taken, Warehouse,
};
pub use message::{MessageType, status};
pub use parcel::{ParcelEvent, ParcelStep, ParcelSync};
pub use party::{Applicant, Caller, Mandate, Party, PartyId, Role};
pub use position::Position;
pub use rejection::{DocRef, Keys, Rejection, Waiting};
pub use standard::{Flow, Identity, Part, SPECS, Spec};
pub use statistics::{Measure, PostedLine, Posting, PostingKind};
pub use stock::{
    BondedInbound, DailyFigures, GateParcel, GateSheet, OverseasReceipt, OverseasSale, StockChange, StockFigure,
};
pub use time::Timestamp;
pub use trace::{InspectionState, LotBlock, LotName, TraceChange, TraceRecord};
pub use transport::{Audience, RouteNote, Routing, Share, Subscriber, Transport};
