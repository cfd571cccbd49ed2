/** The least that a Worker can do: what the platform and the load generator cost. */
export default {
  fetch() {
    return new Response('hello')
  },
}
