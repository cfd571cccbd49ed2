// A call to an object, in one crossing. The stub is made anew for each: one that lost its object never finds it again. Being
// async, these turn whatever is thrown on the way into a promise that failed.

/**
 * @param {DurableObjectNamespace<import('../../shard.js').SessionShard>} namespace
 * @param {string} name
 * @param {{ locationHint?: DurableObjectLocationHint }} options
 * @param {Uint8Array} message
 * @returns {Promise<Uint8Array>}
 */
export async function ask(namespace, name, options, message) {
  return namespace.getByName(name, options).ask(message)
}

/**
 * @param {DurableObjectNamespace<import('../../shard.js').SessionShard>} namespace
 * @param {string} name
 * @param {{ locationHint?: DurableObjectLocationHint }} options
 * @param {Uint8Array} message
 * @returns {Promise<Uint8Array>}
 */
export async function change(namespace, name, options, message) {
  return namespace.getByName(name, options).change(message)
}
