// Whether there is a deployment of ours, before it is told the token.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:tls';

import { isPrivate } from '../options.ts';
import { type Findings, Stop } from './findings.ts';
import { type Answer, described, type Probe, textOf } from './probe.ts';

export async function reach(url: URL, probe: Probe, findings: Findings): Promise<void> {
  if (!isPrivate(url)) {
    findings.add('failed', 'TLS', 'http:// across a network: the token and every session ID can be read on the way; nothing was sent');
    throw new Stop();
  }
  const health = await answered(probe, findings);
  if (health.status === 503 && health.body?.['code'] === 'not_configured') {
    findings.add('failed', 'Configured', textOf(health.body['detail']) ?? 'its settings are not valid: its log says what to set');
    throw new Stop();
  }
  const stranger = await probe.call('GET', '/v1/status', { token: false });
  const isOurs = health.status === 200 && health.body?.['status'] === 'ok' && isUnauthorized(stranger);
  const notOurs = `${described(health)}, ${described(stranger)} without a token: that is no sealed-session; the token was not sent`;
  if (!findings.check('Is sealed-session', isOurs, 'GET /healthz is ok, and /v1 asks for a token', notOurs)) throw new Stop();
  await encryption(url, findings);

  const wrong = await probe.call('GET', '/v1/status', { token: `sst_${randomBytes(32).toString('base64url')}` });
  findings.check('Refuses a wrong token', isUnauthorized(wrong), '401 unauthorized', `${described(wrong)}, expected 401 unauthorized`);
}

export function isUnauthorized({ status, body, headers }: Answer): boolean {
  return status === 401 && body?.['code'] === 'unauthorized' && headers.get('www-authenticate') === 'Bearer';
}

async function answered(probe: Probe, findings: Findings): Promise<Answer> {
  try {
    const health = await probe.call('GET', '/healthz', { token: false });
    findings.add('ok', 'Answers', `in ${Math.round(health.ms)} ms`);
    return health;
  } catch (error) {
    findings.add('failed', 'Answers', `nobody does: ${reason(error)}`);
    throw new Stop();
  }
}

/** Why a call failed: the code of what `fetch` wraps, as in ECONNREFUSED. */
export function reason(error: unknown): string {
  const { cause, name, message } = error as Error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined;
  return code ?? (name === 'TimeoutError' ? 'no answer in time' : message);
}

/** `fetch` has verified the certificate; what is left is when that ends. */
async function encryption({ protocol, hostname, port }: URL, findings: Findings): Promise<void> {
  if (protocol === 'http:') {
    findings.add('ok', 'TLS', 'none, and none needed: this is the loopback');
    return;
  }
  const host = hostname.replace(/^\[|\]$/g, '');
  const { promise, resolve, reject } = Promise.withResolvers<{ version: string; days: number }>();
  const socket = connect({ host, port: Number(port || 443), servername: host, timeout: 5000 }, () => {
    const days = (Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / 86_400_000;
    resolve({ version: socket.getProtocol() ?? 'unknown', days: Math.floor(days) });
  });
  socket.once('error', reject).once('timeout', () => reject(new Error('no answer in time')));
  try {
    const { version, days } = await promise;
    const detail = `${version}, a certificate for another ${days} days`;
    findings.add(days < FEW_DAYS || !/^TLSv1\.[23]$/.test(version) ? 'warning' : 'ok', 'TLS', detail);
  } catch (error) {
    findings.add('warning', 'TLS', `the certificate could not be read: ${reason(error)}`);
  } finally {
    socket.destroy();
  }
}

/** Most certificates are replaced a month before their end. */
const FEW_DAYS = 10;
