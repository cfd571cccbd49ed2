/** Messages of several chunks, and what can be done with whole ones. */

import { sealChunk, sealChunks, TAG } from '../../format/cobblestone.mjs'
import { assemble, schedule } from '../../format/envelope.mjs'
import { concat } from '../../format/notation.mjs'
import { pad } from '../../format/padding.mjs'
import { flip, repeat } from '../alterations.mjs'
import { KNOWN, saltFor } from '../inputs.mjs'
import { opens, refused } from './form.mjs'

export function chunkBoundaries() {
  const empty = Buffer.alloc(0)
  return [
    opens('padded-1', 'The shortest envelope: the padded message is one byte', { payload: empty, floor: 1 }),
    opens('padded-16383', 'One byte less than a chunk: one chunk', { floor: 16_383 }),
    opens('padded-16384', 'Exactly a chunk: a full chunk and an empty one', { floor: 16_384 }),
    opens('padded-16385', 'One byte more than a chunk: a full chunk and one of a byte', { floor: 16_385 }),
    opens('padded-32768', 'Exactly two chunks: two full chunks and an empty one', { floor: 32_768 }),
    opens('padded-40000', 'Three chunks, none of them empty', { floor: 40_000 }),
    opens('payload-16383', 'The padding marker is the last byte of a full chunk',
      { payload: repeat(16_383), floor: 256 }),
    opens('payload-16384', 'The padding marker is the first byte of the second chunk',
      { payload: repeat(16_384), floor: 256 }),
    opens('payload-40000', 'The payload itself spans three chunks and is padded by Padmé',
      { payload: repeat(40_000), floor: 0 }),
  ]
}

/** What can be done with whole chunks. Where new ones are needed they are sealed with the message's own key. */
export function chunkAttacks() {
  const takeApart = (changes) => {
    const sealing = { ...KNOWN, ...changes }
    const keys = schedule(sealing)
    const chunks = sealChunks(keys, pad(sealing.payload, sealing.floor))
    return { keys, chunks, make: (...others) => assemble(sealing, keys, others) }
  }
  // The very envelopes that open under these names.
  const long = (floor) => takeApart({ floor, salt: saltFor(`padded-${floor}`) })
  const moveTag = (chunk) => concat(chunk.subarray(-TAG), chunk.subarray(0, -TAG))
  const giveTag = (chunk, other) => concat(chunk.subarray(0, -TAG), other.subarray(-TAG))

  const one = takeApart({})
  const neighbour = takeApart({ salt: saltFor('neighbour') })
  const full = long(16_384)
  const two = long(16_385)
  const three = long(32_768)
  const [a, b, c] = three.chunks
  const unsplit = sealChunk(two.keys, 0, pad(KNOWN.payload, 16_385))
  const emptyChunk = Buffer.alloc(0)

  return [
    refused('chunks-swapped', 'unauthentic', 'The two full chunks have changed places', three.make(b, a, c)),
    refused('chunk-dropped-first', 'unauthentic', 'The first chunk is missing', three.make(b, c)),
    refused('chunk-dropped-middle', 'unauthentic', 'The middle chunk is missing', three.make(a, c)),
    refused('chunk-dropped-last', 'unauthentic', 'The empty last chunk is missing: the message ends in a full chunk',
      full.make(full.chunks[0])),
    refused('chunk-repeated', 'unauthentic', 'The first chunk occurs twice', two.make(two.chunks[0], ...two.chunks)),
    refused('chunk-of-another-envelope', 'unauthentic', 'The chunk is from an envelope of the same scope and subject',
      one.make(...neighbour.chunks)),
    refused('chunk-added-empty', 'unauthentic', 'An empty chunk, validly sealed as the next, follows the last',
      one.make(...one.chunks, sealChunk(one.keys, 1, emptyChunk))),
    refused('chunk-added-second-empty', 'unauthentic',
      'A second empty chunk, validly sealed as the next, follows an empty one',
      full.make(...full.chunks, sealChunk(full.keys, 2, emptyChunk))),
    refused('chunk-added-short', 'unauthentic', 'A short chunk, validly sealed as the next, follows a short chunk',
      one.make(...one.chunks, sealChunk(one.keys, 1, pad(KNOWN.payload, 256)))),
    refused('chunk-too-long', 'unauthentic', 'More than 16 KiB are sealed as a single chunk', two.make(unsplit)),
    refused('chunk-last-inside-tag', 'unauthentic', 'Fewer bytes than a tag follow a full chunk',
      full.make(full.chunks[0], full.chunks[1].subarray(0, 8))),
    refused('chunk-last-changed', 'unauthentic', 'Only the last chunk is changed, after a good one',
      two.make(two.chunks[0], flip(two.chunks[1], 0))),
    refused('chunk-number-one', 'unauthentic', 'The only chunk is sealed as number 1 instead of 0',
      one.make(sealChunk(one.keys, 1, pad(KNOWN.payload, 256)))),
    refused('tag-moved', 'unauthentic', 'The tag stands before the ciphertext', one.make(moveTag(one.chunks[0]))),
    refused('tags-exchanged', 'unauthentic', 'Two chunks have exchanged their tags',
      two.make(giveTag(two.chunks[0], two.chunks[1]), giveTag(two.chunks[1], two.chunks[0]))),
  ]
}
