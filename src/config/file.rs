//! The configuration file: a mirror of the TOML, and the check that turns it into a [`Config`].

use super::sandbox::{Beside, SandboxFile};
use super::signatures::SignaturesFile;
use super::{Config, Flags, Identity, LedgerKind, Problem, Rate};
use crate::domain::limits::{
    CONFIG_BYTES_MAX, FILED_DXP_ID_CHARS_MAX, RATE_KILOBYTES_PER_SECOND, RATE_REQUESTS_PER_SECOND,
};
use crate::domain::{Party, Role};
use crate::transport::tls::{Files, fingerprint_of_file};
use serde::Deserialize;
use std::collections::HashMap;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

/// The file as written. Relative paths are relative to the folder of the file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// Address and port of the exchange (gRPC and HTTP, mutual TLS). Default `127.0.0.1:8443`; port 0
    /// takes a free one.
    pub listen: Option<String>,
    /// Address and port of metrics and probes, plain HTTP: keep it on loopback. Not given: there are
    /// none, but with `--dev` a free port of loopback.
    pub metrics_listen: Option<String>,
    /// Address and port of the public trace page, plain HTTP without certificates: put a proxy with TLS before it. Not
    /// given: there is none.
    pub public_listen: Option<String>,
    /// Folder of the ledger and the state. Default `data`.
    pub data: Option<PathBuf>,
    /// What happens to signatures in messages: `"verify"` (the default outside `--dev`), `"record-unverified"`, or
    /// a table with more.
    pub signatures: Option<SignaturesFile>,
    /// Whether gRPC reflection is there. Default false, true with `--dev`.
    pub reflection: Option<bool>,
    /// Certificates. Required outside `--dev`, not read with it.
    pub tls: Option<TlsFile>,
    /// Where entries are kept. Default `{ kind = "segments" }`.
    pub ledger: Option<LedgerFile>,
    /// Editions of the schemas beside those that the program carries.
    #[serde(default)]
    pub schemas: SchemasFile,
    /// Made-up persons whose identities are verified, a line `identity number,name` for each: for tests and rehearsals.
    /// Not given: nobody can be asked, and results are `unverified`.
    pub identity_file: Option<PathBuf>,
    /// Limits that may be changed.
    #[serde(default)]
    pub limits: LimitsFile,
    /// Parties that are filed at the first start; later changes go through `FilingService`. One of them
    /// must be an operator, since only operators file others.
    #[serde(default)]
    pub bootstrap_parties: Vec<PartyFile>,
    /// An exchange beside this one, to rehearse in. Default none.
    #[serde(default)]
    pub sandbox: SandboxFile,
    /// The folder that relative paths start at.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// Certificates, all PEM. The files are read again when they change.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFile {
    /// Certificate chain of the server, leaf first.
    pub cert: PathBuf,
    /// Private key of the server.
    pub key: PathBuf,
    /// Authorities that issue client certificates.
    pub client_ca: Vec<PathBuf>,
    /// Revocation lists of those authorities, one file. Not given: none are looked at.
    pub crl: Option<PathBuf>,
}

/// Where entries are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LedgerFile {
    /// Segment files under the data folder.
    Segments {},
    /// In memory only: everything is lost at the stop.
    Memory {},
}

/// Editions of the schemas.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemasFile {
    /// Folder with a folder of schema files for each edition, named as the edition; one named as a carried
    /// edition takes its place. Not given: only those that the program carries.
    pub folder: Option<PathBuf>,
    /// Edition in force for parties whose filing names none. Not given: the one that is in force, at first 202205.
    pub edition: Option<String>,
}

/// Limits that may be changed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsFile {
    /// Requests and stream messages that one party may send a second. Default 20000.
    pub requests_per_second: Option<u32>,
    /// Payload kilobytes that one party may send a second. Default 262144; at least 8192, one message
    /// of the largest size.
    pub kilobytes_per_second: Option<u32>,
}

/// A party to file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyFile {
    /// 18-character credit code or 10-character customs code.
    pub code: String,
    /// Registered name.
    pub name: String,
    /// Any of platform, seller, payment, logistics, declarant, customs, statistics, operator,
    /// site-operator, bank, agency, tax, forex, warehouse.
    pub roles: Vec<String>,
    /// Further codes of the party.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Ids on the exchange platform (DXP), 1 to 30 characters each. The first of the operator is the address of the
    /// exchange itself.
    #[serde(default)]
    pub dxp_ids: Vec<String>,
    /// Client certificates, PEM files; the first certificate of each counts.
    #[serde(default)]
    pub certificates: Vec<PathBuf>,
    /// Client certificates by SHA-256, 64 lower-case hex digits each.
    #[serde(default)]
    pub certificate_sha256: Vec<String>,
    /// Certificates whose keys sign its messages (RSA or SM2), PEM files; every certificate of each counts.
    #[serde(default)]
    pub signing_certificates: Vec<PathBuf>,
    /// For customs: offices that it decides for, four digits each.
    #[serde(default)]
    pub customs_codes: Vec<String>,
    /// Schema edition that its messages are checked by. Not given: the one in force.
    #[serde(default)]
    pub schema_edition: String,
}

