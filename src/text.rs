//! The text form of bytes: canonical unpadded base64url (FORMAT.md, "Conventions").
//!
//! There is one text for every byte string. The decoder refuses padding, white space, the `+/` alphabet and trailing
//! bits that are not zero, so that a text can be compared where its bytes are meant.

use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

/// Encodes `bytes`, three bytes to four characters.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Decodes exactly `N` bytes, or nothing.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    // The length is compared first: the decoder would fill a part of a longer buffer.
    if text.len() != encoded_len(N) {
        return None;
    }
    let written = Base64UrlUnpadded::decode(text, bytes.as_mut_slice()).ok()?.len();
    (written == N).then_some(bytes)
}

/// Decodes bytes of any length, or nothing.
#[must_use]
pub fn decode_any(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

const fn encoded_len(bytes: usize) -> usize {
    bytes.saturating_mul(4).div_ceil(3)
}
