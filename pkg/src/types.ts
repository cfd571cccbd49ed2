/** A keyring's text: `slk1_…,ssk1_new,ssk1_old`. The first root key seals, every one opens. */
export type Keys = string;

/** Seconds, or a number with its unit. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd'}`;

/** What a call takes besides its subject. */
export interface CallOptions {
  /** Abandons the call. What was sent to the store before stands. */
  signal?: AbortSignal | undefined;
  /** Where the runtime stops work once a request is answered (Workers): what is told of writes that nobody waits for. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

export interface CreateOptions<T> extends CallOptions {
  /** What the session holds; `{}` where nothing is said. */
  data?: T | undefined;
  /** Whose it is: 1 to 256 bytes. Needs a lookup key. */
  user?: string | undefined;
  /** What a list of the user's sessions shows ("Firefox on Linux"): 1 to 128 bytes. */
  label?: string | undefined;
  /** It ends when nobody used it for this long. */
  idle?: Duration | undefined;
  /** It ends after this long, whatever happens. */
  absolute?: Duration | undefined;
  /** An ID of your own, a foreign one: 16 to 128 visible ASCII characters with at least 122 random bits. A session under it is replaced. Needs a lookup key. */
  id?: string | undefined;
}

export interface ReadOptions extends CallOptions {
  /** Ask the store for everything, whatever was found settled here before. */
  strict?: boolean | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Only if the session has this version, else `version_conflict`. */
  version?: string | undefined;
  /** Another user, or `null` for none. */
  user?: string | null | undefined;
  /** Another label, or `null` for none. */
  label?: string | null | undefined;
  /** Another idle window. */
  idle?: Duration | undefined;
}

export interface RegenerateOptions<T> extends CallOptions {
  /** For how long the old data stays readable under the old ID; at most a minute. */
  grace?: Duration | undefined;
  /** Who logged in: lifetimes start anew. */
  user?: string | undefined;
  /** What the session holds from now on. */
  data?: T | undefined;
}

/** What every call that leaves a session alive answers. */
export interface SessionState {
  /** The session's public name: it opens nothing, and may stand in a URL. */
  handle: string;
  /** A token against cross-site request forgery, bound to the session's ID. */
  csrf: string;
  /** Which write it is from; for `version` in a later write. */
  version: string;
  /** When it was created, or its user logged in. */
  createdAt: Date;
  /** When it ends, whatever happens. */
  expiresAt: Date;
  /** When it ends if nobody uses it. */
  idleExpiresAt: Date;
}

/** A session as it was written. */
export interface Written extends SessionState {
  /** When it was last seen, as recorded: late by a tenth of the idle window at the most. */
  lastSeenAt: Date;
}

/** A session as it is read. */
export interface Session<T> extends Written {
  data: T;
  user: string | undefined;
  label: string | undefined;
}

/** A session with a new ID. */
export interface Created extends SessionState {
  /** The ID to hand to the session's owner, and to nobody else. Your own where you gave one. */
  id: string;
}

/** How long an end may take to be true everywhere. */
export interface Ended {
  /** Seconds; 0 where the store is exact. */
  revocationBound: number;
}

/** A session in its user's list. */
export interface ListedSession {
  handle: string;
  label: string | undefined;
  createdAt: Date;
  /** When it got its user. */
  joinedAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
  idleExpiresAt: Date;
}

export interface PageOptions extends CallOptions {
  /** Sessions at most: 100, and fewer where you say so. */
  limit?: number | undefined;
  /** `next` of the page before. */
  cursor?: string | undefined;
}

/** A page of a user's live sessions. */
export interface SessionList {
  sessions: ListedSession[];
  /** Where the next page starts, if there is one. A page may be empty and still have a next. */
  next: string | undefined;
}

export interface RevokeAllOptions extends CallOptions {
  /** The ID of a session that stays: it must be alive, and theirs. */
  except?: string | undefined;
  /** `next` of the call before. */
  cursor?: string | undefined;
}

