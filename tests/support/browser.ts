/** One browser's cookies for one site; all that tests need of a browser. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #site: string

  constructor(site: string) {
    this.#site = site
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.cookies.size > 0) headers.set('cookie', [...this.cookies].map((pair) => pair.join('=')).join('; '))
    const response = await fetch(new URL(path, this.#site), { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    // express-session sends the head at once, and the last byte when the session is saved.
    const body = await response.arrayBuffer()
    return new Response(body.byteLength === 0 ? null : body, response)
  }

  async text(path: string, init?: RequestInit): Promise<string> {
    return (await this.fetch(path, init)).text()
  }

  async post(path: string, form: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, { method: 'POST', body: new URLSearchParams(form) })
  }

  /** Another window of it: the cookies of now. */
  copy(): Browser {
    return this.at(this.#site)
  }

  /** The same of another server of the site. */
  at(site: string): Browser {
    const other = new Browser(site)
    for (const [name, value] of this.cookies) other.cookies.set(name, value)
    return other
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const at = pair.indexOf('=')
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
    const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice('expires='.length)
    if (value === '' || (expires !== undefined && new Date(expires) <= new Date())) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
