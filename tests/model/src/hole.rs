//! Known holes: what the rules do not keep yet, or not in the words of the promise. Each is excused, so that the model
//! goes on behind it, until somebody demands it (`--demand NAME`): then the model finds it again. When a hole is closed,
//! it leaves [`Hole::OPEN`], and then the enum.

/// What should hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hole {
    /// In an eventual store a create is sent within D of the time in its record, as every other write is. A slower one
    /// is settled as soon as it is seen, whatever marker is still to be seen. While this is excused, the driver sets the
    /// limit that the rules do not.
    CreatesAreSentInTime,
    /// An end reaches the successor's successor. Of a session regenerated twice, the end of the first ID in its grace
    /// ends the second alone, also where that is in its grace; and then an end of the second finds no successor any more.
    EndFollowsGraces,
    /// Of two ends of a foreign ID, the marker of the later one stands. A slow end writes the time at which it began over
    /// that of a quicker one, and what the quicker one had barred is a new session.
    ForeignMarkersAreNew,
    /// The marker of a foreign ID outlives everything that it covers. It is kept until the deadline of the session that
    /// was seen when it was written (by a regenerate, and in an exact store by an end): where that is earlier, the bar
    /// is over too soon, and what was created meanwhile comes back.
    ForeignMarkersStay,
    /// The index keeps a foreign session as long as it may live. A create under its ID that asks for a shorter life, and
    /// then fails, leaves an entry that expires before the session, and no revoke-all finds that any more.
    IndexKeepsForeign,
    /// The index keeps a session whose change of user lost a race in an eventual store. The change deletes the old user's
    /// entry; a write that did not see it arrives later and makes the session that user's again, without an entry. Once
    /// that is settled, no revoke-all finds it until a touch writes the entry anew.
    IndexKeepsRaced,
    /// An end reaches what a regenerate made of the session that did not see the end yet, and no grace of such a
    /// regenerate stands over the end (DESIGN.md, "What KV does not promise").
    LogoutReachesSuccessors,
    /// A revoke-all finds an old ID in its grace, also one whose regenerate was cut off. A regenerate takes it out of
    /// the user's index before its record is replaced.
    RevokeAllReachesGrace,
}

impl Hole {
    /// Those that the rules leave open.
    pub const OPEN: [Self; 8] = [
        Self::CreatesAreSentInTime,
        Self::EndFollowsGraces,
        Self::ForeignMarkersAreNew,
        Self::ForeignMarkersStay,
        Self::IndexKeepsForeign,
        Self::IndexKeepsRaced,
        Self::LogoutReachesSuccessors,
        Self::RevokeAllReachesGrace,
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreatesAreSentInTime => "creates-are-sent-in-time",
            Self::EndFollowsGraces => "end-follows-graces",
            Self::ForeignMarkersAreNew => "foreign-markers-are-new",
            Self::ForeignMarkersStay => "foreign-markers-stay",
            Self::IndexKeepsForeign => "index-keeps-foreign",
            Self::IndexKeepsRaced => "index-keeps-raced",
            Self::LogoutReachesSuccessors => "logout-reaches-successors",
            Self::RevokeAllReachesGrace => "revoke-all-reaches-grace",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::OPEN.into_iter().find(|hole| hole.name() == name)
    }
}
