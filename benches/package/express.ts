/** Requests per second of an express counter, by the store of its sessions: node benches/package/express.ts */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { Redis, redisIsMissing } from '../../tests/support/redis.ts'
import { loader } from '../support/load.ts'
import { digits, median, table } from '../support/numbers.ts'

const IN_MEMORY = ['MemoryStore', 'SealedStore over memory']
const IN_REDIS = ['connect-redis, plain', 'connect-redis, wrapped', 'connect-redis, by serializer']
const VISITORS = 64
const CONNECTIONS = 16
const SECONDS = 2

interface Contender {
  name: string
  port: number
  cookies: string[]
  process: ChildProcess
  rates: number[]
  p99: number[]
}

/** Every visitor has a session, and every request reads and writes one. */
export async function measureExpress({ rounds }: { rounds: number }): Promise<string> {
  const { name: by, load } = await loader()
  const redis = redisIsMissing() === false ? await Redis.start() : undefined
  const contenders: Contender[] = []
  try {
    for (const name of [...IN_MEMORY, ...(redis === undefined ? [] : IN_REDIS)]) contenders.push(await started(name, redis?.url ?? ''))
    // The first round warms up.
    for (let round = 0; round <= rounds; round += 1) {
      for (const { port, cookies, rates, p99 } of round % 2 === 0 ? contenders : contenders.toReversed()) {
        const requests = cookies.map((cookie) => ({ method: 'GET', path: '/', headers: { cookie } }))
        const told = await load(port, requests, CONNECTIONS, SECONDS)
        if (round === 0) continue
        rates.push(told.rate)
        p99.push(told.p99)
      }
    }
  } finally {
    for (const { process } of contenders) process.kill()
    await redis?.stop()
  }
  const rate = (name: string): number => median(contenders.find((contender) => contender.name === name)?.rates ?? [])
  const rows = contenders.map(({ name, p99 }) => {
    const plain = IN_MEMORY.includes(name) ? IN_MEMORY[0] : IN_REDIS[0]
    return [name, digits(rate(name)), digits(rate(name) / rate(plain ?? '')), digits(median(p99))]
  })
  return [
    `An express counter with ${VISITORS} visitors and some 950 bytes of session, which every request reads and writes; ${CONNECTIONS} connections,`,
    `${rounds} rounds of ${SECONDS} s each in alternating order, load by ${by}; medians. “of plain” is beside the same without sealing.`,
    '',
    table(['', 'req/s', 'of plain', 'p99 ms'], rows),
  ].join('\n')
}

async function started(name: string, url: string): Promise<Contender> {
  const file = fileURLToPath(new URL('express-app.ts', import.meta.url))
  const child = spawn(process.execPath, [file, name, url], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_ENV: 'production' } })
  process.once('exit', () => child.kill())
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(line.toString())
  const cookies = await Promise.all(
    Array.from({ length: VISITORS }, async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`)
      await response.text()
      return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    }),
  )
  return { name, port, cookies, process: child, rates: [], p99: [] }
}

if (import.meta.main) console.log(await measureExpress({ rounds: Number(process.env['ROUNDS'] ?? 5) }))
