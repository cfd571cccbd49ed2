// Where a program ends and may fail: Node, Bun, Deno, and bundles for them.
import { conformance } from './conformance.mjs';

conformance().then(console.log, (error) => {
  console.error(error);
  process.exitCode = 1;
});
