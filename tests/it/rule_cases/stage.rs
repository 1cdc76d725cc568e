//! Rules that need more than one message, shown by what is sent and what comes of it.
//!
//! A folder `tests/golden/rules/<id>/` is played twice, each time in an exchange of its own: all files `before-*` in the
//! order of their names, then all `pass*`; and all `before-*`, then all `fail*`. What comes before the last file must be
//! taken; the last of `pass*` must be taken too, and say nothing of the rule; the last of `fail*` must name it, as the
//! reason of a refusal, of a decision without effect, or of a list that waits. A rule may have more folders, `<id>.<what>`.
//!
//! A file is `<what>[-<number>][-<who>].<form>`. Who sends it is one of [`PARTIES`]; without it, the party that the message
//! names. Forms:
//! - `.xml` a message; one of receipts is a decision of customs;
//! - `.json` a call of the contract: `{"GoodsService/FileBook": {…}}`, with the names of `proto/`; `"$case"` stands for the
//!   value `case` that an earlier file yielded;
//! - `.upload` raw payment data as platforms upload it;
//! - `.time` the time up to which the clock goes on, `yyyyMMddHHmmss`; deadlines that are due then are fired, and lists
//!   that wait for it are drawn for inspection.
//!
//! With a `certificate.pem` in the folder it is filed for the declarant and the platform, and signatures are verified;
//! elsewhere they are made up.
//!
//! A rule that computes something, or opens work, refuses nothing: `expected-pass.txt` and `expected-fail.txt` hold lines
//! `name=value`, each of which the last file must yield: a value of an event (`taxTotal=98`), a field of an answer
//! (`remaining=26000`), `event=Matched`, `status=800`, `receipt=CEB312Message`, `grpc-status=7` of a call that was turned
//! away. A line that begins with `!` must not be there. With such lines the rule need not be named, and a rule that has
//! them for `pass` needs no failing message.

use super::text;
use crate::contract::{Contract, messages, plain};
use crate::node::TestNode;
use prost_reflect::ReflectMessage;
use single_window::domain::{Effect, Event, EventKind, Party, PartyId, Rejection, Role, Timestamp, Waiting};
use single_window::intake::{Applied, Checks, Edition};
use single_window::rules::catalogue;
use single_window::signature;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Who sends, by the name that files have, and the code: the parties of the test node, and those that only cases need.
const PARTIES: &[(&str, &str)] = &[
    ("platform", "91410100MA95WPTA0C"),
    ("seller", "91410100MA95WEBC08"),
    ("payment", "91410100MA95WPAY06"),
    ("logistics", "410116W001"),
    ("declarant", "91410100MA95WAGT06"),
    ("site", "410116W003"),
    ("statistics", "STATS00001"),
    ("customs", "CUSTOMS001"),
    ("operator", "OPERATOR01"),
    ("agency", "AGENCY0001"),
    ("agency2", "AGENCY0002"),
    ("customs2", "CUSTOMS002"),
    ("bank", "BANK000001"),
    ("tax", "TAX0000001"),
    ("forex", "FOREX00001"),
    ("declarant2", "4101980K9C"),
    ("warehouse", "410116W002"),
    // A good certificate that nobody filed.
    ("stranger", ""),
];

/// Files the parties that only cases need.
async fn file_further(test: &TestNode) {
    let further = [
        ("OPERATOR01", Role::Operator),
        ("AGENCY0001", Role::Agency),
        ("AGENCY0002", Role::Agency),
        ("CUSTOMS002", Role::Customs),
        ("BANK000001", Role::Bank),
        ("TAX0000001", Role::Tax),
        ("FOREX00001", Role::Forex),
        ("4101980K9C", Role::Declarant),
        ("410116W002", Role::Warehouse),
    ];
    for (code, role) in further {
        let mut party =
            Party { code: code.to_owned(), name: format!("示例{code}"), active: true, ..Party::default() };
        party.roles = vec![role as i32];
        if role == Role::Customs {
            party.customs_codes = vec!["4601".to_owned()];
        }
        test.node.intake.file_party(PartyId(0), party).await.expect("it can be filed");
    }
}

