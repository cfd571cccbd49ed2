import { isSealedSessionError, SealedSessionError } from '../../errors.ts';

/** `store_unavailable` with the `status` that express answers with. */
export class Unavailable extends SealedSessionError {
  readonly status = 503;

  constructor(cause: unknown) {
    super('store_unavailable', { cause });
  }
}

/** Does something within `seconds`, and throws `Unavailable` where the store is, or says nothing for so long. */
export async function within<R>(seconds: number, work: (signal: AbortSignal) => Promise<R>): Promise<R> {
  const abort = new AbortController();
  const timeOut = () => abort.abort(new DOMException('The session store did not answer in time', 'TimeoutError'));
  const timer = setTimeout(timeOut, seconds * 1000);
  try {
    return await work(abort.signal);
  } catch (error) {
    if (abort.signal.aborted) throw new Unavailable(abort.signal.reason);
    if (isSealedSessionError(error, 'store_unavailable')) throw new Unavailable(error.cause);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
