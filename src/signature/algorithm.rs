//! The algorithms that are known, by their identifiers, and the digests.

use aws_lc_rs::digest;

/// Inclusive canonical XML 1.0, without comments: the only one of the standard.
pub const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
/// The transform that takes the signature out of what it signs.
pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// User id that goes into an SM2 signature unless both sides agreed on another. Source: GM/T 0009-2012, section 10.
pub const SM2_USER_ID: &str = "1234567812345678";

/// How SignedInfo is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA PKCS#1 v1.5 with SHA-1: cards issued before May 2022.
    RsaSha1,
    /// RSA PKCS#1 v1.5 with SHA-256.
    RsaSha256,
    /// SM2 with SM3, by the identifier of specification 202205.
    Sm2Sm3,
    /// The same by the identifier that field code sends.
    Sm2Sm3Alias,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Algorithm; 4] =
        [Algorithm::RsaSha1, Algorithm::RsaSha256, Algorithm::Sm2Sm3, Algorithm::Sm2Sm3Alias];

    /// Its identifier in a message.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Algorithm::RsaSha1 => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            Algorithm::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Algorithm::Sm2Sm3 => "http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3",
            Algorithm::Sm2Sm3Alias => "http://www.w3.org/2000/09/xmldsig#sm2-sm3",
        }
    }

    /// Short name, as on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::RsaSha1 => "rsa-sha1",
            Algorithm::RsaSha256 => "rsa-sha256",
            Algorithm::Sm2Sm3 => "sm2-sm3",
            Algorithm::Sm2Sm3Alias => "sm2-sm3-w3",
        }
    }

    /// The one with that identifier.
    #[must_use]
    pub fn of_uri(uri: &str) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.uri() == uri)
    }

    /// The digest that goes with it when signing.
    #[must_use]
    pub fn digest(self) -> DigestAlgorithm {
        match self {
            Algorithm::RsaSha1 => DigestAlgorithm::Sha1,
            Algorithm::RsaSha256 => DigestAlgorithm::Sha256,
            Algorithm::Sm2Sm3 | Algorithm::Sm2Sm3Alias => DigestAlgorithm::Sm3,
        }
    }

    /// Whether it is SM2 and not RSA.
    #[must_use]
    pub fn is_sm2(self) -> bool {
        match self {
            Algorithm::RsaSha1 | Algorithm::RsaSha256 => false,
            Algorithm::Sm2Sm3 | Algorithm::Sm2Sm3Alias => true,
        }
    }
}

/// How the message is digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SM3.
    Sm3,
}

impl DigestAlgorithm {
    /// All of them.
    pub const ALL: [DigestAlgorithm; 3] = [DigestAlgorithm::Sha1, DigestAlgorithm::Sha256, DigestAlgorithm::Sm3];

    /// Its identifier in a message.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            DigestAlgorithm::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            DigestAlgorithm::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            DigestAlgorithm::Sm3 => "http://www.chinaport.gov.cn/2022/04/xmldsig#sm3",
        }
    }

    /// Short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DigestAlgorithm::Sha1 => "sha1",
            DigestAlgorithm::Sha256 => "sha256",
            DigestAlgorithm::Sm3 => "sm3",
        }
    }

    /// The one with that identifier.
    #[must_use]
    pub fn of_uri(uri: &str) -> Option<DigestAlgorithm> {
        DigestAlgorithm::ALL.into_iter().find(|algorithm| algorithm.uri() == uri)
    }

    /// Bytes of a digest.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            DigestAlgorithm::Sha1 => 20,
            DigestAlgorithm::Sha256 | DigestAlgorithm::Sm3 => 32,
        }
    }

    /// The digest of some bytes.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            DigestAlgorithm::Sha1 => digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec(),
            DigestAlgorithm::Sha256 => digest::digest(&digest::SHA256, bytes).as_ref().to_vec(),
            DigestAlgorithm::Sm3 => {
                use sm3::Digest;
                sm3::Sm3::digest(bytes).to_vec()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn digests_are_those_of_the_standards_examples() {
        assert_eq!(hex(&DigestAlgorithm::Sha1.of(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        // GB/T 32905-2016, example 1.
        let sm3 = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(hex(&DigestAlgorithm::Sm3.of(b"abc")), sm3);
        for algorithm in DigestAlgorithm::ALL {
            assert_eq!(algorithm.of(b"").len(), algorithm.bytes());
            assert_eq!(DigestAlgorithm::of_uri(algorithm.uri()), Some(algorithm));
        }
    }

    #[test]
    fn identifiers_are_read_as_they_are_written() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::of_uri(algorithm.uri()), Some(algorithm));
        }
        assert_eq!(Algorithm::of_uri("http://www.w3.org/2000/09/xmldsig#hmac-sha1"), None);
    }
}
