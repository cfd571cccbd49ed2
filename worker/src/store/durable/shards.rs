//! Where a key lives: which of the deployment's objects keeps it, and what that object is called.

use sealed_session::session::Key;

/// The objects of a deployment. Changing any of this means other objects, so neither may change while sessions live.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shards {
    home: Option<&'static str>,
    number: u16,
}

impl Shards {
    /// So many objects near `home`, or near whoever asks each of them first where `home` is empty. Nothing if `home` is
    /// not one of [`HOMES`] or the number is not 1 to 256: placement is one byte.
    #[must_use]
    pub fn new(home: &str, number: u16) -> Option<Self> {
        let known = HOMES.iter().copied().find(|known| *known == home);
        let is_valid = (known.is_some() || home.is_empty()) && (1..=MOST).contains(&number);
        is_valid.then_some(Self { home: known, number })
    }

    /// The objects of `STORE = "durable"` where nothing else is set.
    #[must_use]
    pub const fn usual() -> Self {
        Self { home: None, number: USUAL }
    }

    /// How many there are.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.number
    }

    /// Where the platform shall make them.
    #[must_use]
    pub const fn home(self) -> Option<&'static str> {
        self.home
    }

    /// The shard of a key.
    #[must_use]
    pub fn of(self, key: &Key) -> u16 {
        u16::from(key.placement().0).checked_rem(self.number).unwrap_or_default()
    }

    /// The name of a shard's object.
    #[must_use]
    pub fn name(self, shard: u16) -> String {
        format!("{}-{shard}", self.home.unwrap_or(NOWHERE))
    }
}

/// Cloudflare's location hints: <https://developers.cloudflare.com/durable-objects/reference/data-location/>.
const HOMES: [&str; 9] = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"];
/// Stands in names where there is no home.
const NOWHERE: &str = "any";
/// Some 64 000 calls a second, at the platform's 1 000 per object; and few enough that each is often awake.
const USUAL: u16 = 64;
/// Placement is one byte.
const MOST: u16 = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_home_and_number() {
        assert_eq!(Shards::new("weur", 64).unwrap().name(7), "weur-7");
        assert_eq!(Shards::new("", 64).unwrap().name(63), "any-63");
        assert_eq!(Shards::usual(), Shards::new("", 64).unwrap());
        for (home, number) in [("WEUR", 64), ("weur ", 64), ("any", 64), ("", 0), ("", 257)] {
            assert_eq!(Shards::new(home, number), None, "{home} {number}");
        }
    }

    #[test]
    fn everything_of_a_session_lies_together_and_everything_of_a_user() {
        // The first character and a half of a name is its first byte: "QK" is 0x40.
        let (handle, user) = (format!("QK{}", "A".repeat(41)), format!("_w{}", "A".repeat(41)));
        for (number, of_handle, of_user) in [(1, 0, 0), (7, 1, 3), (64, 0, 63), (256, 64, 255)] {
            let shards = Shards::new("", number).unwrap();
            let of = |text: String| shards.of(&Key::parse(&text).unwrap());
            for kind in ["s", "e", "a"] {
                assert_eq!(of(format!("{kind}:{handle}")), of_handle, "{kind} {number}");
            }
            assert_eq!([of(format!("r:{user}")), of(format!("u:{user}:{handle}"))], [of_user; 2], "{number}");
        }
    }
}