/// In a folder with a `certificate.pem`, the first moment at which SHA-1 is not taken any more.
const SHA1_UNTIL: &str = "20270101000000";

/// Why something was refused, ignored or waits.
#[derive(Debug)]
struct Reason {
    rule: String,
    /// Whether it says all it should: what is wrong in both languages, where, what was found or what would be right.
    is_whole: bool,
}

impl Reason {
    /// True for what a list waits for.
    fn is_of_match(&self) -> bool {
        self.rule.starts_with("R-M3-")
    }
}

/// What the last file yielded.
#[derive(Debug, Default)]
struct Said {
    reasons: Vec<Reason>,
    values: BTreeSet<(String, String)>,
}

impl Said {
    fn note(&mut self, name: &str, value: impl ToString) {
        self.values.insert((name.to_owned(), value.to_string()));
    }

    fn rejection(&mut self, why: &Rejection) {
        let texts = [&why.message_zh, &why.message_en, &why.path];
        // A signature that is wrong is no value to be shown, and nobody but its sender knows the right one.
        let has_value = why.found.is_some() || !why.expected.is_empty() || why.rule.starts_with("R-SIG-");
        let is_whole = texts.iter().all(|text| !text.is_empty()) && has_value;
        self.reasons.push(Reason { rule: why.rule.clone(), is_whole });
        self.note(&format!("{}.official", why.rule), why.official);
        self.note(&format!("{}.found", why.rule), why.found.as_deref().unwrap_or_default());
        self.note(&format!("{}.expected", why.rule), &why.expected);
    }

    /// A list waits for a document under a key, or for values that are equal.
    fn waiting(&mut self, waiting: &Waiting) {
        let has_values = waiting.personal || waiting.left_value != waiting.right_value;
        let is_whole = if waiting.field.is_empty() { !waiting.key.is_empty() } else { has_values };
        self.reasons.push(Reason { rule: waiting.rule.clone(), is_whole });
        self.note(&format!("{}.field", waiting.rule), &waiting.field);
    }

    fn event(&mut self, event: &Event) {
        event.rejections.iter().for_each(|why| self.rejection(why));
        event.waiting.iter().for_each(|waiting| self.waiting(waiting));
        event.values.iter().for_each(|named| self.note(&named.name, &named.value));
        self.note("effect", format!("{:?}", Effect::try_from(event.effect).expect("an effect")));
        self.note("event", format!("{:?}", EventKind::try_from(event.kind).expect("a kind")));
        self.note("status", event.status);
    }

    fn applied(applied: &Applied) -> Said {
        let mut said = Said::default();
        applied.outcome.rejections.iter().for_each(|why| said.rejection(why));
        applied.outcome.events.iter().for_each(|event| said.event(event));
        let receipt = String::from_utf8_lossy(&applied.receipt_xml).into_owned();
        let root = receipt.split('<').map(|tag| tag.split([' ', '>']).next().unwrap_or_default());
        said.note(
            "receipt",
            root.map(|name| name.trim_start_matches("ceb:")).find(|name| name.starts_with("CEB")).unwrap_or_default(),
        );
        said
    }

    /// What an answer of the contract says.
    fn answer(answer: &prost_reflect::DynamicMessage) -> Said {
        let mut said = Said::default();
        for (path, message) in messages(answer, "") {
            let fields = plain(&message);
            let of =
                |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str());
            if message.descriptor().name() == "NamedValue" {
                said.note(of("name"), of("value"));
            } else if !of("rule").is_empty() {
                let is_whole = !of("message_zh").is_empty() && !of("message_en").is_empty();
                said.reasons.push(Reason { rule: of("rule").to_owned(), is_whole });
                for (name, value) in
                    [("official", of("official_code")), ("found", of("found")), ("expected", of("expected"))]
                {
                    said.note(&format!("{}.{name}", of("rule")), value);
                }
            }
            said.values.extend(fields.into_iter().map(|(name, value)| (format!("{path}{name}"), value)));
        }
        said
    }

    /// The status of a call that was turned away: nothing is recorded.
    fn turned_away(&self) -> bool {
        self.values.iter().any(|(name, _)| name == "grpc-status")
    }
}