/// Reads a file.
///
/// # Errors
/// The one problem that keeps it from being read.
pub fn read(path: &Path) -> Result<FileConfig, Vec<Problem>> {
    let problem = |what: String| vec![Problem { key: path.display().to_string(), what }];
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(CONFIG_BYTES_MAX).read_to_string(&mut text))
        .map_err(|error| problem(format!("cannot be read: {error}")))?;
    let mut file = FileConfig::parse(&text).map_err(problem)?;
    file.folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(file)
}

/// Collects problems while the parts are read.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, key: impl Into<String>, what: impl Into<String>) {
        self.0.push(Problem { key: key.into(), what: what.into() });
    }

    pub(super) fn address(&mut self, key: &str, text: Option<&str>) -> Option<SocketAddr> {
        let text = text?;
        match text.parse() {
            Ok(address) => Some(address),
            Err(_) => {
                self.add(key, format!("{text:?} is no address with a port, such as \"127.0.0.1:8443\""));
                None
            }
        }
    }

    fn rate(&mut self, key: &str, given: Option<u32>, default: u32, least: u32) -> NonZeroU32 {
        let value = given.unwrap_or(default);
        if value < least {
            self.add(key, format!("{value} is less than {least}"));
        }
        NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN)
    }
}

impl FileConfig {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// What the TOML reader says, with line and column.
    pub fn parse(text: &str) -> Result<FileConfig, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// Proves the configuration. Reads the certificate files of parties; opens no port.
    ///
    /// # Errors
    /// All problems at once.
    pub fn check(self, flags: &Flags) -> Result<Config, Vec<Problem>> {
        let mut problems = Problems::default();
        let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 8443));
        let listen = problems.address("listen", self.listen.as_deref());
        let listen = flags.listen.or(listen).unwrap_or(default);
        let metrics_listen = problems.address("metrics_listen", self.metrics_listen.as_deref());
        let public_listen = problems.address("public_listen", self.public_listen.as_deref());
        let dev_metrics = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let metrics_listen = metrics_listen.or_else(|| flags.dev.then_some(dev_metrics));
        let signatures = SignaturesFile::check(self.signatures.as_ref(), flags.dev, &mut problems);
        let identity = self.identity(flags.dev, &mut problems);
        let rate = Rate {
            requests_per_second: problems.rate(
                "limits.requests_per_second",
                self.limits.requests_per_second,
                RATE_REQUESTS_PER_SECOND,
                1,
            ),
            kilobytes_per_second: problems.rate(
                "limits.kilobytes_per_second",
                self.limits.kilobytes_per_second,
                RATE_KILOBYTES_PER_SECOND,
                8192,
            ),
        };
        let bootstrap_parties = self.parties(flags.dev, &mut problems);
        let data = flags
            .data
            .clone()
            .unwrap_or_else(|| self.folder.join(self.data.clone().unwrap_or_else(|| PathBuf::from("data"))));
        let beside = Beside { folder: &self.folder, data: &data, listen, metrics_listen, asked: flags.sandbox };
        let sandbox = self.sandbox.check(&beside, &mut problems);
        match identity {
            Some(identity) if problems.0.is_empty() => Ok(Config {
                listen,
                metrics_listen,
                public_listen,
                data,
                identity,
                reflection: self.reflection.unwrap_or(flags.dev),
                signatures,
                ledger: match self.ledger {
                    None | Some(LedgerFile::Segments {}) => LedgerKind::Segments,
                    Some(LedgerFile::Memory {}) => LedgerKind::Memory,
                },
                rate,
                identity_file: self.identity_file.as_ref().map(|path| self.folder.join(path)),
                schemas: self.schemas.folder.map(|folder| self.folder.join(folder)),
                edition: self.schemas.edition,
                logic: flags.logic,
                bootstrap_parties,
                sandbox,
            }),
            Some(_) | None => Err(problems.0),
        }
    }

    fn identity(&self, dev: bool, problems: &mut Problems) -> Option<Identity> {
        if dev {
            return Some(Identity::Dev);
        }
        let Some(tls) = &self.tls else {
            problems.add("tls", "is missing: give cert, key and client_ca, or start with --dev to try the program out");
            return None;
        };
        if tls.client_ca.is_empty() {
            problems.add("tls.client_ca", "is empty: no client could connect");
        }
        let files = Files {
            certificate: self.folder.join(&tls.cert),
            key: self.folder.join(&tls.key),
            client_ca: tls.client_ca.iter().map(|path| self.folder.join(path)).collect(),
            crl: tls.crl.as_ref().map(|path| self.folder.join(path)),
        };
        Some(Identity::Files(files))
    }

    fn parties(&self, dev: bool, problems: &mut Problems) -> Vec<Party> {
        let mut owners: HashMap<String, usize> = HashMap::new();
        let mut parties = Vec::new();
        for (index, file) in self.bootstrap_parties.iter().enumerate() {
            let key = format!("bootstrap_parties[{index}]");
            let party = self.party(&key, file, problems);
            let codes = std::iter::once(&party.code).chain(&party.aliases).chain(&party.dxp_ids);
            for name in codes.chain(&party.certificate_sha256) {
                if let Some(other) = owners.insert(name.clone(), index).filter(|other| *other != index) {
                    problems.add(&*key, format!("{name} is also of bootstrap_parties[{other}]"));
                }
            }
            parties.push(party);
        }
        if !dev && !parties.iter().any(|party| party.has_role(Role::Operator)) {
            problems.add("bootstrap_parties", "has no party with the role \"operator\": nobody could file others");
        }
        parties
    }

    fn party(&self, key: &str, file: &PartyFile, problems: &mut Problems) -> Party {
        if !matches!(file.code.len(), 10 | 18) || !file.code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            problems
                .add(format!("{key}.code"), "is neither an 18-character credit code nor a 10-character customs code");
        }
        if file.name.trim().is_empty() {
            problems.add(format!("{key}.name"), "is empty");
        }
        for dxp_id in &file.dxp_ids {
            if !(1..=FILED_DXP_ID_CHARS_MAX).contains(&dxp_id.chars().count()) {
                problems.add(format!("{key}.dxp_ids"), format!("{dxp_id:?} has not 1 to 30 characters"));
            }
        }
        if file.roles.is_empty() {
            problems.add(format!("{key}.roles"), "is empty: the party could do nothing");
        }
        let mut roles = Vec::new();
        for name in &file.roles {
            match role(name) {
                Some(role) => roles.push(role as i32),
                None => problems.add(format!("{key}.roles"), format!("{name:?} is no role")),
            }
        }
        let mut certificate_sha256 = Vec::new();
        for digest in &file.certificate_sha256 {
            if crate::transport::convert::is_fingerprint(digest) {
                certificate_sha256.push(digest.clone());
            } else {
                problems
                    .add(format!("{key}.certificate_sha256"), format!("{digest:?} is not 64 lower-case hex digits"));
            }
        }
        for path in &file.certificates {
            match fingerprint_of_file(&self.folder.join(path)) {
                Ok(digest) => certificate_sha256.push(digest),
                Err(error) => problems.add(format!("{key}.certificates"), error.to_string()),
            }
        }
        if file.certificates.is_empty() && file.certificate_sha256.is_empty() {
            problems.add(format!("{key}.certificates"), "there are none: the party could not connect");
        }
        let signing_certificates = self.signing_certificates(key, file, problems);
        Party {
            code: file.code.clone(),
            name: file.name.clone(),
            roles,
            aliases: file.aliases.clone(),
            dxp_ids: file.dxp_ids.clone(),
            certificate_sha256,
            customs_codes: file.customs_codes.clone(),
            active: true,
            schema_edition: file.schema_edition.clone(),
            signing_certificates,
        }
    }

    fn signing_certificates(&self, key: &str, file: &PartyFile, problems: &mut Problems) -> Vec<Vec<u8>> {
        let key = format!("{key}.signing_certificates");
        let mut ders = Vec::new();
        for path in &file.signing_certificates {
            let path = self.folder.join(path);
            match std::fs::read(&path).map(|bytes| crate::signature::ders_of(&bytes)) {
                Ok(Some(found)) => ders.extend(found),
                Ok(None) => problems.add(&*key, format!("{} holds no certificate", path.display())),
                Err(error) => problems.add(&*key, format!("{} cannot be read: {error}", path.display())),
            }
        }
        if let Err((index, error)) = crate::signature::Certificates::of_ders(&ders) {
            problems.add(&*key, format!("certificate {}: {error}", index + 1));
        }
        ders
    }
}

fn role(name: &str) -> Option<Role> {
    match name {
        "platform" => Some(Role::Platform),
        "seller" => Some(Role::Seller),
        "payment" => Some(Role::Payment),
        "logistics" => Some(Role::Logistics),
        "declarant" => Some(Role::Declarant),
        "customs" => Some(Role::Customs),
        "statistics" => Some(Role::Statistics),
        "operator" => Some(Role::Operator),
        "site-operator" => Some(Role::SiteOperator),
        "bank" => Some(Role::Bank),
        "agency" => Some(Role::Agency),
        "tax" => Some(Role::Tax),
        "forex" => Some(Role::Forex),
        "warehouse" => Some(Role::Warehouse),
        _ => None,
    }
}
