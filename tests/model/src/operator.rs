//! Revoke-all, as an operator would do it by hand until the kernel has the call: mark, then end what the list shows.
//! The marker covers what the list does not show yet. Steps and inputs are an operation's.

use sealed_session::session::{Change, Input, Key, Outcome, SessionError, Step};
use sealed_session::{Handle, UserPseudonym, text};

/// One revoke-all under way.
pub struct RevokeAll {
    user: UserPseudonym,
    spared: Option<Handle>,
    kept_until: u32,
    /// The order in which handles are ended: a schedule must not depend on their bytes.
    rank: Vec<Handle>,
    stage: Stage,
}

enum Stage {
    Marking,
    Listing,
    /// These are left.
    Ending(Vec<Handle>),
}

impl RevokeAll {
    pub fn start(
        user: UserPseudonym,
        spared: Option<Handle>,
        longest: u64,
        rank: Vec<Handle>,
        now: u64,
    ) -> (Self, Step) {
        let kept_until = u32::try_from((now + longest).div_ceil(1000)).unwrap();
        let value = revoked(kept_until, now, spared);
        let mark = Change::Put { key: Key::Revoked(user), value, expires_at: kept_until };
        (Self { user, spared, kept_until, rank, stage: Stage::Marking }, apply(vec![mark]))
    }

    pub fn resume(&mut self, input: Input, now: u64) -> Step {
        match (&mut self.stage, input) {
            (Stage::Marking, Input::Applied) => {
                self.stage = Stage::Listing;
                Step::List { user: self.user, after: None, limit: 1000 }
            }
            (Stage::Listing, Input::Page(page)) => {
                let handles = page.entries.iter().map(|(handle, _)| *handle);
                let mut left: Vec<Handle> = handles.filter(|handle| Some(*handle) != self.spared).collect();
                left.sort_by_key(|handle| self.rank.iter().position(|known| known == handle));
                self.stage = Stage::Ending(left);
                self.next(now)
            }
            (Stage::Ending(_), Input::Applied) => self.next(now),
            _ => Step::Done { result: Err(SessionError::StoreUnavailable), later: Vec::new() },
        }
    }

    fn next(&mut self, now: u64) -> Step {
        let Stage::Ending(left) = &mut self.stage else { unreachable!("only asked for while ending") };
        let Some(handle) = left.pop() else { return Step::Done { result: Ok(Outcome::Ended), later: Vec::new() } };
        let ended =
            Change::Put { key: Key::Ended(handle), value: ended(self.kept_until, now), expires_at: self.kept_until };
        apply(vec![ended, Change::Delete(Key::Session(handle)), Change::Delete(Key::User(self.user, handle))])
    }
}

fn apply(changes: Vec<Change>) -> Step {
    Step::Apply { when: Vec::new(), changes, not_after: None }
}

/// FORMAT.md, "Markers".
fn revoked(kept_until: u32, until: u64, spared: Option<Handle>) -> Vec<u8> {
    let spared = spared.map_or(vec![0; 32], |handle| text::decode_any(&handle.to_string()).unwrap());
    [&[1][..], &kept_until.to_be_bytes(), &until.to_be_bytes(), &spared].concat()
}

/// FORMAT.md, "Markers": ended now, and no grace.
fn ended(kept_until: u32, at: u64) -> Vec<u8> {
    [&[1][..], &kept_until.to_be_bytes(), &at.to_be_bytes(), &at.to_be_bytes()].concat()
}
