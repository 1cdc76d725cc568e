//! The key that signs checkpoints: Ed25519, in the C2SP signed-note form.

use crate::proof::{Checkpoint, base64, key_id};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

/// Signs checkpoints of one ledger.
pub struct Signer {
    origin: String,
    key: Ed25519KeyPair,
}

impl Signer {
    /// A signer for the ledger of that origin with a key from 32 bytes of seed.
    ///
    /// # Panics
    /// Never: every 32 bytes are a seed.
    #[must_use]
    pub fn new(origin: String, seed: &[u8; 32]) -> Signer {
        let key = Ed25519KeyPair::from_seed_unchecked(seed).expect("32 bytes are an Ed25519 seed");
        Signer { origin, key }
    }

    /// Origin line of the checkpoints: the ledger's id.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Fills in origin, key and signed note.
    #[must_use]
    pub fn sign(&self, mut checkpoint: Checkpoint) -> Checkpoint {
        checkpoint.origin.clone_from(&self.origin);
        checkpoint.public_key = self.key.public_key().as_ref().to_vec();
        let body = checkpoint.body();
        let signature = self.key.sign(body.as_bytes());
        let mut signed = key_id(&self.origin, &checkpoint.public_key).to_vec();
        signed.extend_from_slice(signature.as_ref());
        checkpoint.signed_note = format!("{body}\n\u{2014} {} {}\n", self.origin, base64(&signed));
        checkpoint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{NoteError, open_note};

    #[test]
    fn a_signed_checkpoint_verifies_and_a_changed_one_does_not() {
        let signer = Signer::new("swx/test".to_owned(), &[7; 32]);
        let signed = signer.sign(Checkpoint { entries: 3, events: 5, position: 9, ..Checkpoint::default() });
        assert_eq!(open_note(&signed.signed_note, &signed.public_key).as_ref(), Ok(&signed));
        let changed = signed.signed_note.replace("position 9", "position 10");
        assert_eq!(open_note(&changed, &signed.public_key), Err(NoteError::NotSigned));
    }
}
