// A Worker: `workerd test` calls `test`.
import { conformance } from './conformance.mjs';

export default {
  fetch: () => new Response(),
  async test() {
    console.log(await conformance());
  },
};
