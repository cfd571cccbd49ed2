/** The contenders in workerd: `/<contender>/<bytes>/<count>/<at once>` runs them, and whoever asked holds the watch. */

import { CONTENDERS, type Contender, run, session } from './contenders.ts'

const ready = new Map<string, Contender>()

export default {
  async fetch(request: Request): Promise<Response> {
    const [name = '', bytes, count, atOnce] = new URL(request.url).pathname.slice(1).split('/').map(decodeURIComponent)
    let contender = ready.get(name)
    if (contender === undefined) {
      const made = await CONTENDERS[name]?.()
      if (made === undefined) return new Response('no such contender', { status: 404 })
      ready.set(name, made)
      contender = made
    }
    await run(contender, session(Number(bytes)), Number(count), Number(atOnce))
    return new Response('done')
  },
}
