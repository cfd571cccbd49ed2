// What the contract of tests/package does not reach: a Worker that is slow, busy, elsewhere or not one.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';

import { type ErrorCode, SealedSessionError } from '../errors.ts';
import { generateSessionId } from '../keys.ts';
import { remoteSessions } from './sessions.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, tries: number) => void;

let handler: Handler = () => {};
let requests: IncomingMessage[] = [];
const server = createServer((request, response) => {
  requests.push(request);
  request.resume();
  handler(request, response, requests.length);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => server.close());
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const id = generateSessionId();

/** Sessions of a Worker that answers like this. */
function answering(answer: Handler, options: { timeout?: number } = {}): ReturnType<typeof remoteSessions> {
  [handler, requests] = [answer, []];
  return remoteSessions({ url, token: 'sst_secret-token', ...options });
}

const problem = (response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
  response.end(JSON.stringify({ title: 'No', status, code, detail: 'no' }));
};

describe('remoteSessions', () => {
  it('repeats what is safe to repeat, as often as it is worth', async () => {
    for (const status of [503, 429]) {
      const sessions = answering((_, response, tries) => {
        if (tries < 3) return problem(response, status, 'store_unavailable', { 'retry-after': '0' });
        response.writeHead(204, { 'revocation-bound': '60' }).end();
      });
      assert.deepEqual(await sessions.end(id), { revocationBound: 60 });
      assert.equal(requests.length, 3);
    }
    const sessions = answering((_, response) => problem(response, 503, 'store_unavailable'));
    await refused('store_unavailable', sessions.read(id));
    assert.equal(requests.length, 3);
  });

  it('does nothing twice that could then be there twice', async () => {
    const sessions = answering((_, response) => problem(response, 503, 'store_unavailable'));
    const calls = [
      () => sessions.create(),
      () => sessions.replace(id, {}),
      () => sessions.patch(id, {}),
      () => sessions.regenerate(id),
      () => sessions.user('ada').revoke(sessions.handle(id)),
      () => sessions.user('ada').erase(),
    ];
    for (const call of calls) {
      requests = [];
      await refused('store_unavailable', call());
      assert.equal(requests.length, 1);
    }
  });

  it('says that the store is unavailable where nothing answers in time, and why', async () => {
    const silent = answering(() => {}, { timeout: 1 });
    const error = await refused('store_unavailable', silent.read(id));
    assert.equal((error.cause as Error).name, 'TimeoutError');
    assert.equal(requests.length, 1);

    const broken = answering((_, response) => void response.socket?.destroy());
    await refused('store_unavailable', broken.read(id));
    const nobody = remoteSessions({ url: 'http://127.0.0.1:1', token: 'sst_x' });
    await refused('store_unavailable', nobody.create());
  });

  it('stops when the caller gives up, in the middle of a call or between two tries', async () => {
    for (const answer of [() => {}, (_: unknown, response: ServerResponse) => problem(response, 503, 'x', { 'retry-after': '2' })]) {
      const controller = new AbortController();
      const read = answering(answer).read(id, { signal: controller.signal });
      setTimeout(() => controller.abort(new Error('enough')), 50);
      await assert.rejects(read, { message: 'enough' });
    }
  });

  it('follows no redirect, since that would carry the ID along', async () => {
    const sessions = answering((_, response) => void response.writeHead(302, { location: `${url}/elsewhere` }).end());
    await refused('unexpected_answer', sessions.read(id));
    assert.equal(requests.length, 1);
  });

  it('takes no page of a proxy, and no other service, for a session that is not there', async () => {
    const pages: Handler[] = [
      (_, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>'),
      (_, response) => problem(response, 404, 'no_such_route'),
      (_, response) => void response.writeHead(200).end('{}'),
      (_, response) => void response.writeHead(200).end('[]'),
      (_, response) => void response.writeHead(200).end(JSON.stringify({ handle: 1 })),
      (_, response) => problem(response, 418, 'teapot'),
    ];
    for (const page of pages) await refused('unexpected_answer', answering(page).read(id));
    const missing = answering((_, response) => problem(response, 404, 'no_such_session'));
    assert.equal(await missing.read(id), undefined);
  });

  it('hands over what the Worker refuses, under the codes of the rules', async () => {
    const codes: [number, ErrorCode][] = [
      [401, 'unauthorized'],
      [403, 'forbidden'],
      [409, 'session_ended'],
      [412, 'version_conflict'],
      [413, 'body_too_large'],
      [503, 'not_configured'],
    ];
    for (const [status, code] of codes) await refused(code, answering((_, response) => problem(response, status, code)).create());
  });

  it('names session and user in headers, and neither in a URL nor in an error', async () => {
    const sessions = answering((_, response) => problem(response, 400, 'invalid_body'));
    for (const call of [() => sessions.patch(id, {}, { version: 'AAAAAAAAAAAAAAAA' }), () => sessions.user('ada ☕').list()]) {
      const error = await refused('unexpected_answer', call());
      const said = [error.message, error.stack, JSON.stringify(error), ...requests.map(({ url }) => url)].join();
      for (const secret of [id, 'ada', 'sst_secret-token']) assert.ok(!said.includes(secret), said);
    }
    const [patched, listed] = requests;
    assert.equal(patched?.headers['session-id'], id);
    assert.equal(patched?.headers['if-match'], '"AAAAAAAAAAAAAAAA"');
    assert.equal(listed?.headers['user-id'], 'ada%20%E2%98%95');
    assert.equal(listed?.headers.authorization, 'Bearer sst_secret-token');
  });

  it('talks through a service binding', async () => {
    const seen: Request[] = [];
    const fetch = async (request: Request): Promise<Response> => {
      seen.push(request);
      return new Response(null, { status: 204, headers: { 'revocation-bound': '0' } });
    };
    const sessions = remoteSessions({ url: 'https://sessions/prefix/', token: 'sst_x', fetch });
    assert.deepEqual(await sessions.end(id), { revocationBound: 0 });
    assert.equal(seen[0]?.url, 'https://sessions/prefix/v1/session');
  });

  it('refuses options that lead nowhere', () => {
    for (const url of ['', 'sessions.example.com', 'ftp://x', 'file:///x']) {
      assert.throws(() => remoteSessions({ url, token: 'sst_x' }), { code: 'invalid_option', field: 'url' });
    }
    for (const token of [undefined, '']) assert.throws(() => remoteSessions({ url, token }), { code: 'invalid_option', field: 'token' });
  });
});

async function refused(code: ErrorCode, work: Promise<unknown>): Promise<SealedSessionError> {
  const error: unknown = await work.then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof SealedSessionError, String(error));
  assert.equal(error.code, code);
  return error;
}
