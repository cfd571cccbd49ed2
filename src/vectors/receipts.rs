//! receipts.json: whether a receipt is our own and whom it is about, and how it was issued.

use serde::Deserialize;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Hex, assert_distinct, ring, tenant};
use crate::crypto::derive::{Deriver, Label};
use crate::id::{UserId, UserPseudonym};
use crate::key::Keyring;
use crate::session::{Context, Erasure, Limits, Promises, Receipt};
use crate::text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "description")]
    _description: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    reason: String,
    expect: String,
    keyring: String,
    tenant: String,
    user_id: Hex,
    receipt: String,
    at: Option<u64>,
    ended: Option<u32>,
    complete_by: Option<u64>,
    partial: Option<bool>,
    nonce: Option<Hex>,
    receipt_key: Option<Hex>,
    pseudonym: Option<Hex>,
    about: Option<Hex>,
    tag: Option<Hex>,
}

/// What a vector that was issued says beyond its text: all of it, or it is not a vector.
struct Issued<'a> {
    erasure: Erasure,
    nonce: &'a Hex,
    receipt_key: &'a Hex,
    pseudonym: &'a Hex,
    about: &'a Hex,
    tag: &'a Hex,
}

impl Vector {
    fn ring(&self) -> Keyring {
        ring(&self.keyring, &self.name)
    }

    fn user(&self) -> UserId {
        core::str::from_utf8(&self.user_id.0).ok().and_then(UserId::parse).unwrap_or_else(|| panic!("{}", self.name))
    }

    fn class(&self) -> &'static str {
        let context = Context::new(&self.ring(), tenant(&self.tenant, &self.name), Limits::default(), Promises::EXACT);
        let Some(receipt) = Receipt::parse(&self.receipt) else { return "malformed" };
        match (context.is_own(&receipt), context.is_about(&receipt, &self.user())) {
            (true, true) => "own",
            (true, false) => "another_user",
            (false, false) => "unauthentic",
            (false, true) => panic!("{}: about a user, and not authentic", self.name),
        }
    }

    /// The vector as one that was issued; `None` for the others.
    fn issued(&self) -> Option<Issued<'_>> {
        if self.expect != "own" {
            return None;
        }
        let issued = || {
            Some(Issued {
                erasure: Erasure {
                    at: self.at?,
                    ended: self.ended?,
                    complete_by: self.complete_by?,
                    is_partial: self.partial?,
                },
                nonce: self.nonce.as_ref()?,
                receipt_key: self.receipt_key.as_ref()?,
                pseudonym: self.pseudonym.as_ref()?,
                about: self.about.as_ref()?,
                tag: self.tag.as_ref()?,
            })
        };
        Some(issued().unwrap_or_else(|| panic!("{}: not all that goes with a receipt that was issued", self.name)))
    }
}

fn vectors() -> Vec<Vector> {
    let file: File = serde_json::from_str(include_str!("../../tests/vectors/receipts.json")).unwrap();
    file.vectors
}

#[test]
fn the_file_is_whole() {
    let vectors = vectors();
    assert_distinct(vectors.iter().map(|vector| vector.name.as_str()));
    assert!(vectors.iter().all(|vector| !vector.reason.is_empty()));
    let of = |class| vectors.iter().filter(|vector| vector.expect == class).count();
    for (class, least) in [("own", 10), ("another_user", 4), ("unauthentic", 15), ("malformed", 20)] {
        assert!(of(class) >= least, "{class}: {} vectors, there were {least}", of(class));
    }
    assert_eq!(vectors.iter().filter_map(Vector::issued).count(), of("own"));
}

#[test]
fn every_receipt_is_ours_and_about_its_user_or_refused_for_its_reason() {
    for vector in vectors() {
        assert_eq!(vector.class(), vector.expect, "{}: {}", vector.name, vector.reason);
    }
}

#[test]
fn every_receipt_that_was_issued_is_issued_again_byte_for_byte() {
    for vector in vectors() {
        let Some(issued) = vector.issued() else { continue };
        let name = &vector.name;
        let tenant = tenant(&vector.tenant, name);
        let key = vector.ring().lookup().unwrap().derive(Label::Receipt, &[tenant.as_str().as_bytes()]);
        assert_eq!(Hex::of(key.as_slice()), *issued.receipt_key, "{name}: receipt_key");
        let user: UserPseudonym = vector.user().pseudonym(&vector.ring(), &tenant).unwrap();
        assert_eq!(Hex::of(user.as_bytes()), *issued.pseudonym, "{name}: pseudonym");

        let receipt = Receipt::issue_with(&key, user, issued.erasure, issued.nonce.array());
        assert_eq!(receipt.to_text(), vector.receipt, "{name}: {}", vector.reason);
        let read = Receipt::parse(&vector.receipt).unwrap_or_else(|| panic!("{name}: not read"));
        assert_eq!((read, read.erasure()), (receipt, issued.erasure), "{name}");
    }
}

#[test]
fn commitment_and_tag_are_what_the_format_says() {
    for vector in vectors() {
        let Some(issued) = vector.issued() else { continue };
        let (name, key) = (&vector.name, Deriver::new(&issued.receipt_key.array::<32>()));
        // The labels are spelt out as FORMAT.md has them: the issuer's own could be wrong in both places.
        let about = key.mac(&[b"about\0".as_slice(), &issued.nonce.0, &issued.pseudonym.0].concat());
        assert_eq!(Hex::of(&about[..32]), *issued.about, "{name}: about");
        let bytes = text::decode_any(vector.receipt.strip_prefix("srt1_").unwrap()).unwrap();
        let (signed, tag) = bytes.split_at(70);
        assert_eq!(Hex::of(&signed[22..38]), *issued.nonce, "{name}: nonce in the receipt");
        assert_eq!(Hex::of(&signed[38..]), *issued.about, "{name}: about in the receipt");
        assert_eq!(Hex::of(tag), *issued.tag, "{name}: tag in the receipt");
        assert_eq!(Hex::of(&key.mac(&[b"receipt\0", signed].concat())), *issued.tag, "{name}: tag");
    }
}
