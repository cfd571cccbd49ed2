//! The sealed envelope, version 1 (FORMAT.md, "Envelope").
//!
//! ```text
//! header   = 0xF5 || key ID (4) || expires_at (u32, Unix seconds)                        9 bytes
//! envelope = header || Cobblestone-256(input key, context = header, message = padded payload)
//!          = header || salt (24) || commitment (32) || chunks
//! ```
//!
//! The header travels in the clear and is bound into the key, and so is the subject: an envelope that was moved to
//! another session, or given a longer life, does not open. 0xF5 never occurs in UTF-8, so no text is ever taken for an
//! envelope.

use core::fmt;

use zeroize::Zeroizing;

use crate::crypto::cobblestone::{self, SALT_LEN};
use crate::error::{OpenError, SealError};
use crate::key::KeyId;
use crate::scope::Scope;
use crate::text;

/// Seals `payload` so that only a holder of the keyring can read it, and only for this scope and `subject`.
///
/// `expires_at` is in Unix seconds; [`open`] enforces it, a store's own expiry only tidies up. Sealing the same payload
/// twice yields unrelated envelopes.
///
/// # Errors
///
/// [`SealError::Random`] when the platform's random source fails: nothing is sealed then. [`SealError::ExpiresAtZero`]
/// and [`SealError::TooLarge`] for what the format does not carry.
pub fn seal(scope: &Scope, subject: &[u8], payload: &[u8], expires_at: u32) -> Result<Vec<u8>, SealError> {
    let mut salt = [0; SALT_LEN];
    getrandom::fill(&mut salt).map_err(|_| SealError::Random)?;
    seal_with(scope, subject, payload, expires_at, salt, scope.floor())
}

/// [`seal`] with the salt and the least padded length chosen by the caller. A repeated salt destroys confidentiality,
/// so this stays in the crate: known answers come through here, callers do not.
pub(crate) fn seal_with(
    scope: &Scope,
    subject: &[u8],
    payload: &[u8],
    expires_at: u32,
    salt: [u8; SALT_LEN],
    floor: usize,
) -> Result<Vec<u8>, SealError> {
    if expires_at == 0 {
        return Err(SealError::ExpiresAtZero);
    }
    if payload.len() > MAX_PAYLOAD_LEN || subject.len() > MAX_SUBJECT_LEN {
        return Err(SealError::TooLarge);
    }
    // A keyring has at least one root key, so there is always one that seals.
    let (key_id, input_key) = scope.sealing_key(subject).ok_or(SealError::TooLarge)?;
    let header = Header { key_id, expires_at }.to_bytes();
    let message = pad(payload, floor);
    let mut envelope = Vec::with_capacity(HEADER_LEN.saturating_add(cobblestone::sealed_len(message.len())));
    envelope.extend_from_slice(&header);
    cobblestone::seal(&input_key, &header, &salt, &message, &mut envelope).ok_or(SealError::TooLarge)?;
    Ok(envelope)
}

/// Opens an envelope made by [`seal`] for the same scope and `subject`, as of `now` (Unix seconds).
///
/// # Errors
///
/// See [`OpenError`]. Expiry is looked at only after everything has been authenticated.
pub fn open(scope: &Scope, subject: &[u8], envelope: &[u8], now: u32) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (header, header_bytes, sealed) = Header::split(envelope).ok_or(OpenError::Malformed)?;
    let input_key = scope.opening_key(header.key_id, subject).ok_or(OpenError::UnknownKey)?;
    let message = cobblestone::open(&input_key, header_bytes, sealed).ok_or(OpenError::Unauthentic)?;
    // Only now is `expires_at` to be believed.
    if header.expires_at <= now {
        return Err(OpenError::Expired);
    }
    unpad(message).ok_or(OpenError::Malformed)
}

/// [`seal`] with the envelope in text form.
///
/// # Errors
///
/// As [`seal`].
pub fn seal_text(scope: &Scope, subject: &[u8], payload: &[u8], expires_at: u32) -> Result<String, SealError> {
    seal(scope, subject, payload, expires_at).map(|envelope| text::encode(&envelope))
}

/// [`open`] for an envelope in text form: canonical unpadded base64url, else [`OpenError::Malformed`].
///
/// # Errors
///
/// As [`open`].
pub fn open_text(scope: &Scope, subject: &[u8], envelope: &str, now: u32) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    open(scope, subject, &text::decode_any(envelope).ok_or(OpenError::Malformed)?, now)
}

