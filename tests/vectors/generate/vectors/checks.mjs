/** What holds for every list of vectors. */

import { strict as assert } from 'node:assert'

/** One vector, one name, one reason. */
export function checkNames(vectors) {
  for (const { name } of vectors) assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
  for (const field of ['name', 'reason']) {
    const values = vectors.map((vector) => vector[field])
    assert.deepEqual(values.filter((value, index) => values.indexOf(value) !== index), [], `No ${field} occurs twice`)
  }
}

/** Runs a check so that its failure names the vector. */
export function labelled(vector, check) {
  try {
    check(vector)
  } catch (error) {
    error.message = `${vector.name}: ${error.message}`
    throw error
  }
}
