/** Assertions without `node:assert`, which not every runtime has. */

let count = 0

/** Checks that have passed so far. */
export const passed = (): number => count

/** Compares as JSON, whatever the order of an object's fields. */
export function equal(got: unknown, expected: unknown, what: string): void {
  const [one, other] = [canonical(got), canonical(expected)]
  if (one !== other) throw new Error(`${what}:\n  expected ${other}\n  got      ${one}`)
  count++
}

/** The code of what is thrown; nothing where all goes well. An error without one goes on. */
export function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    // What the kernel throws itself is a code, perhaps with a field behind a colon.
    if (typeof error === 'string') return error.split(':')[0]
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
    throw error
  }
}

/** One text for each JSON value. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'nothing'
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  const texts = fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
  return `{${texts.toSorted().join()}}`
}