/// What a caller with a cipher of its own needs to seal `len` bytes: key (32), base nonce (12), the padded length (u32), and
/// the envelope's beginning, which is all but its chunks.
///
/// # Errors
///
/// As [`seal`].
#[cfg(feature = "wasm")]
pub(crate) fn sealing_keys(
    scope: &Scope,
    subject: &[u8],
    len: usize,
    expires_at: u32,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    if expires_at == 0 {
        return Err(SealError::ExpiresAtZero);
    }
    if len > MAX_PAYLOAD_LEN || subject.len() > MAX_SUBJECT_LEN {
        return Err(SealError::TooLarge);
    }
    let mut salt = [0; SALT_LEN];
    getrandom::fill(&mut salt).map_err(|_| SealError::Random)?;
    let (key_id, input_key) = scope.sealing_key(subject).ok_or(SealError::TooLarge)?;
    let header = Header { key_id, expires_at }.to_bytes();
    let keys = cobblestone::message_keys(&input_key, &header, &salt);
    let (secret, commitment) = keys.split_at(KEYS_BEFORE_COMMITMENT);
    let padded = u32::try_from(padded_len(len, scope.floor())).map_err(|_| SealError::TooLarge)?;
    Ok(Zeroizing::new([secret, padded.to_be_bytes().as_slice(), &header, &salt, commitment].concat()))
}

/// What a caller with a cipher of its own needs to open the chunks of this envelope: key (32), base nonce (12) and what the
/// header says of its expiry (u32), which is not to be believed before all chunks were.
///
/// # Errors
///
/// As [`open`], less what only the chunks tell.
#[cfg(feature = "wasm")]
pub(crate) fn opening_keys(scope: &Scope, subject: &[u8], envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    use ctutils::CtEq;

    let (header, header_bytes, sealed) = Header::split(envelope).ok_or(OpenError::Malformed)?;
    let input_key = scope.opening_key(header.key_id, subject).ok_or(OpenError::UnknownKey)?;
    let (salt, rest) = sealed.split_first_chunk::<SALT_LEN>().ok_or(OpenError::Malformed)?;
    let keys = cobblestone::message_keys(&input_key, header_bytes, salt);
    let (secret, commitment) = keys.split_at(KEYS_BEFORE_COMMITMENT);
    if !rest.get(..commitment.len()).is_some_and(|given| given.ct_eq(commitment).to_bool()) {
        return Err(OpenError::Unauthentic);
    }
    Ok(Zeroizing::new([secret, header.expires_at.to_be_bytes().as_slice()].concat()))
}

/// What an envelope shows without a key. Nothing of it is authenticated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// The root key that it was sealed under.
    pub key_id: KeyId,
    /// When it expires, in Unix seconds.
    pub expires_at: u32,
}

impl Header {
    /// Reads the header of an envelope, or nothing if these bytes cannot be one.
    #[must_use]
    pub fn peek(envelope: &[u8]) -> Option<Self> {
        Self::split(envelope).map(|(header, ..)| header)
    }

    fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = [FORMAT_BYTE; HEADER_LEN];
        let fields = self.key_id.as_bytes().iter().copied().chain(self.expires_at.to_be_bytes());
        for (to, from) in bytes.iter_mut().skip(1).zip(fields) {
            *to = from;
        }
        bytes
    }

    fn split(envelope: &[u8]) -> Option<(Self, &[u8; HEADER_LEN], &[u8])> {
        let (header, sealed) = envelope.split_first_chunk::<HEADER_LEN>()?;
        let (format, fields) = header.split_first()?;
        let (key_id, expires_at) = fields.split_first_chunk::<{ KeyId::LEN }>()?;
        if *format != FORMAT_BYTE || sealed.len() < MIN_SEALED_LEN {
            return None;
        }
        let expires_at = u32::from_be_bytes(*expires_at.first_chunk()?);
        Some((Self { key_id: KeyId::from_bytes(*key_id), expires_at }, header, sealed))
    }
}

/// Which write an envelope came from: its first 12 salt bytes. Fresh at every seal, so it serves as an `ETag` and as
/// the condition of a compare-and-swap, without a counter.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version([u8; VERSION_LEN]);

impl Version {
    /// The version of an envelope, or nothing if these bytes cannot be one.
    #[must_use]
    pub fn of(envelope: &[u8]) -> Option<Self> {
        let (_, _, sealed) = Header::split(envelope)?;
        sealed.first_chunk().copied().map(Self)
    }

