/**
 * The central store behind all locations: one Durable Object over SQLite, so that what it acknowledged survives the
 * process. It keeps every version of a key for as long as some location may still see an older one.
 *
 * @typedef {object} Write
 * @property {string} key
 * @property {Uint8Array | null} value Null deletes.
 * @property {string | null} metadata JSON.
 * @property {number | null} expiration Unix seconds.
 */

import { DurableObject } from 'cloudflare:workers'

import { now } from './clock.js'
import { locationOf, longestDelay } from './location.js'

/** Versions of a key are ordered by when they land here: the last to arrive wins, whoever was acknowledged first. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS version (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    origin TEXT,
    acknowledged_at INTEGER NOT NULL,
    lands_at INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    metadata TEXT,
    expiration INTEGER
  );
  CREATE INDEX IF NOT EXISTS version_by_key ON version (key, lands_at DESC, seq DESC);
  CREATE TABLE IF NOT EXISTS part (seq INTEGER, n INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (seq, n));
`

const COLUMNS = 'seq, key, origin, acknowledged_at, lands_at, deleted, metadata, expiration'

export class Central extends DurableObject {
  #sql = this.ctx.storage.sql
  #nextSeq = 1

  constructor(ctx, env) {
    super(ctx, env)
    this.#sql.exec(SCHEMA)
    this.#nextSeq += this.#sql.exec('SELECT COALESCE(MAX(seq), 0) AS last FROM version').one().last
  }

  /**
   * What a location that asks now sees of each key.
   * @param {string} location @param {string[]} keys @returns {(import('./cache.js').Found | null)[]}
   */
  read(location, keys) {
    return keys.map((key) => {
      const version = this.#seen(locationOf(location), key)
      if (!version || !alive(version)) return null
      const { seq, metadata, expiration } = version
      return { value: this.#value(seq), metadata, expiration }
    })
  }

  /**
   * Takes a write, a delete without a value; false if the key was written less than a second ago.
   * @param {string} location @param {Write} write
   */
  write(location, write) {
    const at = now()
    const { last } = this.#sql.exec('SELECT MAX(acknowledged_at) AS last FROM version WHERE key = ?', write.key).one()
    if (last !== null && at - last < WRITE_INTERVAL_MS) return false
    this.#insert(write, location, at, at + locationOf(location).lateness(this.#nextSeq))
    this.#forgetSuperseded(write.key, at - longestDelay())
    return true
  }

  /** A page of keys in the order of their UTF-8 bytes, and the key after which the next one begins. */
  list(location, prefix, limit, after) {
    const { settings } = locationOf(location)
    const versions = this.#sql.exec(
      `SELECT ${COLUMNS} FROM version WHERE key >= ? AND key > ? ORDER BY key, lands_at DESC, seq DESC`,
      prefix,
      after ?? '',
    )
    const keys = []
    let decided = null
    for (const version of versions) {
      if (!version.key.startsWith(prefix)) break
      if (version.key === decided || !locationOf(location).sees(version, now() - settings.listLagMs)) continue
      decided = version.key
      if (!alive(version)) continue
      if (keys.length === limit) return { keys, next: keys[limit - 1].name }
      keys.push({
        name: version.key,
        ...(version.expiration === null ? {} : { expiration: version.expiration }),
        // A string of JSON: the binding parses it.
        ...(version.metadata === null ? {} : { metadata: version.metadata }),
      })
    }
    return { keys, next: null }
  }

  /** Puts a value where every location sees it, past all rules, as who has the store can. @param {Write} write */
  plant(write) {
    this.#sql.exec('DELETE FROM part WHERE seq IN (SELECT seq FROM version WHERE key = ?)', write.key)
    this.#sql.exec('DELETE FROM version WHERE key = ?', write.key)
    this.#insert(write, null, 0, 0)
  }

  /** Every value held, the current ones and those that some location may still see, or does not see yet. */
  dump() {
    const entries = []
    let key = null
    const versions = this.#sql.exec(`SELECT ${COLUMNS} FROM version ORDER BY key, lands_at DESC, seq DESC`).toArray()
    for (const version of versions) {
      const landed = version.lands_at <= now()
      const current = landed && version.key !== key
      if (current) key = version.key
      if (version.deleted === 1) continue
      entries.push({
        key: version.key,
        value: this.#value(version.seq).toBase64(),
        metadata: version.metadata === null ? null : JSON.parse(version.metadata),
        expiration: version.expiration,
        current: current && alive(version),
      })
    }
    return entries
  }

  wipe() {
    this.#sql.exec('DELETE FROM version')
    this.#sql.exec('DELETE FROM part')
    this.#nextSeq = 1
  }

  #seen(location, key) {
    const at = now()
    const versions = this.#sql.exec(
      `SELECT ${COLUMNS} FROM version WHERE key = ? ORDER BY lands_at DESC, seq DESC`,
      key,
    )
    for (const version of versions) if (location.sees(version, at)) return version
    return undefined
  }

  #insert({ key, value, metadata, expiration }, origin, at, landsAt) {
    const seq = this.#nextSeq
    this.#nextSeq += 1
    this.#sql.exec(
      `INSERT INTO version (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      seq,
      key,
      origin,
      at,
      landsAt,
      value === null ? 1 : 0,
      metadata,
      expiration,
    )
    for (let n = 0; value !== null && n * PART_BYTES < value.length; n += 1) {
      this.#sql.exec('INSERT INTO part VALUES (?, ?, ?)', seq, n, value.subarray(n * PART_BYTES, (n + 1) * PART_BYTES))
    }
  }

  #value(seq) {
    const parts = this.#sql.exec('SELECT bytes FROM part WHERE seq = ? ORDER BY n', seq).toArray()
    if (parts.length === 1) return new Uint8Array(parts[0].bytes)
    const value = new Uint8Array(parts.reduce((sum, { bytes }) => sum + bytes.byteLength, 0))
    for (const [n, { bytes }] of parts.entries()) value.set(new Uint8Array(bytes), n * PART_BYTES)
    return value
  }

  /** Drops what lies under a version that landed before `settled`: no location sees that any more. */
  #forgetSuperseded(key, settled) {
    const superseded = this.#sql
      .exec('SELECT seq FROM version WHERE key = ? AND lands_at <= ? ORDER BY lands_at DESC, seq DESC', key, settled)
      .toArray()
      .slice(1)
    for (const { seq } of superseded) {
      this.#sql.exec('DELETE FROM version WHERE seq = ?', seq)
      this.#sql.exec('DELETE FROM part WHERE seq = ?', seq)
    }
  }
}

const alive = ({ deleted, expiration }) => deleted === 0 && (expiration === null || now() < expiration * 1_000)

const WRITE_INTERVAL_MS = 1_000
/** Under the 2 MB that a row of a Durable Object may have. */
const PART_BYTES = 1024 * 1024
