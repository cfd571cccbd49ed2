import { fromChunks, type Chunk } from './chunks.ts';
import type { CookieSettings } from './settings.ts';

/**
 * A framework's cookies. `delete` is not asked for: Next's leaves out `Secure`, without which a browser keeps a `__Host-`
 * cookie, so a cookie is removed by setting it.
 */
export interface CookieJar {
  get(name: string): JarValue | Promise<JarValue>;
  set(name: string, value: string, attributes: JarAttributes): unknown;
}

/** Next and Astro have the value in an object, SvelteKit has it as it is. */
export type JarValue = string | { readonly value: string } | null | undefined;

/** A cookie's attributes by the names that all frameworks use. */
export interface JarAttributes {
  path: string;
  secure: boolean;
  httpOnly: boolean;
  sameSite: 'strict' | 'lax' | 'none';
  domain?: string;
  maxAge?: number;
  partitioned?: boolean;
}

/** A sealed cookie in a jar. */
export interface JarCookie<T> {
  read(): Promise<T | undefined>;
  write(value: T): Promise<void>;
  clear(): Promise<void>;
}

/** What a sealed cookie knows about itself. */
interface JarParts<T> {
  jar: CookieJar | Promise<CookieJar>;
  settings: CookieSettings;
  names: readonly string[];
  maxAge: number | undefined;
  chunks: (value: T) => Chunk[];
  open: (value: string) => T | undefined;
}

export function overJar<T>({ jar, settings, names, maxAge, chunks, open }: JarParts<T>): JarCookie<T> {
  const values = async (cookies: CookieJar): Promise<Map<string, string>> => {
    const found = await Promise.all(names.map(async (own) => [own, textOf(await cookies.get(own))] as const));
    return new Map(found.filter(([, value]) => value !== ''));
  };

  const put = async (filled: readonly Chunk[]): Promise<void> => {
    const cookies = await jar;
    const byName = new Map(filled);
    const before = await values(cookies);
    for (const own of names) {
      const value = byName.get(own);
      if (value !== undefined) await cookies.set(own, value, attributes(settings, maxAge));
      else if (before.has(own)) await cookies.set(own, '', attributes(settings, 0));
    }
  };

  return {
    async read() {
      const found = await values(await jar);
      return open(fromChunks(names, (own) => found.get(own)));
    },
    async write(value) {
      await put(chunks(value));
    },
    async clear() {
      await put([]);
    },
  };
}

function textOf(value: JarValue): string {
  return (typeof value === 'string' ? value : value?.value) ?? '';
}

function attributes({ path, secure, sameSite, domain, partitioned }: CookieSettings, maxAge: number | undefined): JarAttributes {
  return {
    path,
    secure,
    httpOnly: true,
    sameSite,
    ...(domain === undefined ? {} : { domain }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(partitioned ? { partitioned } : {}),
  };
}