/// An exchange in which a case is played.
struct Stage {
    test: TestNode,
    contract: Option<Contract>,
    /// What the files before yielded, for `"$name"`.
    known: BTreeMap<String, String>,
}

impl Stage {
    async fn open(folder: &Path, files: &[PathBuf]) -> Stage {
        let certificate = std::fs::read(folder.join("certificate.pem")).ok();
        let mut signatures = signature::Settings::unverified();
        if certificate.is_some() {
            signatures.verify = true;
            signatures.policy.sha1_until = Timestamp::parse_ceb(SHA1_UNTIL);
        }
        let test = TestNode::start_with(Checks { editions: vec![Edition::carried()], signatures }).await;
        test.node.intake.bring_up_to_date(None).await.expect("tables and logic can be put in force");
        file_further(&test).await;
        if let Some(pem) = certificate {
            for code in ["91410100MA95WAGT06", "91410100MA95WPTA0C"] {
                let signing_certificates = signature::ders_of(&pem).expect("PEM");
                let party = Party { signing_certificates, ..Party::clone(&test.caller(code).party) };
                test.node.intake.file_party(PartyId(0), party).await.expect("it can be filed");
            }
        }
        let calls = files.iter().any(|file| file.extension().is_some_and(|form| form == "json"));
        let codes: Vec<&str> = PARTIES.iter().map(|(_, code)| *code).collect();
        let contract = if calls { Some(Contract::open(&test, &codes).await) } else { None };
        Stage { test, contract, known: BTreeMap::new() }
    }

    /// Who sends a file: as its name says, or else the party whose code the message names.
    fn sender(&self, file: &Path, xml: &str) -> String {
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let named = stem.rsplit('-').next().and_then(|who| PARTIES.iter().find(|(name, _)| *name == who));
        let code = named.map(|(_, code)| *code).or_else(|| {
            let code = xml.split("copCode>").nth(1).and_then(|rest| rest.split('<').next());
            code.filter(|code| !code.is_empty())
        });
        code.unwrap_or("CUSTOMS001").to_owned()
    }

    /// What a file yields.
    ///
    /// # Errors
    /// It is not recorded at all.
    async fn play(&self, file: &Path) -> Result<Said, String> {
        let text = text(file);
        let intake = &self.test.node.intake;
        match file.extension().and_then(|form| form.to_str()) {
            Some("time") => {
                let time = Timestamp::parse_ceb(text.trim()).expect("a time of customs");
                self.test.clock.set(time);
                let fired = intake.tick().await.expect("deadlines can be fired");
                intake.draw_pending().await.expect("lists can be drawn");
                Ok(fired.map_or_else(Said::default, |applied| Said::applied(&applied)))
            }
            Some("upload") => {
                let caller = self.test.caller(&self.sender(file, ""));
                let given = intake.take_payment_data(&caller, text).await;
                given.map(|applied| Said::applied(&applied)).map_err(|error| error.to_string())
            }
            Some("json") => {
                let mut text = text;
                for (name, value) in &self.known {
                    text = text.replace(&format!("\"${name}\""), &format!("\"{value}\""));
                }
                let calls: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(&text).map_err(|error| error.to_string())?;
                let (method, request) = calls.iter().next().expect("one call");
                let contract = self.contract.as_ref().expect("an open door");
                let answer = contract.call(&self.sender(file, ""), method, request).await;
                Ok(answer.map_or_else(
                    |(status, message)| {
                        let mut said = Said::default();
                        said.note("grpc-status", status);
                        said.note("grpc-message", message);
                        said
                    },
                    |answer| Said::answer(&answer),
                ))
            }
            Some("xml") => {
                let caller = self.test.caller(&self.sender(file, &text));
                let is_receipt = text.contains("returnStatus>") && !text.contains("BaseTransfer");
                let is_decision = is_receipt && caller.party.has_role(Role::Customs);
                let sent = if is_decision {
                    intake.decide_xml(&caller, text.into()).await
                } else {
                    intake.submit(&caller, text.into()).await
                };
                sent.map(|applied| Said::applied(&applied)).map_err(|error| error.to_string())
            }
            _ => panic!("{} has no form of a case", file.display()),
        }
    }
}

