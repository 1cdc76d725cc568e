//! Pages of lists after AIP-158: a size that is coerced, and a token that only we can read.

use super::Invalid;
use crate::domain::limits::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, TOKEN_CHARS_MAX};
use crate::transport::tls::hex;

/// Items of a page: 0 means the default, more than the limit means the limit.
///
/// # Errors
/// A negative number is [`Invalid`].
pub fn page_size(asked: i32) -> Result<usize, Invalid> {
    match usize::try_from(asked) {
        Ok(0) => Ok(PAGE_SIZE_DEFAULT),
        Ok(size) => Ok(size.min(PAGE_SIZE_MAX)),
        Err(_) => Err(Invalid::new("page_size", "must not be negative")),
    }
}

/// Makes and reads the page tokens of one query. A token of another query is not read.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    query: u32,
}

/// First byte of every token, so that another form can follow.
const VERSION: u8 = 1;

impl Token {
    /// For the query that these parts describe, page size and token left out.
    #[must_use]
    pub fn of_query(parts: &[&[u8]]) -> Token {
        let query = parts.iter().fold(0, |sum, part| {
            let sum = crc32c::crc32c_append(sum, &u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            crc32c::crc32c_append(sum, part)
        });
        Token { query }
    }

    /// The token of a page that begins after `key`.
    #[must_use]
    pub fn write(self, key: &[u8]) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.query.to_be_bytes());
        bytes.extend(key);
        hex(&bytes)
    }

    /// Reads [`Token::write`]; `None` for the empty token of the first page.
    ///
    /// # Errors
    /// [`Invalid`] if it is no token of this query.
    pub fn read(self, text: &str) -> Result<Option<Vec<u8>>, Invalid> {
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = || Invalid::new("page_token", "is not a token of this list with these parameters");
        if text.len() > TOKEN_CHARS_MAX.saturating_mul(2) {
            return Err(wrong());
        }
        let bytes = unhex(text).ok_or_else(wrong)?;
        let (version, rest) = bytes.split_first().ok_or_else(wrong)?;
        let (query, key) = rest.split_at_checked(4).ok_or_else(wrong)?;
        if *version != VERSION || query != self.query.to_be_bytes() {
            return Err(wrong());
        }
        Ok(Some(key.to_vec()))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    digits?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_coerced_and_negative_ones_refused() {
        assert_eq!(page_size(0), Ok(PAGE_SIZE_DEFAULT));
        assert_eq!(page_size(7), Ok(7));
        assert_eq!(page_size(i32::MAX), Ok(PAGE_SIZE_MAX));
        assert!(page_size(-1).is_err());
    }

    #[test]
    fn a_token_of_another_query_is_refused() {
        let token = Token::of_query(&[b"documents", b"621"]).write(b"key");
        assert!(Token::of_query(&[b"documents", b"311"]).read(&token).is_err());
        assert!(Token::of_query(&[b"documents6", b"21"]).read(&token).is_err());
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(key in proptest::collection::vec(any::<u8>(), 0..100)) {
            let token = Token::of_query(&[b"x"]);
            prop_assert_eq!(token.read(&token.write(&key)), Ok(Some(key)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let first = Token::of_query(&[b"x"]).read(&text);
            prop_assert!(first != Ok(None) || text.is_empty());
        }
    }
}
