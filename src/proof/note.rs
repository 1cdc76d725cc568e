//! Reading back a signed checkpoint: what its body says, and whether a key signed it.
//!
//! Source: C2SP signed-note (text, empty line, signature lines of name and base64 of key id and signature).

use super::{Checkpoint, HASH_BYTES, Hash, base64, sha256};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

/// Bytes of a signed checkpoint.
pub const NOTE_BYTES_MAX: usize = 4 * 1024;
/// Algorithm byte of Ed25519 in signed notes.
pub const NOTE_ED25519: u8 = 1;
/// Bytes of the key id before a signature.
const KEY_ID_BYTES: usize = 4;
/// Begin of a signature line: an em dash and a space.
const SIGNATURE_BEGIN: &str = "\u{2014} ";

/// Why a note proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not of the form that [`Checkpoint::body`] writes, or has no signature line.
    #[error("this is no signed checkpoint")]
    NoCheckpoint,
    /// No line is of the key, or its signature is of another text.
    #[error("the key did not sign this checkpoint")]
    NotSigned,
}

/// Id of a key in the notes of an origin.
#[must_use]
pub fn key_id(origin: &str, public_key: &[u8]) -> [u8; KEY_ID_BYTES] {
    let [a, b, c, d, ..] = sha256(&[origin.as_bytes(), b"\n", &[NOTE_ED25519], public_key]);
    [a, b, c, d]
}

/// The checkpoint of a signed note, if the Ed25519 key signed it.
///
/// # Errors
/// [`NoteError`].
pub fn open_note(note: &str, public_key: &[u8]) -> Result<Checkpoint, NoteError> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(NoteError::NoCheckpoint);
    }
    let (body, signatures) = note.split_once("\n\n").ok_or(NoteError::NoCheckpoint)?;
    let body = format!("{body}\n");
    let checkpoint = parse_body(&body).ok_or(NoteError::NoCheckpoint)?;
    let id = key_id(&checkpoint.origin, public_key);
    let key = UnparsedPublicKey::new(&ED25519, public_key);
    let signed = signatures.lines().any(|line| {
        let signature = line.strip_prefix(SIGNATURE_BEGIN).and_then(|line| line.strip_prefix(&checkpoint.origin));
        let signature = signature.and_then(|line| line.strip_prefix(' ')).and_then(of_base64);
        signature.is_some_and(|bytes| {
            let own = bytes.strip_prefix(&id);
            own.is_some_and(|signature| key.verify(body.as_bytes(), signature).is_ok())
        })
    });
    if !signed {
        return Err(NoteError::NotSigned);
    }
    Ok(Checkpoint { signed_note: note.to_owned(), public_key: public_key.to_vec(), ..checkpoint })
}

fn parse_body(body: &str) -> Option<Checkpoint> {
    let mut lines = body.lines();
    let origin = lines.next()?.to_owned();
    let entries = lines.next()?.parse().ok()?;
    let entries_root = hash(lines.next()?)?;
    let (events, events_root) = lines.next()?.strip_prefix("events ")?.split_once(' ')?;
    let (events, events_root) = (events.parse().ok()?, hash(events_root)?);
    let position = lines.next()?.strip_prefix("position ")?.parse().ok()?;
    let checkpoint =
        Checkpoint { origin, entries, entries_root, events, events_root, position, ..Checkpoint::default() };
    // Written in one way only.
    (checkpoint.body() == body).then_some(checkpoint)
}

fn hash(text: &str) -> Option<Hash> {
    of_base64(text)?.try_into().ok().filter(|hash: &Hash| hash.len() == HASH_BYTES)
}

/// Reads RFC 4648 base64 with padding; `None` if it is written in any other way.
fn of_base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        b'=' => Some(0),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in text.as_bytes().chunks(4) {
        let [a, b, c, d] = <[u8; 4]>::try_from(group).ok()?;
        let sum = digit(a)? << 18 | digit(b)? << 12 | digit(c)? << 6 | digit(d)?;
        let [_, high, middle, low] = sum.to_be_bytes();
        bytes.push(high);
        if c != b'=' {
            bytes.push(middle);
        }
        if d != b'=' {
            bytes.push(low);
        }
    }
    (base64(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    use proptest::prelude::*;

    fn signed() -> (String, Vec<u8>) {
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed");
        let public = key.public_key().as_ref().to_vec();
        let checkpoint =
            Checkpoint { origin: "swx/test".to_owned(), entries: 3, events: 5, position: 9, ..Checkpoint::default() };
        let body = checkpoint.body();
        let signature = [&key_id("swx/test", &public)[..], key.sign(body.as_bytes()).as_ref()].concat();
        (format!("{body}\n{SIGNATURE_BEGIN}swx/test {}\n", base64(&signature)), public)
    }

    #[test]
    fn a_signed_checkpoint_is_read_back() {
        let (note, public) = signed();
        let checkpoint = open_note(&note, &public).expect("signed by that key");
        assert_eq!((checkpoint.entries, checkpoint.events, checkpoint.position), (3, 5, 9));
        assert_eq!(checkpoint.origin, "swx/test");
    }

    #[test]
    fn another_key_and_another_text_prove_nothing() {
        let (note, public) = signed();
        assert_eq!(open_note(&note, &[1; 32]), Err(NoteError::NotSigned));
        let other = note.replace("position 9", "position 8");
        assert_eq!(open_note(&other, &public), Err(NoteError::NotSigned));
        for text in ["", "\n\n", "a\n\nb", &note.replace("events", "Events"), &note.replace("\n3\n", "\n03\n")] {
            assert_eq!(open_note(text, &public), Err(NoteError::NoCheckpoint), "{text}");
        }
    }

    proptest! {
        #[test]
        fn base64_and_back_is_identity(bytes: Vec<u8>) {
            prop_assert_eq!(of_base64(&base64(&bytes)), Some(bytes));
        }

        #[test]
        fn any_note_is_judged_without_a_panic(note in "\\PC*", key: Vec<u8>) {
            prop_assert!(open_note(&note, &key).is_err());
        }

        #[test]
        fn a_changed_byte_is_noticed(place: prop::sample::Index) {
            let (note, public) = signed();
            let mut bytes = note.clone().into_bytes();
            let place = place.index(bytes.len() - 1);
            bytes[place] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                prop_assert!(open_note(&changed, &public).is_err(), "{changed}");
            }
        }
    }
}
