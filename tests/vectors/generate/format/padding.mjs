/** Padding (FORMAT.md, "Padding"). */

/** Padmé(1) = 1; for n ≥ 2: e = ⌊log2 n⌋, s = ⌊log2 e⌋ + 1, n rounded up to a multiple of 2^(e−s). */
export function padme(n) {
  if (n === 1) return 1
  const e = 31 - Math.clz32(n)
  const s = 31 - Math.clz32(e) + 1
  const multiple = 2 ** (e - s)
  return Math.ceil(n / multiple) * multiple
}

/** payload || 0x80 || zeros */
export function pad(payload, floor) {
  const padded = Buffer.alloc(Math.max(floor, padme(payload.length + 1)))
  payload.copy(padded)
  padded[payload.length] = 0x80
  return padded
}

/** The payload, or null where no 0x80 is left once the zeros are gone. */
export function unpad(padded) {
  let end = padded.length
  while (end > 0 && padded[end - 1] === 0x00) end -= 1
  return padded[end - 1] === 0x80 ? padded.subarray(0, end - 1) : null
}
