import type { Cookies, RequestEvent } from '@sveltejs/kit';
import { type JarCookie, type SealedCookie, sealedCookie } from 'sealed-session/cookie';

interface Me {
  name: string;
  visits: number;
}

let sealed: SealedCookie<Me> | undefined;

/** Made by the first request: Kit's build loads this module, too, and has no keys. */
function me(cookies: Cookies): JarCookie<Me> {
  // Over plain HTTP, as here on 127.0.0.1, not every browser takes a `Secure` cookie. On a real site leave `secure` away.
  sealed ??= sealedCookie<Me>({ keys: process.env['SESSION_KEYS'], name: 'me', ttl: '7d', secure: false });
  return sealed.jar(cookies);
}

export async function load({ cookies }: { cookies: Cookies }): Promise<Partial<Me>> {
  const known = await me(cookies).read();
  if (known === undefined) return {};
  const next = { ...known, visits: known.visits + 1 };
  await me(cookies).write(next);
  return next;
}

export const actions = {
  async login({ cookies, request }: RequestEvent): Promise<void> {
    const name = (await request.formData()).get('name');
    if (typeof name === 'string') await me(cookies).write({ name, visits: 0 });
  },
  async logout({ cookies }: RequestEvent): Promise<void> {
    await me(cookies).clear();
  },
};
