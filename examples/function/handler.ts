// A function, Request in and Response out, that remembers its caller in a sealed cookie: no store, no service.
//
//   export SESSION_KEYS=$(npx sealed-session keygen)
//   deno serve --allow-env examples/function/handler.ts
//   bun examples/function/handler.ts                           (on $PORT, 3000 if there is none)
//   node examples/function/node.ts                             (the same)
//   curl -c jar -b jar http://localhost:8000/
//
// The cookie is Secure: without TLS curl, Chrome and Firefox send it to localhost, and to nobody else.
import { sealedCookie } from 'sealed-session/cookie';

const me = sealedCookie<{ name: string; visits: number }>({ keys: process.env['SESSION_KEYS'], name: 'me', ttl: '7d' });

async function handler(request: Request): Promise<Response> {
  const headers = new Headers({ 'Content-Type': 'text/plain; charset=utf-8' });
  const known = me.read(request);

  if (request.method === 'POST') {
    const name = (await request.formData()).get('name');
    if (typeof name !== 'string' || name === '') {
      me.clear(headers);
      return new Response('goodbye\n', { headers });
    }
    me.write(headers, { name, visits: 0 });
    return new Response(`hello, ${name}\n`, { headers });
  }

  const { name, visits } = known ?? { name: 'stranger', visits: 0 };
  me.write(headers, { name, visits: visits + 1 });
  return new Response(`${name}, visit ${visits + 1}\n`, { headers });
}

export default { fetch: handler };
