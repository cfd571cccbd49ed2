//! Turns docs/openapi.yaml, which people read and write, into the JSON that the Worker serves.
#![allow(clippy::expect_used, reason = "a build that cannot go on should say so")]

use std::path::Path;
use std::{env, fs};

fn main() {
    let yaml = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../docs/openapi.yaml");
    println!("cargo::rerun-if-changed={}", yaml.display());
    let text = fs::read_to_string(&yaml).expect("cannot read docs/openapi.yaml");
    let contract: serde_json::Value = serde_yaml_ng::from_str(&text).expect("docs/openapi.yaml is not YAML");
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("openapi.json");
    fs::write(&out, contract.to_string()).expect("cannot write openapi.json");
}
