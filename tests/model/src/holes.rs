//! Promises that the rules do not keep yet, one switch each: `true` once they do. The model found each of them, and does
//! again when its switch is turned (README.md, "Known holes").

/// An end reaches what a regenerate made of the session that did not see the end yet, and no grace of such a regenerate
/// stands over the end (DESIGN.md, "What KV does not promise").
pub const LOGOUT_REACHES_SUCCESSORS: bool = false;

/// In an exact store a revoke-all finds an old ID in its grace. A regenerate takes it out of the user's index at once.
pub const REVOKE_ALL_REACHES_GRACE: bool = false;

/// In an eventual store a create is sent within D of the time in its record, as every other write is. A slower one is
/// settled as soon as it is seen, whatever marker is still to be seen. Until then the driver sees to it.
pub const CREATES_ARE_SENT_IN_TIME: bool = false;

/// In an eventual store a revoke-all ends sessions that its list does not show yet, also where 2V after the time in the
/// record, from which on instances settle it, is over before the marker is seen.
pub const REVOKE_ALL_REACHES_THE_UNLISTED: bool = false;

/// The marker of a foreign ID outlives everything that it covers. It is kept until the deadline of the session that was
/// seen when it was written (by a regenerate, and in an exact store by an end): where that is earlier, the bar is over
/// too soon, and what was created meanwhile comes back.
pub const MARKERS_OUTLIVE_FOREIGN_SESSIONS: bool = false;
