/** Headless Chromium, and a site under a strict policy for what may run. */

import { createServer } from 'node:http'
import { once } from 'node:events'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { delimiter, extname, join } from 'node:path'

import { type Browser, chromium } from 'playwright-core'

/** A Chromium of this machine, which scripts/setup.sh installs where it may. */
export function chromiumHere(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter).flatMap((directory) => NAMES.map((name) => join(directory, name)))
  return [...places, MACOS].find(isProgram)
}

/** The title that a page comes to, or the first violation of the policy. */
export async function titleOf(browser: Browser, url: string): Promise<string> {
  const page = await browser.newPage()
  try {
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(url)
    const isOver = async (): Promise<boolean> => errors.length > 0 || (await page.title()) !== 'running'
    for (const end = Date.now() + 60_000; Date.now() < end && !(await isOver()); ) await page.waitForTimeout(50)
    return errors[0] ?? (await page.title())
  } finally {
    await page.close()
  }
}

export async function launch(program: string): Promise<Browser> {
  // Chromium's sandbox does not run as root, as in a container.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath: program, args })
}

/** Serves a directory on loopback, under `policy`. */
export async function site(directory: string, policy: string): Promise<{ url: string; stop: () => void }> {
  const server = createServer((request, response) => {
    const file = join(directory, new URL(request.url ?? '/', 'http://localhost').pathname)
    const isThere = existsSync(file)
    response.writeHead(isThere ? 200 : 404, { 'content-security-policy': policy, 'content-type': TYPES[extname(file)] ?? 'text/plain' })
    response.end(isThere ? readFileSync(file) : '')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const NAMES = ['chromium-headless-shell', 'chromium', 'google-chrome']
const MACOS = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' }
