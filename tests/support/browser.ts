import { CookieJar } from './cookie-jar.ts'

/** One browser at one site. */
export class Browser extends CookieJar {
  readonly #site: string

  constructor(site: string) {
    super(async (path, init) => {
      const response = await fetch(new URL(path, site), init)
      // express-session sends the head at once, and the last byte when the session is saved.
      const body = await response.arrayBuffer()
      return new Response(body.byteLength === 0 ? null : body, response)
    })
    this.#site = site
  }

  override copy(): Browser {
    return this.at(this.#site)
  }

  /** The same of another server of the site. */
  at(site: string): Browser {
    const other = new Browser(site)
    other.take(this)
    return other
  }
}
