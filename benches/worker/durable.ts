/** Requests per second of read and replace with `STORE=durable`, on workerd with its objects on local disk: node benches/worker/durable.ts <build> */

import { createHash, randomBytes } from 'node:crypto'

import { type Request, loader } from '../support/load.ts'
import { digits, median, table } from '../support/numbers.ts'
import { Workerd } from '../support/workerd.ts'

const SESSIONS = 512
const CONNECTIONS = [1, 16]
const SECONDS = 2

export async function measureDurable(build: string, { rounds }: { rounds: number }): Promise<string> {
  const { name, load } = await loader()
  const secret = (): string => randomBytes(32).toString('base64url')
  const token = `sst_${secret()}`
  const digest = createHash('sha256').update(token).digest('hex')
  const vars = { SESSION_KEYS: `slk1_${secret()},ssk1_${secret()}`, API_TOKENS: `bench default sessions ${digest}`, STORE: 'durable' }
  await using workerd = await Workerd.start({ durable: { code: build, objects: true, vars } })

  const authorization = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const body = JSON.stringify({ data: { notes: 'n'.repeat(900) } })
  const ids = await Promise.all(
    Array.from({ length: SESSIONS }, async () => {
      const created = await fetch(`${workerd.url('durable')}/v1/sessions`, { method: 'POST', headers: authorization, body })
      if (!created.ok) throw new Error(`create: ${created.status} ${await created.text()}`)
      return ((await created.json()) as { id: string }).id
    }),
  )
  const named = (id: string): Record<string, string> => ({ ...authorization, 'Session-Id': id })
  const calls: Record<string, Request[]> = {
    read: ids.map((id) => ({ method: 'GET', path: '/v1/session', headers: named(id) })),
    replace: ids.map((id) => ({ method: 'PUT', path: '/v1/session', headers: named(id), body })),
  }

  const port = Number(new URL(workerd.url('durable')).port)
  const loads = new Map<string, { rate: number; p50: number; p99: number }[]>()
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [call, requests] of Object.entries(calls)) {
      for (const connections of CONNECTIONS) {
        const told = await load(port, requests, connections, SECONDS)
        if (round > 0) loads.set(`${call} ${connections}`, [...(loads.get(`${call} ${connections}`) ?? []), told])
      }
    }
  }
  const of = (key: string, field: 'rate' | 'p50' | 'p99'): string => digits(median((loads.get(key) ?? []).map((told) => told[field])))
  const rows = Object.keys(calls).flatMap((call) =>
    CONNECTIONS.map((connections) => {
      const key = `${call} ${connections}`
      return [`${call}, ${connections} connection${connections === 1 ? '' : 's'}`, of(key, 'rate'), of(key, 'p50'), of(key, 'p99')]
    }),
  )
  return [
    `${rounds} rounds of ${SECONDS} s, load by ${name}, ${SESSIONS} sessions of 917 bytes in 64 objects; every replace is on disk before its answer.`,
    '',
    table(['', 'req/s', 'p50 ms', 'p99 ms'], rows),
  ].join('\n')
}

if (import.meta.main) console.log(await measureDurable(process.argv[2] ?? 'build', { rounds: Number(process.env['ROUNDS'] ?? 5) }))
