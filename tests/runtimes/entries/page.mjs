// A page: its title says how it went.
import { conformance } from './conformance.mjs';

conformance()
  .catch((error) => `failed: ${error.stack}`)
  .then((text) => (document.title = text));