/** What a revoke-all did. */
export interface RevokedAll extends Ended {
  /** Sessions that this call ended. */
  ended: number;
  /** Whether to call again, with `next` as `cursor`; the bound counts from the answer that says no. */
  more: boolean;
  next: string | undefined;
}

export interface EraseOptions extends CallOptions {
  /** `next` of the call before. */
  cursor?: string | undefined;
  /** `receipt` of the call before, so that the last one counts everything. */
  receipt?: string | undefined;
}

/** What an erasure came to. */
export interface Erasure {
  erasedAt: Date;
  sessionsEnded: number;
  /** When the last trace is gone from the store. */
  completeBy: Date;
  /** There was more to end, and another call goes on. */
  partial: boolean;
}

export interface Erased extends Erasure, Ended {
  /** Proof of it that names nobody: `srt1_…`. */
  receipt: string;
  more: boolean;
  next: string | undefined;
}

export interface ExportOptions extends PageOptions {
  /** The ID of a session of theirs whose data is to be included. */
  session?: string | undefined;
}

/** A session as an export shows it: nothing that lets anybody use it. */
export type ExportedSession<T> = Omit<Session<T>, 'csrf' | 'version' | 'user'>;

/** What is held about a user that can be read without their cookie. */
export interface Exported<T> extends SessionList {
  schema: 'sealed-session/export/v1';
  exportedAt: Date;
  user: string;
  /** Lines of the list that do not open. */
  unreadableSessions: number;
  /** When all of their sessions were last ended at once. */
  revokedAt: Date | undefined;
  /** The session that was asked for. */
  session: ExportedSession<T> | undefined;
}

/** What a receipt is. */
export type Verified = { authentic: false } | ({ authentic: true; aboutUser: boolean | undefined } & Erasure);

/** The sessions of one user. */
export interface UserSessions<T> {
  /** Their live sessions, a page at a time. */
  list(options?: PageOptions): Promise<SessionList>;
  /** Ends one of theirs; `no_such_session` where it is not. */
  revoke(handle: string, options?: CallOptions): Promise<Ended>;
  /** Ends all of theirs, but for one where you say so. Again while it says `more`. */
  revokeAll(options?: RevokeAllOptions): Promise<RevokedAll>;
  /** Everything held about them, a page at a time (GDPR, articles 15 and 20). */
  export(options?: ExportOptions): Promise<Exported<T>>;
  /** Ends and forgets everything (GDPR, article 17). Again while it says `more`. */
  erase(options?: EraseOptions): Promise<Erased>;
}

/** A write of RFC 7396: what it names is replaced, what it names as `null` is removed. */
export type MergePatch<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: MergePatch<T[K]> | null }
    : T;

/** Sessions, wherever their rules run. Every call throws `SealedSessionError`; a session that is not there is one answer, whatever the reason. */
export interface Sessions<T> {
  /** A new session. */
  create(options?: CreateOptions<T>): Promise<Created>;
  /** The session, or nothing. Slides the idle deadline. */
  read(id: string, options?: ReadOptions): Promise<Session<T> | undefined>;
  /** Replaces the data of a live session. */
  replace(id: string, data: T, options?: WriteOptions): Promise<Written>;
  /** Applies a merge patch to the data of a live session. */
  patch(id: string, patch: MergePatch<T>, options?: WriteOptions): Promise<Written>;
  /** A new ID for the same session; the old one dies. With `user` it is the login. */
  regenerate(id: string, options?: RegenerateOptions<T>): Promise<Created>;
  /** Ends it, also where it is gone already. No late write revives it. */
  end(id: string, options?: CallOptions): Promise<Ended>;
  /** The sessions of one user. */
  user(user: string): UserSessions<T>;
  /** Whether an erasure's receipt is ours, what it says, and whether it is about this user. */
  verify(receipt: string, user?: string): Promise<Verified>;
  /** The public name of a session. */
  handle(id: string): string;
  /** The token against cross-site request forgery of a session. */
  csrfToken(id: string): string;
}
