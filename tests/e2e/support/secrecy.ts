/** Looks for words in what should not hold them, in every form that they may have come to lie there in. */

export interface Haystack {
  name: string
  bytes: Buffer
}

export interface Find {
  word: string
  form: string
  where: string
}

/** Every place where a word, or a form of it, stands. Words of 6 bytes or more, or chance finds them too. */
export function search(words: Iterable<string>, haystacks: Haystack[]): Find[] {
  const finds: Find[] = []
  for (const word of words) {
    for (const [form, needle] of forms(Buffer.from(word))) {
      for (const { name, bytes } of haystacks) if (bytes.includes(needle)) finds.push({ word, form, where: name })
    }
  }
  return finds
}

/** A text as it is, and everything in it that looks like base64 or hexadecimal, decoded: encodings may be nested. */
export function unfolded(name: string, text: string): Haystack[] {
  const folds = [...text.matchAll(/[A-Za-z0-9+/_-]{8,}/gu)].map(([run]) => run)
  return [
    { name, bytes: Buffer.from(text) },
    { name: `${name}, base64 decoded`, bytes: Buffer.concat(folds.map((run) => Buffer.from(run, 'base64'))) },
    { name: `${name}, hexadecimal decoded`, bytes: Buffer.concat(folds.map((run) => Buffer.from(run, 'hex'))) },
  ]
}

/** What a word looks like: as it is, and in the middle of something that was encoded. */
function* forms(word: Buffer): Generator<[string, Buffer]> {
  yield ['raw', word]
  yield ['hex', Buffer.from(word.toString('hex'))]
  yield ['HEX', Buffer.from(word.toString('hex').toUpperCase())]
  yield ['UTF-16', Buffer.from(word.toString('utf8'), 'utf16le')]
  yield ['percent-encoded', Buffer.from(encodeURIComponent(word.toString('utf8')))]
  yield ['JSON', Buffer.from(JSON.stringify(word.toString('utf8')).slice(1, -1))]
  for (const encoding of ['base64', 'base64url'] as const) {
    // Encoded bytes look different at each of three positions; what lies at the edges depends on the neighbours.
    for (const [shift, leading] of [0, 2, 3].entries()) {
      const encoded = Buffer.concat([Buffer.alloc(shift), word])
        .toString(encoding)
        .replaceAll('=', '')
      const whole = Math.floor(((shift + word.length) * 8) / 6)
      yield [`${encoding} at ${shift}`, Buffer.from(encoded.slice(leading, whole))]
    }
  }
}
