import { CallError } from './failure.ts';

/**
 * Runs something that must end within `ms`, and before `signal` ends it, even if it obeys neither: then the returned
 * promise rejects. Whatever ends it badly aborts the signal that is handed on, so that nothing is left running.
 */
export function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) return Promise.reject(budgetEnded());
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const controller = new AbortController();
  const stop = (error: unknown): void => {
    reject(error);
    controller.abort(error);
  };
  const timer = setTimeout(() => stop(new CallError('unreachable', `no complete answer within ${ms / 1000} s`)), ms);
  const onAbort = (): void => stop(budgetEnded());
  signal?.addEventListener('abort', onAbort, { once: true });
  Promise.resolve()
    .then(() => run(controller.signal))
    .then(resolve, stop);
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  });
}

/** Waits, but no longer than until `signal` ends it. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.reject(budgetEnded());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(budgetEnded());
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  });
}

function budgetEnded(): CallError {
  return new CallError('unreachable', 'the time for it ended before an answer came');
}
