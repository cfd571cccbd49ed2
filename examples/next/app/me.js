import { cookies } from 'next/headers';
import { sealedCookie } from 'sealed-session/cookie';

let sealed;

/** Made by the first request: Next's build loads this module, too, and has no keys. */
export async function me() {
  // Waiting for them tells Next that this is about one request.
  const jar = await cookies();
  // Over plain HTTP, as here on 127.0.0.1, not every browser takes a `Secure` cookie. On a real site leave `secure` away.
  sealed ??= sealedCookie({ keys: process.env.SESSION_KEYS, name: 'me', ttl: '7d', secure: false });
  return sealed.jar(jar);
}
