// Vercel's edge runtime: an answer to a request.
import { conformance } from './conformance.mjs';

addEventListener('fetch', (event) => {
  const answer = conformance().catch((error) => `failed: ${error.stack}`);
  event.respondWith(answer.then((text) => new Response(text)));
});
