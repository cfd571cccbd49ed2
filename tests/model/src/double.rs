//! Doubles: one rule left out each, outside of the kernel. The model has to notice.

use sealed_session::session::{Change, Key};

use crate::setup::Kind;

/// What is done wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Double {
    /// `e:` is never seen. In an exact store that is harmless: the conditions of every write see it, and an end takes the
    /// record with it.
    BarsHidden,
    /// An object applies the first change of a batch, and no other.
    BatchesTorn,
    /// The exact store applies whatever the conditions say.
    ConditionsIgnored,
    /// A list leaves out an entry.
    ListsForget,
    /// Writes are sent however late it is.
    NotAfterIgnored,
    /// Every session is in every user's index, as far as a get of one entry shows.
    OwnersUnchecked,
    /// `r:` is never seen.
    RevocationsHidden,
    /// A version is settled V after it was written, not 2V.
    SettlingAtV,
    /// A version is settled by the first clean check.
    SettlingAtOnce,
    /// A touch puts the record that it read once more.
    TouchRewrites,
}

impl Double {
    /// All of them, each with the stores in which it must be noticed.
    pub const ALL: [(Self, Kind); 15] = [
        (Self::BarsHidden, Kind::Eventual),
        (Self::BatchesTorn, Kind::Durable),
        (Self::ConditionsIgnored, Kind::Durable),
        (Self::ConditionsIgnored, Kind::Exact),
        (Self::ListsForget, Kind::Durable),
        (Self::ListsForget, Kind::Exact),
        (Self::NotAfterIgnored, Kind::Eventual),
        (Self::OwnersUnchecked, Kind::Eventual),
        (Self::OwnersUnchecked, Kind::Exact),
        (Self::RevocationsHidden, Kind::Eventual),
        (Self::SettlingAtV, Kind::Eventual),
        (Self::SettlingAtOnce, Kind::Eventual),
        (Self::TouchRewrites, Kind::Durable),
        (Self::TouchRewrites, Kind::Exact),
        (Self::TouchRewrites, Kind::Eventual),
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BarsHidden => "bars-hidden",
            Self::BatchesTorn => "batches-torn",
            Self::ConditionsIgnored => "conditions-ignored",
            Self::ListsForget => "lists-forget",
            Self::NotAfterIgnored => "not-after-ignored",
            Self::OwnersUnchecked => "owners-unchecked",
            Self::RevocationsHidden => "revocations-hidden",
            Self::SettlingAtV => "settling-at-v",
            Self::SettlingAtOnce => "settling-at-once",
            Self::TouchRewrites => "touch-rewrites",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().map(|(double, _)| double).find(|double| double.name() == name)
    }

    /// The visibility that the rules are told instead of this one.
    pub(crate) const fn visibility(self, promised: u32) -> u32 {
        match self {
            Self::SettlingAtOnce => 0,
            Self::SettlingAtV => promised / 2,
            _ => promised,
        }
    }

    /// What a get shows under this key.
    pub(crate) fn show(self, key: &Key, value: &mut Option<Vec<u8>>) {
        match (self, key) {
            (Self::BarsHidden, Key::Ended(_)) | (Self::RevocationsHidden, Key::Revoked(_)) => *value = None,
            (Self::OwnersUnchecked, Key::User(..)) => {
                value.get_or_insert_default();
            }
            _ => {}
        }
    }

    /// What becomes of a read's touch, where the read had seen this record.
    pub(crate) fn touch(self, touch: Change, record: Option<&(Key, Vec<u8>)>) -> Change {
        match (self, &touch, record) {
            (
                Self::TouchRewrites,
                Change::Put { key: Key::Activity(_) | Key::User(..), expires_at, .. },
                Some((key, value)),
            ) => Change::Put { key: *key, value: value.clone(), expires_at: *expires_at },
            _ => touch,
        }
    }
}