/// Files of a folder whose names begin so, in order.
fn files(folder: &Path, begin: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path());
    let begins = |file: &PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(begin));
    let mut files: Vec<PathBuf> = all.filter(begins).collect();
    files.sort();
    files
}

/// Plays what comes before, then the files of one ending; what the last of them yielded.
///
/// # Errors
/// What comes before is not taken, or the last is not recorded.
async fn outcome(folder: &Path, ending: &str) -> Result<Said, String> {
    let steps = [files(folder, "before-"), files(folder, ending)].concat();
    let mut stage = Stage::open(folder, &steps).await;
    let (last, before) = steps.split_last().expect("a last file");
    let in_file = |file: &Path, error: &str| format!("{}: {error}", file.display());
    for step in before {
        let said = stage.play(step).await.map_err(|error| in_file(step, &error))?;
        if said.reasons.iter().any(|why| !why.is_of_match()) || said.turned_away() {
            return Err(in_file(step, &format!("it is not taken: {said:#?}")));
        }
        stage.known.extend(said.values);
    }
    stage.play(last).await.map_err(|error| in_file(last, &error))
}

/// What is wrong with a folder of cases.
pub(super) async fn faults_of_case(folder: &Path) -> Vec<String> {
    let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let id = name.split('.').next().unwrap_or_default().to_owned();
    if catalogue::find(&id).is_none() {
        return vec![format!("{id} is no rule of the catalogue")];
    }
    let mut faults = Vec::new();
    for ending in ["pass", "fail"] {
        let expected = folder.join(format!("expected-{ending}.txt"));
        let expected = if expected.is_file() { text(&expected) } else { String::new() };
        if files(folder, ending).is_empty() {
            if ending == "pass" || !folder.join("expected-pass.txt").is_file() {
                faults.push(format!("{id} has no file {ending}"));
            }
            continue;
        }
        let said = match outcome(folder, ending).await {
            Ok(said) => said,
            Err(error) => {
                faults.push(error);
                continue;
            }
        };
        for line in expected.lines() {
            let (name, value) = line.trim_start_matches('!').split_once('=').expect("name=value");
            if said.values.contains(&(name.to_owned(), value.to_owned())) == line.starts_with('!') {
                faults.push(format!("{id}: {ending} does not yield {line}: {said:#?}"));
            }
        }
        let named: Vec<_> = said.reasons.iter().filter(|why| why.rule == id).collect();
        match ending {
            // Taken, but for what a list still waits for; what computes says what it found wrong by other rules.
            "pass"
                if !named.is_empty()
                    || (expected.is_empty() && said.reasons.iter().any(|why| !why.is_of_match()))
                    || said.turned_away() =>
            {
                faults.push(format!("{id}: pass is not taken: {said:#?}"));
            }
            "fail" if named.is_empty() && expected.is_empty() => {
                faults.push(format!("{id}: fail is not refused by it: {said:#?}"));
            }
            _ if named.iter().any(|why| !why.is_whole) => faults.push(format!("{id} does not say what or where")),
            _ => {}
        }
    }
    faults
}
