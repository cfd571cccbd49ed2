//! This crate has a `Cargo.lock` of its own; what it proves is worth something only for the versions that ship.

use std::collections::BTreeSet;

const SHIPPED: &str = include_str!("../../../Cargo.lock");
const TESTED: &str = include_str!("../Cargo.lock");
/// What src/crypto is made of.
const ROOTS: [&str; 7] = ["aes", "aes-gcm", "ctutils", "hmac", "polyval", "sha2", "zeroize"];

#[test]
fn what_is_tested_are_the_versions_that_ship() {
    let (shipped, tested) = (packages(SHIPPED), packages(TESTED));
    let mut seen = BTreeSet::new();
    let mut ahead = ROOTS.to_vec();
    while let Some(wanted) = ahead.pop() {
        let package = shipped.iter().find(|package| package.is(wanted)).unwrap_or_else(|| panic!("no {wanted} ships"));
        if seen.insert((package.name, package.version)) {
            let is_tested = tested.iter().any(|other| (other.name, other.version) == (package.name, package.version));
            assert!(is_tested, "in tests/conformance: cargo update {} --precise {}", package.name, package.version);
            ahead.extend(&package.dependencies);
        }
    }
    assert!(seen.len() > ROOTS.len());
}

struct Package<'a> {
    name: &'a str,
    version: &'a str,
    dependencies: Vec<&'a str>,
}

impl Package<'_> {
    /// A lock file names a dependency by `name`, or by `name version` where there are several.
    fn is(&self, dependency: &str) -> bool {
        match dependency.split_once(' ') {
            Some((name, version)) => (self.name, self.version) == (name, version),
            None => self.name == dependency,
        }
    }
}

fn packages(lock: &'static str) -> Vec<Package<'static>> {
    let package = |block: &'static str| {
        let field = |name| block.lines().find_map(|line| line.strip_prefix(name)?.split('"').nth(1)).unwrap();
        let dependencies = block.split_once("dependencies = [").map_or("", |(_, list)| list);
        let dependencies = dependencies.lines().filter_map(|line| line.split('"').nth(1)).collect();
        Package { name: field("name = "), version: field("version = "), dependencies }
    };
    lock.split("[[package]]").skip(1).map(package).collect()
}
