// The platform's request and response, each in one crossing. From the other side of it, every header would be one more.

/**
 * The method, the URL and the headers of these names, one to a line. Neither of them can hold a line's end (RFC 9110,
 * sections 5.5 and 9.1; https://url.spec.whatwg.org/#url-serializing). A header that is absent is a NUL, which no value can hold.
 *
 * @param {Request} request
 * @param {string[]} names
 */
export function head({ method, url, headers }, names) {
  let text = `${method}\n${url}`
  for (const name of names) text += `\n${headers.get(name) ?? '\0'}`
  return text
}

/**
 * @param {number} status
 * @param {string} headers names and values in turn, one to a line
 * @param {string} body empty for none
 */
export function respond(status, headers, body) {
  const lines = headers.split('\n')
  const init = { status, headers: {} }
  for (let i = 1; i < lines.length; i += 2) init.headers[lines[i - 1]] = lines[i]
  return new Response(body === '' ? null : body, init)
}
