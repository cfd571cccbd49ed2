/** Workers KV as the simulator has it, through the KV binding of workerd, and the harness that starts both. */

import assert from 'node:assert/strict'
import { after, afterEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Stack } from './harness/workerd.ts'

const PROBE = fileURLToPath(new URL('../kv-sim/probe.js', import.meta.url))
const SECOND = 1_000
const bytes = (value: Uint8Array): { bytes: string } => ({ bytes: Buffer.from(value).toString('base64') })

const stack = await Stack.start({ build: PROBE, instances: { a: { location: 'A' }, b: { location: 'B' } } })
after(() => stack.stop())
afterEach(async () => {
  await stack.kv.configure('A', null)
  await stack.kv.configure('B', null)
})

/** A KV binding at a location. */
class Binding {
  readonly #instance: string

  constructor(instance: string) {
    this.#instance = instance
  }

  async call(method: string, ...args: unknown[]): Promise<any> {
    const response = await stack.fetch('/', { method: 'POST', body: JSON.stringify([method, ...args]) }, this.#instance)
    const { answer, error } = (await response.json()) as { answer?: unknown; error?: string }
    if (error !== undefined) throw new Error(error)
    return answer
  }

  get(key: string | string[], options: object = {}): Promise<any> {
    return this.call('get', key, options)
  }

  put(key: string, value: unknown, options: object = {}): Promise<void> {
    return this.call('put', key, value, options)
  }

  delete(key: string): Promise<void> {
    return this.call('delete', key)
  }

  list(options: object): Promise<{ keys: any[]; list_complete: boolean; cursor?: string }> {
    return this.call('list', options)
  }

  async names(options: object): Promise<string[]> {
    return (await this.list(options)).keys.map(({ name }) => name)
  }
}

const a = new Binding('a')
const b = new Binding('b')

/** Writes again as soon as KV allows. */
async function rewrite(key: string, value: string, options: object = {}): Promise<void> {
  await stack.advance(SECOND)
  await a.put(key, value, options)
}

describe('what KV refuses', () => {
  it('a TTL below 60 seconds', async () => {
    await assert.rejects(a.put('ttl', 'v', { expirationTtl: 59 }), {
      message: 'KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.',
    })
    await a.put('ttl', 'v', { expirationTtl: 60 })
  })

  it('an expiration less than 60 seconds ahead', async () => {
    const second = Math.floor(stack.now() / SECOND)
    await assert.rejects(a.put('expiration', 'v', { expiration: second + 58 }), /400 Invalid expiration of .* 60 sec/)
    await assert.rejects(a.put('expiration', 'v', { expiration: second - 1 }), /400 Invalid expiration of .* greater/)
    await a.put('expiration', 'v', { expiration: second + 62 })
  })

  it('a second write to a key within a second', async () => {
    await a.put('busy', '1')
    await assert.rejects(a.put('busy', '2'), { message: 'KV PUT failed: 429 Too Many Requests' })
    await assert.rejects(b.delete('busy'), { message: 'KV DELETE failed: 429 Too Many Requests' })
    assert.equal(await a.get('busy'), '1')
    await a.put('idle', '1')
    await stack.advance(SECOND)
    await a.put('busy', '2')
    assert.equal(await a.get('busy'), '2')
  })

  it('a key over 512 bytes', async () => {
    await a.put('é'.repeat(256), 'v')
    await assert.rejects(a.put(`${'é'.repeat(256)}k`, 'v'), /414 UTF-8 encoded length of 513 exceeds key length limit/)
    await assert.rejects(a.list({ prefix: 'k'.repeat(513) }), /414 UTF-8 encoded length of 513 exceeds/)
  })

  it('metadata over 1024 bytes', async () => {
    await a.put('metadata', 'v', { metadata: 'm'.repeat(1_022) })
    await assert.rejects(a.put('metadata', 'v', { metadata: 'm'.repeat(1_023) }), /413 Metadata length of 1025 exceeds/)
  })

  it('a value over 25 MiB', async () => {
    await assert.rejects(a.put('large', 'v'.repeat(25 * 1024 * 1024 + 1)), /413 Value length of 26214401 exceeds limit/)
  })

  it('a cacheTtl below 30 seconds', async () => {
    await assert.rejects(a.get('k', { cacheTtl: 29 }), {
      message: 'KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30.',
    })
    assert.equal(await a.get('k', { cacheTtl: 30 }), null)
  })

  it('a page of more than 1000 keys', async () => {
    await assert.rejects(a.list({ limit: 1_001 }), /400 Invalid key_count_limit of 1001/)
  })
})

describe('a value', () => {
  it('comes back as the bytes it was', async () => {
    const value = Uint8Array.from({ length: 512 }, (_, i) => i)
    await a.put('bytes', bytes(value))
    assert.deepEqual(await a.get('bytes', { type: 'arrayBuffer' }), bytes(value))
    await a.put('none', '')
    assert.equal(await a.get('none'), '')
  })

  it('may be larger than a row of the central store', async () => {
    const value = bytes(Uint8Array.from({ length: 3 * 1024 * 1024 + 1 }, (_, i) => i % 251))
    await a.put('rows', value)
    assert.deepEqual(await b.get('rows', { type: 'arrayBuffer' }), value)
  })

  it('has metadata', async () => {
    const metadata = { text: 'é€😀"\n', list: [1, null] }
    await a.put('with', 'v', { metadata })
    assert.deepEqual(await a.call('getWithMetadata', 'with'), { value: 'v', metadata, cacheStatus: 'MISS' })
    await a.put('without', 'v')
    assert.deepEqual(await b.call('getWithMetadata', 'without'), { value: 'v', metadata: null, cacheStatus: 'MISS' })
  })

  it('is gone at its expiration, whatever a cache holds', async () => {
    await a.put('short', 'v', { expirationTtl: 60 })
    assert.equal(await b.get('short', { cacheTtl: 3_600 }), 'v')
    await stack.advance(50 * SECOND)
    assert.equal(await b.get('short', { cacheTtl: 3_600 }), 'v')
    await stack.advance(10 * SECOND)
    assert.equal(await b.get('short', { cacheTtl: 3_600 }), null)
    assert.equal(await a.get('short'), null)
    assert.deepEqual(await a.names({ prefix: 'short' }), [])
  })

  it('may be deleted and put again', async () => {
    await a.put('again', '1')
    await stack.advance(SECOND)
    await a.delete('again')
    assert.equal(await a.get('again'), null)
    assert.deepEqual(await a.names({ prefix: 'again' }), [])
    await rewrite('again', '2')
    assert.equal(await a.get('again'), '2')
    assert.deepEqual(await a.names({ prefix: 'again' }), ['again'])
  })

  it('may be read with others', async () => {
    await a.put('bulk1', '{"n":1}', { metadata: 'm' })
    await a.put('bulk2', '2')
    assert.deepEqual(await a.get(['bulk1', 'bulk2', 'bulk3']), { bulk1: '{"n":1}', bulk2: '2', bulk3: null })
    assert.deepEqual(await a.get(['bulk1', 'bulk2'], { type: 'json', cacheTtl: 30 }), { bulk1: { n: 1 }, bulk2: 2 })
    assert.deepEqual(await a.call('getWithMetadata', ['bulk1']), { bulk1: { value: '{"n":1}', metadata: 'm' } })
    await assert.rejects(a.get(Array.from({ length: 101 }, (_, i) => `k${i}`)), /400 You can request a maximum of 100/)
  })
})

describe('a location', () => {
  it('sees its own writes at once, cached or not', async () => {
    assert.equal(await a.get('own'), null)
    await a.put('own', '1')
    assert.equal(await a.get('own'), '1')
    await rewrite('own', '2')
    assert.equal(await a.get('own'), '2')
  })

  it('caches a miss until its cache time is over', async () => {
    assert.equal(await b.get('missed'), null)
    await a.put('missed', 'v')
    assert.equal(await b.get('missed'), null)
    await stack.advance(50 * SECOND)
    assert.equal(await b.get('missed'), null)
    await stack.advance(10 * SECOND)
    assert.equal(await b.get('missed'), 'v')
  })

  it('shows a value until its cache time is over', async () => {
    await a.put('stale', '1')
    assert.equal(await b.get('stale', { cacheTtl: 30 }), '1')
    await rewrite('stale', '2')
    await stack.advance(20 * SECOND)
    assert.equal(await b.get('stale', { cacheTtl: 30 }), '1')
    await stack.advance(10 * SECOND)
    assert.equal(await b.get('stale', { cacheTtl: 30 }), '2')
  })

  it('takes nothing from its cache that is older than the cacheTtl asked for', async () => {
    await a.put('shorter', '1')
    assert.equal(await b.get('shorter', { cacheTtl: 3_600 }), '1')
    await rewrite('shorter', '2')
    await stack.advance(100 * SECOND)
    assert.equal(await b.get('shorter', { cacheTtl: 3_600 }), '1')
    assert.equal(await b.get('shorter'), '2')
  })

  it('says whether its cache answered', async () => {
    await a.put('status', 'v')
    assert.equal((await b.call('getWithMetadata', 'status')).cacheStatus, 'MISS')
    assert.equal((await b.call('getWithMetadata', 'status')).cacheStatus, 'HIT')
    await stack.kv.evict('B')
    assert.equal((await b.call('getWithMetadata', 'status')).cacheStatus, 'MISS')
  })

  it('sees a write from elsewhere when it has propagated', async () => {
    await stack.kv.configure('B', { propagationMs: 90 * SECOND })
    await a.put('far', '1')
    await stack.advance(80 * SECOND)
    assert.equal(await b.get('far'), null)
    await stack.kv.evict('B')
    await stack.advance(10 * SECOND)
    assert.equal(await b.get('far'), '1')
    await rewrite('far', '2')
    await stack.kv.evict('B')
    assert.equal(await b.get('far'), '1')
    await stack.advance(90 * SECOND)
    assert.equal(await b.get('far'), '2')
  })

  it('sees writes after delays drawn from a range, the same for the same seed', async () => {
    const keys = Array.from({ length: 20 }, (_, i) => `drawn${i}`)
    await stack.kv.configure('B', { propagationMs: [10 * SECOND, 50 * SECOND] })
    await Promise.all(keys.map((key) => a.put(key, 'v')))
    const seen = (): Promise<string[]> => b.names({ prefix: 'drawn' })
    await stack.advance(5 * SECOND)
    assert.equal((await seen()).length, 0)
    await stack.advance(25 * SECOND)
    const early = await seen()
    assert.ok(early.length > 0 && early.length < keys.length, `${early.length} seen`)
    await stack.kv.configure('B', { seed: 2 })
    assert.notDeepEqual(await seen(), early)
    await stack.kv.configure('B', { seed: 1 })
    assert.ok((await seen()).length >= early.length)
    await stack.advance(23 * SECOND)
    assert.equal((await seen()).length, keys.length)
  })

  it('may be late to see its own writes', async () => {
    await stack.kv.configure('A', { ownMs: 10 * SECOND })
    await a.put('slow', 'v')
    assert.equal(await b.get('slow'), 'v')
    assert.equal(await a.get('slow', { cacheTtl: 30 }), null)
    await stack.advance(31 * SECOND)
    assert.equal(await a.get('slow', { cacheTtl: 30 }), 'v')
  })

  it('may have its writes land after they were acknowledged, and after those that came later', async () => {
    await stack.kv.configure('A', { lateMs: 10 * SECOND })
    await a.put('late', 'v')
    assert.equal(await a.get('late'), 'v')
    await stack.advance(2 * SECOND)
    await b.delete('late')
    assert.equal(await b.get('late', { cacheTtl: 30 }), null)
    await stack.advance(31 * SECOND)
    assert.equal(await b.get('late'), 'v')
  })
})

describe('a list', () => {
  it('goes through the keys of a prefix in pages, in the order of their bytes', async () => {
    const keys = ['list:', 'list:1', 'list:10', 'list:2', 'list:Z', 'list:a', 'list:é', 'list:€', 'list:😀']
    const second = Math.floor(stack.now() / SECOND)
    await Promise.all(keys.toReversed().map((key) => a.put(key, 'v', { metadata: { key }, expiration: second + 600 })))
    await a.put('lisu', 'v')
    const first = await a.list({ prefix: 'list:', limit: 5 })
    assert.deepEqual(
      first.keys,
      keys.slice(0, 5).map((name) => ({ name, expiration: second + 600, metadata: { key: name } })),
    )
    assert.equal(first.list_complete, false)
    const rest = await b.list({ prefix: 'list:', limit: 4, cursor: first.cursor })
    assert.deepEqual(rest.keys.map(({ name }) => name), keys.slice(5))
    assert.equal(rest.list_complete, true)
    assert.equal(rest.cursor, undefined)
  })

  it('may lag', async () => {
    await stack.kv.configure('A', { listLagMs: 60 * SECOND })
    await a.put('lag', 'v')
    assert.equal(await a.get('lag'), 'v')
    await stack.advance(50 * SECOND)
    assert.deepEqual(await a.names({ prefix: 'lag' }), [])
    assert.deepEqual(await b.names({ prefix: 'lag' }), ['lag'])
    await stack.advance(10 * SECOND)
    assert.deepEqual(await a.names({ prefix: 'lag' }), ['lag'])
    await a.delete('lag')
    assert.deepEqual(await a.names({ prefix: 'lag' }), ['lag'])
    await stack.advance(60 * SECOND)
    assert.deepEqual(await a.names({ prefix: 'lag' }), [])
  })

  it('may answer a page without keys and go on', async () => {
    await a.put('sparse', 'v')
    await stack.kv.configure('A', { faults: [{ on: 'list', emptyPage: true }] })
    const { keys, list_complete: complete, cursor } = await a.list({ prefix: 'sparse' })
    assert.deepEqual([keys, complete], [[], false])
    assert.deepEqual(await a.names({ prefix: 'sparse', cursor }), ['sparse'])
  })
})

describe('a fault', () => {
  it('refuses so many operations of a kind on keys of a prefix', async () => {
    await stack.kv.configure('A', { faults: [{ on: ['put', 'delete'], prefix: 'f:', times: 2, status: 503 }] })
    await a.put('g:', 'v')
    assert.equal(await a.get('f:'), null)
    await assert.rejects(a.put('f:', 'v'), { message: 'KV PUT failed: 503 Service Unavailable' })
    await assert.rejects(a.delete('f:'), /503/)
    await a.put('f:', 'v')
  })

  it('refuses for a span of time', async () => {
    await stack.kv.configure('A', { faults: [{ status: 429, forMs: 5 * SECOND }] })
    await assert.rejects(a.get('span'), { message: 'KV GET failed: 429 Too Many Requests' })
    await assert.rejects(a.put('span', 'v'), /429/)
    assert.equal(await b.get('span'), null)
    await stack.advance(5 * SECOND)
    await a.put('span', 'v')
  })

  it('may lose the answer to a write that took effect', async () => {
    await stack.kv.configure('A', { faults: [{ on: 'put', status: 500, applied: true }] })
    await assert.rejects(a.put('lost', 'v'), /500/)
    assert.equal(await a.get('lost'), 'v')
  })

  it('may hold an operation until the clock has moved', async () => {
    await stack.kv.configure('A', { faults: [{ on: 'put', latencyMs: 600 * SECOND }] })
    const put = a.put('held', 'v')
    await stack.kv.held()
    assert.equal(await a.get('held'), null)
    await stack.advance(590 * SECOND)
    assert.equal(await b.get('held', { cacheTtl: 30 }), null)
    await stack.advance(31 * SECOND)
    await put
    assert.equal(await b.get('held', { cacheTtl: 30 }), 'v')
  })

  it('holds an operation whose sender has gone', async () => {
    await stack.kv.configure('A', { faults: [{ on: 'put', latencyMs: 60 * SECOND }] })
    const gone = new AbortController()
    const body = JSON.stringify(['put', 'gone', 'v'])
    const put = stack.fetch('/', { method: 'POST', body, signal: gone.signal }, 'a')
    await stack.kv.held()
    gone.abort()
    await assert.rejects(put, { name: 'AbortError' })
    await stack.advance(60 * SECOND)
    await stack.kv.held(0)
    assert.equal(await a.get('gone'), 'v')
  })
})

describe('the control', () => {
  it('counts operations and keeps a journal', async () => {
    await stack.kv.forget()
    await a.put('counted', 'v')
    await a.put('counted', 'v').catch(() => {})
    await a.put('counted', 'v', { expirationTtl: 1 }).catch(() => {})
    await b.get('counted')
    await b.get(['counted', 'uncounted'])
    await b.list({ prefix: 'count' })
    await b.delete('uncounted')
    const none = { get: 0, bulkGet: 0, put: 0, delete: 0, list: 0, cached: 0, refused: 0 }
    assert.deepEqual(await stack.kv.counters('A'), { ...none, put: 3, refused: 2 })
    assert.deepEqual(await stack.kv.counters('B'), { ...none, get: 1, bulkGet: 1, list: 1, delete: 1, cached: 1 })
    const journal = await stack.kv.journal()
    assert.deepEqual(
      journal.map(({ location, kind, keys, status }) => [location, kind, keys.join(), status].join(' ')),
      [
        'A put counted 200',
        'A put counted 429',
        'A put counted 400',
        'B get counted 200',
        'B bulkGet counted,uncounted 200',
        'B list count 200',
        'B delete uncounted 200',
      ],
    )
    await stack.kv.forget()
    assert.deepEqual(await stack.kv.counters('A'), none)
    assert.deepEqual(await stack.kv.journal(), [])
  })

  it('dumps every value held, also those under a newer one', async () => {
    await stack.kv.wipe()
    await stack.kv.configure('B', { propagationMs: 60 * SECOND })
    await a.put('dumped', 'old')
    await rewrite('dumped', 'new', { metadata: { m: 1 }, expirationTtl: 3_600 })
    const dump = await stack.kv.dump()
    assert.deepEqual(
      dump.map(({ value, metadata, current }) => [Buffer.from(value, 'base64').toString(), metadata, current]),
      [
        ['new', { m: 1 }, true],
        ['old', null, false],
      ],
    )
    await stack.kv.wipe()
    assert.deepEqual(await stack.kv.dump(), [])
    assert.equal(await a.get('dumped'), null)
  })

  it('plants values that every location sees', async () => {
    assert.equal(await a.get('planted'), null)
    assert.equal(await b.get('planted'), null)
    await stack.kv.plant('planted', Buffer.from([0, 255]), { metadata: { m: 1 } })
    assert.deepEqual(await a.get('planted', { type: 'arrayBuffer' }), bytes(Uint8Array.of(0, 255)))
    assert.deepEqual((await b.call('getWithMetadata', 'planted')).metadata, { m: 1 })
  })
})

/** Asserts that the clocks of an instance agree with the stack's. */
async function atStackTime(instance: string): Promise<void> {
  const clocks = (await (await stack.fetch('/now', {}, instance)).json()) as number[]
  for (const clock of clocks) assert.ok(Math.abs(clock - stack.now()) < 60 * SECOND, `${clock}, ${stack.now()}`)
}

describe('the stack', () => {
  it('has everything that was acknowledged after a SIGKILL, and the same time and settings', async () => {
    await stack.kv.configure('B', { propagationMs: 2 * 3_600 * SECOND })
    const keys = Array.from({ length: 50 }, (_, i) => `kept${i}`)
    await Promise.all(keys.map((key) => a.put(key, key, { metadata: { key } })))
    await stack.kill()
    await stack.advance(3_600 * SECOND)
    await stack.restart()
    await Promise.all(keys.map(async (key) => assert.equal(await a.get(key), key)))
    assert.deepEqual(await b.names({ prefix: 'kept' }), [])
    await atStackTime('a')
    await stack.advance(3_600 * SECOND)
    assert.deepEqual(await b.names({ prefix: 'kept' }), keys.toSorted())
  })

  it('moves the time of the Workers with that of KV', async () => {
    await stack.advance(24 * 3_600 * SECOND)
    await atStackTime('a')
    await atStackTime('b')
  })

  it('hands over the lines that Workers log', async () => {
    await stack.fetch('/log', { method: 'POST', body: '{"status":200}' })
    assert.equal(await stack.logs.find((line) => line.includes('status')), '{"status":200}')
  })

  it('passes vars exactly, those of an instance over those of all', async () => {
    const vars = { PLAIN: 'v', ODD: '"\\\n\t\x01é€😀\x7f\x80', EMPTY: '' }
    await using other = await Stack.start({
      build: PROBE,
      kvBinding: null,
      vars,
      instances: { one: {}, two: { vars: { PLAIN: 'w' } } },
    })
    assert.deepEqual(await (await other.fetch('/vars')).json(), vars)
    assert.deepEqual(await (await other.fetch('/vars', {}, 'two')).json(), { ...vars, PLAIN: 'w' })
    await other.restart({ vars: {} })
    assert.deepEqual(await (await other.fetch('/vars')).json(), {})
  })

  it('keeps Durable Objects on disk, one for all instances, at the same time', async () => {
    await using other = await Stack.start({
      build: PROBE,
      instances: { one: {}, two: {} },
      durableObjects: [{ binding: 'MEMO', className: 'Memo' }],
    })
    await other.advance(3_600 * SECOND)
    await other.fetch('/memo', { method: 'POST', body: 'kept' })
    await other.kill()
    await other.restart()
    const [text, now] = (await (await other.fetch('/memo', {}, 'two')).json()) as [string, number]
    assert.equal(text, 'kept')
    assert.ok(Math.abs(now - other.now()) < 60 * SECOND)
  })

  it('says why it does not start', async () => {
    await assert.rejects(Stack.start({ build: fileURLToPath(new URL('../kv-sim/central.js', import.meta.url)) }), {
      message: /does not start[^]*No such module/,
    })
  })
})
