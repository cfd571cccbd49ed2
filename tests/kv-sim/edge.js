/** KV at one location: a cache of values and of misses in front of the central store. */

import { WorkerEntrypoint } from 'cloudflare:workers'

import { hold, now } from './clock.js'
import { record } from './journal.js'
import { locationOf } from './location.js'
import { MAX_VALUE_BYTES, Refusal, accepted, page, received } from './wire.js'

/** A KV binding points here, with the name of its location in the binding's props. */
export class Edge extends WorkerEntrypoint {
  #location = locationOf(this.ctx.props.location)
  #central = this.env.CENTRAL.getByName('central')

  /** @param {Request} request */
  async fetch(request) {
    const call = await received(request)
    const response = this.#handle(call)
    // What arrived is done, whether or not its sender still waits for the answer.
    this.ctx.waitUntil(response)
    return response
  }

  async #handle(call) {
    const response = await this.#answer(call)
    this.#location.counters[call.kind] += 1
    if (response.status >= 400 && response.status !== MISS) this.#location.counters.refused += 1
    record(this.#location.name, call, response.status)
    return response
  }

  async #answer(call) {
    try {
      const operation = accepted(call)
      const fault = this.#location.fault(operation)
      return await (fault ? this.#faulty(operation, fault) : this.#run(operation))
    } catch (error) {
      if (error instanceof Refusal) return error.response()
      throw error
    }
  }

  async #faulty(operation, { applied = false, latencyMs = 0, status, emptyPage = false }) {
    const early = applied ? await this.#run(operation) : null
    const rest = async () => {
      if (status !== undefined) throw new Refusal(status)
      if (emptyPage && operation.kind === 'list') return page([], operation.after ?? '')
      return early ?? this.#run(operation)
    }
    return latencyMs > 0 ? hold(latencyMs, rest) : rest()
  }

  #run(operation) {
    switch (operation.kind) {
      case 'get':
        return this.#get(operation)
      case 'bulkGet':
        return this.#bulkGet(operation)
      case 'list':
        return this.#list(operation)
      default:
        return this.#write(operation)
    }
  }

  async #get({ keys, cacheTtl }) {
    const { values, cached } = await this.#read(keys, cacheTtl)
    const headers = { 'CF-Cache-Status': cached === 1 ? 'HIT' : 'MISS' }
    const [found] = values
    if (!found) return new Response(null, { status: MISS, headers })
    if (found.metadata !== null) headers['CF-KV-Metadata'] = found.metadata
    if (found.expiration !== null) headers['CF-Expiration'] = String(found.expiration)
    return new Response(found.value, { headers })
  }

  async #bulkGet({ keys, type, withMetadata, cacheTtl }) {
    const { values } = await this.#read(keys, cacheTtl)
    if (values.reduce((sum, found) => sum + (found?.value.length ?? 0), 0) > MAX_VALUE_BYTES) {
      throw new Refusal(413, `Total size of request exceeds the limit of ${MAX_VALUE_BYTES / 1024 / 1024}MB`)
    }
    return Response.json(Object.fromEntries(keys.map((key, i) => [key, shown(values[i], type, withMetadata)])))
  }

  async #list({ keys: [prefix], limit, after }) {
    const { keys, next } = await this.#central.list(this.#location.name, prefix, limit, after)
    return page(keys, next)
  }

  async #write({ keys: [key], value = null, metadata = null, expiration = null }) {
    const { name, cache, settings } = this.#location
    if (!(await this.#central.write(name, { key, value, metadata, expiration }))) throw new Refusal(429)
    if (settings.ownMs === 0) cache.forget(key)
    return new Response()
  }

  /** What this location shows of the keys, and how many of them its cache knew. */
  async #read(keys, cacheTtl) {
    const { name, cache, counters } = this.#location
    const entries = keys.map((key) => cache.get(key, cacheTtl * 1_000))
    const missing = keys.filter((_, i) => entries[i] === undefined)
    counters.cached += keys.length - missing.length
    if (missing.length > 0) {
      const fetched = await cache.fetch(missing, cacheTtl * 1_000, (some) => this.#central.read(name, some))
      for (const [i, entry] of entries.entries()) entries[i] = entry ?? fetched.shift()
    }
    return { values: entries.map(alive), cached: keys.length - missing.length }
  }
}

/** A value is gone at its expiration, also where it is cached. */
const alive = ({ found }) => (found && (found.expiration === null || now() < found.expiration * 1_000) ? found : null)

function shown(found, type, withMetadata) {
  if (!found) return null
  const text = new TextDecoder().decode(found.value)
  const value = type === 'json' ? parsed(text) : text
  return withMetadata ? { value, metadata: found.metadata === null ? null : JSON.parse(found.metadata) } : value
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'At least one of the requested keys corresponds to a non-json value')
  }
}

/** How the store tells the binding that there is no value; the Worker sees null. */
const MISS = 404
