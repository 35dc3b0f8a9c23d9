import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import { pause, within } from './deadline.ts';
import { CallError, IdentityError } from './failure.ts';

/** a token is asked anew when it has less left than this, in milliseconds */
const remainder = 5 * 60_000;

/**
 * One token request at a time for each audience, within its own deadline, whoever else waits for it: an identity that
 * hangs must not hang a sweep. Every failure is an {@link IdentityError}.
 */
export function guardCredential(credential: TokenCredential, tokenMs: number, now: () => Date): TokenCredential {
  const known = new Map<string, AccessToken>();
  const pending = new Map<string, Promise<AccessToken>>();

  async function ask(scopes: string | string[], options: GetTokenOptions): Promise<AccessToken> {
    const request = () =>
      within(tokenMs, undefined, (abortSignal) => credential.getToken(scopes, { ...options, abortSignal }));
    try {
      const token = await untilItsTurn(() =>
        request().catch((error: unknown) => {
          // one that hangs is asked once more; on anything else but a 429 the credential has its own retries
          if (error instanceof CallError) return request();
          throw error;
        }),
      );
      if (token === null || token.token === '') throw new IdentityError('forbidden', 'the identity gave none');
      return token;
    } catch (error) {
      throw error instanceof IdentityError ? error : identityError(error);
    }
  }

  return {
    async getToken(scopes, options = {}) {
      const { claims, tenantId, enableCae } = options;
      const audience = [scopes].flat().join(' ');
      const key = JSON.stringify([audience, claims, tenantId, enableCae]);
      const held = known.get(key);
      if (held !== undefined && held.expiresOnTimestamp - now().getTime() > remainder) return held;
      const asked = pending.get(key) ?? ask(scopes, options).finally(() => pending.delete(key));
      pending.set(key, asked);
      const token = await asked;
      // a token for a challenge replaces the one that was refused
      known.set(JSON.stringify([audience, undefined, tenantId, enableCae]), token);
      return token;
    },
  };
}

/** The waits between tries of a request that is throttled, in milliseconds: the credential gives up at once without a Retry-After. */
const throttledWaits = [300, 600, 1_200, 1_200, 1_200];

async function untilItsTurn<T>(request: () => Promise<T>): Promise<T> {
  for (const wait of throttledWaits) {
    try {
      return await request();
    } catch (error) {
      if (!isThrottled(error)) throw error;
      await pause(wait, undefined);
    }
  }
  return request();
}

/** The identity library tells the status of an answer by its cause alone. */
function isThrottled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const statuses = [error, error.cause].flatMap((one) =>
    one instanceof Error ? [Reflect.get(one, 'statusCode'), Reflect.get(one, 'status')] : [],
  );
  return statuses.includes(429);
}

/** Names the error and Entra's code; the message itself may hold whatever the identity endpoint answered. */
function identityError(error: unknown): IdentityError {
  if (error instanceof CallError) return new IdentityError('unreachable', error.message, error);
  const status = error instanceof Error ? Number(Reflect.get(error, 'statusCode')) : Number.NaN;
  const message = error instanceof Error ? error.message : '';
  const code = /AADSTS\d+/.exec(message)?.[0];
  const refused = (status >= 400 && status < 500) || code !== undefined;
  const name = error instanceof Error ? error.name : 'error';
  const detail = [name, code, Number.isNaN(status) ? undefined : `HTTP ${status}`].filter((part) => part !== undefined);
  return new IdentityError(refused ? 'forbidden' : 'unreachable', detail.join(', '), error);
}
