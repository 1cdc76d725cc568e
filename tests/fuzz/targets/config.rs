//! The configuration file: any text.

use single_window::config::{FileConfig, Flags};

/// Pieces for mutations.
pub const WORDS: &[&str] = &[
    "listen = \"127.0.0.1:8443\"\n",
    "metrics_listen = \"[::1]:0\"\n",
    "data = \"d\"\n",
    "signatures = \"unverified\"\n",
    "reflection = true\n",
    "[tls]\n",
    "cert = \"c\"\n",
    "key = \"k\"\n",
    "client_ca = [\"a\"]\n",
    "crl = \"r\"\n",
    "[ledger]\n",
    "kind = \"memory\"\n",
    "kind = \"segments\"\n",
    "[limits]\n",
    "requests_per_second = 0\n",
    "kilobytes_per_second = 4294967296\n",
    "[[bootstrap_parties]]\n",
    "code = \"4101988888\"\n",
    "name = \"示例\"\n",
    "roles = [\"operator\"]\n",
    "aliases = []\n",
    "certificate_sha256 = [\"00\"]\n",
    "customs_codes = [\"4600\"]\n",
    "'''",
    "\"\"\"",
    "#",
    "{",
    "}",
    "[",
    "]",
    "=",
    ".",
    ",",
    "-0",
    "1e999",
    "nan",
    "0x",
    "1979-05-27T07:32:00Z",
    "\\u0000",
    "\\UFFFFFFFF",
];

/// Parses any text and proves it, with and without `--dev`. No file is read: the certificates of parties are left out.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut file = match FileConfig::parse(text) {
        Ok(file) => file,
        Err(reason) => return assert!(!reason.is_empty(), "a refusal has a reason"),
    };
    for party in &mut file.bootstrap_parties {
        party.certificates.clear();
    }
    for dev in [false, true] {
        match file.clone().check(&Flags { dev, ..Flags::default() }) {
            Ok(config) => assert_eq!(config.identity.is_dev(), dev),
            Err(problems) => {
                assert!(!problems.is_empty(), "a refusal has a reason");
                assert!(problems.iter().all(|problem| !problem.key.is_empty() && !problem.what.is_empty()));
            }
        }
    }
}
