/** One browser's cookies for one site, over any way to fetch from it. */
export class CookieJar {
  readonly cookies = new Map<string, string>()
  readonly #fetch: (path: string, init: RequestInit) => Promise<Response>

  constructor(fetch: (path: string, init: RequestInit) => Promise<Response>) {
    this.#fetch = fetch
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.cookies.size > 0) headers.set('Cookie', [...this.cookies].map((pair) => pair.join('=')).join('; '))
    const response = await this.#fetch(path, { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  async text(path: string, init: RequestInit = {}): Promise<string> {
    return (await this.fetch(path, init)).text()
  }

  async post(path: string, form: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, { method: 'POST', body: new URLSearchParams(form) })
  }

  /** Another window, or a thief: the cookies of now. */
  copy(): CookieJar {
    const other = new CookieJar(this.#fetch)
    other.take(this)
    return other
  }

  take({ cookies }: CookieJar): void {
    for (const [name, value] of cookies) this.cookies.set(name, value)
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const at = pair.indexOf('=')
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
    const expires = attributes.find((attribute) => /^expires=/iu.test(attribute))?.slice('expires='.length)
    const isOver = attributes.includes('Max-Age=0') || (expires !== undefined && new Date(expires) <= new Date())
    if (value === '' || isOver) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
