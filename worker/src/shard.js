// The Durable Object: one shard of the sessions. It keeps values by key and knows nothing about them; what it answers, the
// interpreter in src/store/durable decides. It is JavaScript because the platform calls methods only of a class that
// extends its own.

import { DurableObject } from 'cloudflare:workers'

import { Shard } from './index.js'

export class SessionShard extends DurableObject {
  #table
  #shard
  #hasAlarm = false

  constructor(ctx, env) {
    super(ctx, env)
    this.#table = new Table(ctx.storage.sql)
    this.#shard = new Shard(this.#table)
  }

  /** Answers a call that changes nothing. @param {Uint8Array} message */
  ask(message) {
    return this.#shard.ask(message)
  }

  /**
   * Answers a call for changes. They are made in one synchronous run, and leave nothing behind where that breaks off. The
   * platform holds the answer back until they are on disk.
   *
   * @param {Uint8Array} message
   */
  async change(message) {
    const answer = this.ctx.storage.transactionSync(() => this.#shard.change(message))
    if (!this.#hasAlarm && !this.#table.isEmpty()) await this.#wake(this.#shard.sweepEvery)
    return answer
  }

  /** Removes what expired. There is one alarm at a time, and none where there is nothing to remove. */
  async alarm() {
    // Should the platform give this one up, the next change sets another.
    this.#hasAlarm = false
    const again = this.#shard.sweep()
    if (again !== undefined) await this.#wake(again)
  }

  /** Sets the alarm, unless it is set: setting it costs as much as a write. @param {number} ms */
  async #wake(ms) {
    const { storage } = this.ctx
    if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now() + ms)
    this.#hasAlarm = true
  }
}

/** Values by key in SQLite. Every method is one statement. */
class Table {
  #sql
  #owner

  /** @param {SqlStorage} sql */
  constructor(sql) {
    this.#sql = sql
    // Without row IDs and without an index by expiry, so that a write is one row.
    sql.exec(
      'CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID',
    )
    sql.exec("CREATE TABLE IF NOT EXISTS shard (owner TEXT NOT NULL, swept_to TEXT NOT NULL DEFAULT '')")
  }

  owner() {
    this.#owner ??= this.#sql.exec('SELECT owner FROM shard').toArray()[0]?.owner
    return this.#owner
  }

  setOwner(owner) {
    // Not remembered here: what was written may be rolled back.
    this.#sql.exec('INSERT INTO shard (owner) VALUES (?)', owner)
  }

  get(key) {
    const value = this.#sql.exec('SELECT value FROM entries WHERE key = ?', key).toArray()[0]?.value
    return value && new Uint8Array(value)
  }

  put(key, value, expiresAt) {
    this.#sql.exec(
      `INSERT INTO entries VALUES (?1, ?2, ?3)
       ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at, value = excluded.value`,
      key,
      expiresAt,
      value,
    )
  }

  delete(key) {
    this.#sql.exec('DELETE FROM entries WHERE key = ?', key)
  }

  list(after, end, limit) {
    const found = this.#sql.exec(
      'SELECT key, value FROM entries WHERE key > ? AND key < ? ORDER BY key LIMIT ?',
      after,
      end,
      limit,
    )
    return [...found].flatMap(({ key, value }) => [key, new Uint8Array(value)])
  }

  keyAfter(after, rows) {
    const found = this.#sql.exec('SELECT key FROM entries WHERE key > ? ORDER BY key LIMIT 1 OFFSET ?', after, rows - 1)
    return found.toArray()[0]?.key
  }

  deleteExpired(after, end, at) {
    // After every key comes a character that no key has.
    const last = end ?? '~'
    this.#sql.exec('DELETE FROM entries WHERE key > ? AND key <= ? AND expires_at <= ?', after, last, at)
  }

  sweptTo() {
    return this.#sql.exec('SELECT swept_to FROM shard').toArray()[0]?.swept_to ?? ''
  }

  setSweptTo(key) {
    this.#sql.exec('UPDATE shard SET swept_to = ?', key)
  }

  isEmpty() {
    return this.#sql.exec('SELECT 1 FROM entries LIMIT 1').toArray().length === 0
  }
}
