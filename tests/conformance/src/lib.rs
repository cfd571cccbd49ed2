//! The official vectors for everything that the format is built on, from Project Wycheproof:
//!
//! | set | cases | against |
//! |---|---|---|
//! | C2SP chunked-encryption, AES-256-GCM | 35 | `cobblestone::seal` and `open` |
//! | AES-GCM, 256-bit key and 96-bit nonce | 66 | the cipher, by the calls that `cobblestone` makes |
//! | HMAC-SHA-512 | 174 | `Deriver::mac` |
//! | HKDF-SHA-512 | 80 of 83 | `Deriver::expand` |
//!
//! The kernel keeps its cryptography to itself, so nothing of it could be called from here. Instead its very files are
//! compiled in: what is tested is what ships, and nothing had to be made public for it.

#![cfg(test)]

mod aes_gcm;
mod chunked_encryption;
mod hkdf;
mod hmac;
mod versions;

#[path = "../../../src/crypto/mod.rs"]
#[allow(dead_code, reason = "the sets need the constructions, not the format's labels")]
mod crypto;
