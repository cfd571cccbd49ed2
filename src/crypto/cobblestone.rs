//! Cobblestone-256: C2SP chunked-encryption with SHA-512 and AES-256-GCM, as published at
//! <https://c2sp.org/chunked-encryption>.
//!
//! ```text
//! salt (24) || commitment (32) || chunk 0 || chunk 1 || … || last chunk
//! key (32) || base nonce (12) || commitment (32) =
//!     HKDF-Expand(input key, "c2sp.org/chunked-encryption@v1+" || "AEAD_AES_256_GCM" || 0x00 || salt || context, 76)
//! ```
//!
//! A chunk is 16 KiB of plaintext and a 16-byte tag; the last one is always shorter, so that an end cannot be forged by
//! cutting between chunks. Chunk n uses the base nonce XOR n. Every salt gives a key of its own, so nonces never repeat
//! under a key and the commitment ties the ciphertext to exactly one input key and context.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use ctutils::CtEq;
use zeroize::Zeroizing;

use super::derive::{Deriver, KEY_LEN, Key};

/// Random bytes that begin a ciphertext.
pub(crate) const SALT_LEN: usize = 24;
const COMMITMENT_LEN: usize = 32;
/// Plaintext bytes of every chunk but the last.
const CHUNK_LEN: usize = 16 * 1024;
const TAG_LEN: usize = 16;
const NONCE_LEN: usize = 12;
/// `key || base nonce || commitment`
pub(crate) const MESSAGE_KEYS_LEN: usize = KEY_LEN + NONCE_LEN + COMMITMENT_LEN;
const SEALED_CHUNK_LEN: usize = CHUNK_LEN + TAG_LEN;
/// What an empty message becomes.
pub(crate) const MIN_LEN: usize = SALT_LEN + COMMITMENT_LEN + TAG_LEN;
const INFO_PREFIX: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";

/// Appends the encryption of `message` to `out`.
///
/// `message` is read chunk by chunk straight into `out` and encrypted there: no copy of it is left behind, as long as
/// `out` has [`sealed_len`] bytes of room, which is reserved here first.
///
/// Returns `None` only if the cipher refuses a chunk, which it does at 64 GiB: never.
pub(crate) fn seal(
    input_key: &Key,
    context: &[u8],
    salt: &[u8; SALT_LEN],
    message: &Zeroizing<Vec<u8>>,
    out: &mut Vec<u8>,
) -> Option<()> {
    let keys = MessageKeys::derive(input_key, context, salt);
    out.reserve_exact(sealed_len(message.len()));
    out.extend_from_slice(salt);
    out.extend_from_slice(keys.commitment());

    let cipher = keys.cipher()?;
    let mut chunks = message.chunks_exact(CHUNK_LEN);
    let mut number = 0_u32;
    for chunk in &mut chunks {
        seal_chunk(&cipher, &keys.nonce(number), chunk, out)?;
        number = number.checked_add(1)?;
    }
    // The remainder, possibly empty: always shorter than a chunk, which is what marks it as the last.
    seal_chunk(&cipher, &keys.nonce(number), chunks.remainder(), out)
}

/// Decrypts what [`seal`] made with the same key and context, or returns `None`: there is one reason, "not authentic".
pub(crate) fn open(input_key: &Key, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (salt, rest) = sealed.split_first_chunk::<SALT_LEN>()?;
    let (commitment, mut rest) = rest.split_first_chunk::<COMMITMENT_LEN>()?;
    let keys = MessageKeys::derive(input_key, context, salt);
    // Before anything is decrypted, and without a branch that depends on where they differ.
    if !keys.commitment().ct_eq(commitment.as_slice()).to_bool() {
        return None;
    }

    let cipher = keys.cipher()?;
    let mut message = Zeroizing::new(Vec::with_capacity(rest.len()));
    let mut number = 0_u32;
    while let Some((chunk, after)) = rest.split_at_checked(SEALED_CHUNK_LEN) {
        open_chunk(&cipher, &keys.nonce(number), chunk, &mut message)?;
        number = number.checked_add(1)?;
        rest = after;
    }
    open_chunk(&cipher, &keys.nonce(number), rest, &mut message)?;
    Some(message)
}

/// Key, base nonce and commitment for one salt, for a caller with a cipher of its own.
#[cfg(feature = "wasm")]
pub(crate) fn message_keys(
    input_key: &Key,
    context: &[u8],
    salt: &[u8; SALT_LEN],
) -> Zeroizing<[u8; MESSAGE_KEYS_LEN]> {
    MessageKeys::derive(input_key, context, salt).0
}

/// Bytes that a message of `len` bytes becomes.
pub(crate) const fn sealed_len(len: usize) -> usize {
    let tags = (len / CHUNK_LEN).saturating_add(1).saturating_mul(TAG_LEN);
    len.saturating_add(tags).saturating_add(SALT_LEN + COMMITMENT_LEN)
}

/// `key || base nonce || commitment`, as derived for one salt.
struct MessageKeys(Zeroizing<[u8; MESSAGE_KEYS_LEN]>);

impl MessageKeys {
    fn derive(input_key: &Key, context: &[u8], salt: &[u8; SALT_LEN]) -> Self {
        Self(Deriver::new(input_key).expand(&[INFO_PREFIX, salt, context]))
    }

    fn cipher(&self) -> Option<Aes256Gcm> {
        self.0.first_chunk::<KEY_LEN>().map(|key| Aes256Gcm::new(key.into()))
    }

    /// The base nonce XOR the chunk's number, big-endian.
    fn nonce(&self, number: u32) -> [u8; NONCE_LEN] {
        let mut nonce = [0; NONCE_LEN];
        for (to, from) in nonce.iter_mut().zip(self.0.iter().skip(KEY_LEN)) {
            *to = *from;
        }
        for (to, from) in nonce.iter_mut().rev().zip(number.to_le_bytes()) {
            *to ^= from;
        }
        nonce
    }

    fn commitment(&self) -> &[u8] {
        self.0.last_chunk::<COMMITMENT_LEN>().map_or(&[], |commitment| commitment.as_slice())
    }
}

fn seal_chunk(cipher: &Aes256Gcm, nonce: &[u8; NONCE_LEN], plain: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    out.extend_from_slice(plain);
    let chunk = InOutBuf::from(out.get_mut(start..)?);
    let tag = cipher.encrypt_inout_detached(<&Nonce<_>>::from(nonce), &[], chunk).ok()?;
    out.extend_from_slice(&tag);
    Some(())
}

fn open_chunk(
    cipher: &Aes256Gcm,
    nonce: &[u8; NONCE_LEN],
    sealed: &[u8],
    message: &mut Zeroizing<Vec<u8>>,
) -> Option<()> {
    let (sealed, tag) = sealed.split_last_chunk::<TAG_LEN>()?;
    let start = message.len();
    message.extend_from_slice(sealed);
    let chunk = InOutBuf::from(message.get_mut(start..)?);
    cipher.decrypt_inout_detached(<&Nonce<_>>::from(nonce), &[], chunk, <&Tag>::from(tag)).ok()
}
