//! A few published answers for HMAC-SHA-512, where the official sets of tests/conformance do not run: in WebAssembly.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::Hex;
use crate::crypto::derive::Deriver;

/// RFC 4231, sections 4.2 to 4.4: keys of 20, 4 and 20 bytes.
#[test]
fn hmac_sha_512_is_that_of_rfc_4231() {
    let tag = |deriver: Deriver, message: &[u8]| format!("{:?}", Hex::of(&deriver.mac(message)));
    assert_eq!(
        tag(Deriver::new(&[0x0B; 20]), b"Hi There"),
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
         daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
    );
    assert_eq!(
        tag(Deriver::new(b"Jefe"), b"what do ya want for nothing?"),
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
         9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
    );
    assert_eq!(
        tag(Deriver::new(&[0xAA; 20]), &[0xDD; 50]),
        "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39\
         bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"
    );
}