    /// Reads a version's 16 characters, or nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text::decode(text).map(|bytes| Self(*bytes))
    }

    /// Its bytes: bytes 9 to 20 of the envelope.
    #[cfg(all(feature = "session", feature = "wasm"))]
    pub(crate) const fn as_bytes(&self) -> &[u8; VERSION_LEN] {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::encode(&self.0))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `payload || 0x80 || zeros`, up to the floor or the next Padmé length.
fn pad(payload: &[u8], floor: usize) -> Zeroizing<Vec<u8>> {
    let padded = padded_len(payload.len(), floor);
    let mut message = Zeroizing::new(Vec::with_capacity(padded));
    message.extend_from_slice(payload);
    message.push(PAD_MARK);
    message.resize(padded, 0);
    message
}

fn padded_len(len: usize, floor: usize) -> usize {
    let marked = len.saturating_add(1);
    padme(marked).max(floor).max(marked)
}

/// Strips zeros and one mark. How many zeros there were is not looked at: a later release may pad otherwise.
fn unpad(mut message: Zeroizing<Vec<u8>>) -> Option<Zeroizing<Vec<u8>>> {
    let end = message.iter().rposition(|byte| *byte != 0)?;
    (message.get(end) == Some(&PAD_MARK)).then(|| {
        message.truncate(end);
        message
    })
}

/// The least Padmé length that holds `n` bytes: at most 12 % more, and log log n bits of what is left to learn.
/// (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", section 4.)
fn padme(n: usize) -> usize {
    let Some(e) = n.checked_ilog2() else { return n };
    let Some(log_e) = e.checked_ilog2() else { return n };
    let free_bits = e.saturating_sub(log_e.saturating_add(1));
    n.checked_next_multiple_of(1_usize.checked_shl(free_bits).unwrap_or(1)).unwrap_or(n)
}

/// Bytes of a payload at most: 1 MiB for what a caller seals, and what a session record adds to it.
pub(crate) const MAX_PAYLOAD_LEN: usize = 1024 * 1024 + 1024;
/// Bytes of a subject at most: longer than any store's key.
pub(crate) const MAX_SUBJECT_LEN: usize = 4096;
const FORMAT_BYTE: u8 = 0xF5;
const PAD_MARK: u8 = 0x80;
const HEADER_LEN: usize = 9;
/// The shortest envelope is 82 bytes: one byte of padding in one chunk.
const MIN_SEALED_LEN: usize = cobblestone::MIN_LEN + 1;
const VERSION_LEN: usize = 12;
/// Key and base nonce.
#[cfg(feature = "wasm")]
const KEYS_BEFORE_COMMITMENT: usize = 32 + 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Keyring;
    use crate::scope::{Purpose, Tenant};

    fn scope() -> Scope {
        let ring = Keyring::parse(&Keyring::generate().unwrap()).unwrap();
        Scope::new(&ring, &Tenant::default(), &Purpose::Session)
    }

    #[test]
    fn the_sealer_refuses_what_the_format_does_not_carry() {
        let scope = scope();
        assert_eq!(seal(&scope, b"", b"", 0), Err(SealError::ExpiresAtZero));
        assert_eq!(seal(&scope, b"", &vec![0; MAX_PAYLOAD_LEN + 1], 1), Err(SealError::TooLarge));
        assert_eq!(seal(&scope, &vec![0; MAX_SUBJECT_LEN + 1], b"", 1), Err(SealError::TooLarge));
        seal(&scope, &vec![0; MAX_SUBJECT_LEN], &vec![0; MAX_PAYLOAD_LEN], 1).unwrap();
    }

    #[test]
    fn sealing_twice_gives_unrelated_envelopes() {
        let scope = scope();
        let (one, two) = (seal(&scope, b"s", b"same", 9).unwrap(), seal(&scope, b"s", b"same", 9).unwrap());
        let same = one.iter().zip(&two).skip(HEADER_LEN).filter(|(a, b)| a == b).count();
        assert!(same < 16, "{same} equal bytes");
    }

    #[test]
    fn the_version_is_the_start_of_the_salt() {
        let envelope = seal(&scope(), b"s", b"", 9).unwrap();
        let version = Version::of(&envelope).unwrap();
        assert_eq!(version.to_string(), text::encode(&envelope[9..21]));
        assert_eq!(Version::parse(&version.to_string()), Some(version));
    }
}
