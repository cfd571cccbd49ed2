// Node runs no handler by itself: this puts one behind its HTTP server. See handler.ts.
import { serve } from '@hono/node-server';

import handler from './handler.ts';

serve({ ...handler, port: Number(process.env['PORT'] ?? 3000), hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`listening on http://127.0.0.1:${port}`);
});
