/** The action group: mails at once, the webhook with the service's own retries (functions facts 4.5). */
import type { CommonAlert } from './common-schema.ts';
import { type Mail, mailOf } from './mail.ts';

export interface Webhook {
  readonly url: string;
  /** the bearer token of each call; absent: a webhook without authentication */
  token?(): string;
}

/** One call of the webhook and what came of it. */
export interface WebhookCall {
  readonly at: Date;
  readonly alertId: string;
  readonly condition: 'Fired' | 'Resolved';
  /** the status, or why there is none */
  readonly answer: number | string;
}

export interface ActionGroup {
  readonly mails: readonly Mail[];
  readonly calls: readonly WebhookCall[];
  /** notifications that nobody got: over the mail limit, or the webhook gave up or was paused */
  readonly lost: readonly { readonly at: Date; readonly alertId: string; readonly reason: string }[];
  notify(alert: CommonAlert, at: Date): void;
  /** when the next call is due */
  nextCall(): Date | undefined;
  /** makes the calls that are due at that time */
  call(at: Date): Promise<void>;
}

export interface ActionGroupOptions {
  readonly mailTo: readonly string[];
  webhook(): Webhook | undefined;
  /** how long a call may take by the real clock */
  readonly timeoutMs?: number;
}

const mailsPerHour = 100;
const retryAfterSeconds = [5, 20, 5, 40, 5];
const retried: readonly number[] = [408, 429, 503, 504];
const pauseSeconds = 15 * 60;

interface Delivery {
  readonly alert: CommonAlert;
  readonly attempt: number;
  readonly due: number;
}

export function actionGroup({ mailTo, webhook, timeoutMs = 10_000 }: ActionGroupOptions): ActionGroup {
  const mails: Mail[] = [];
  const calls: WebhookCall[] = [];
  const lost: { at: Date; alertId: string; reason: string }[] = [];
  let waiting: Delivery[] = [];
  let pausedUntil = 0;
  const lose = (alert: CommonAlert, at: Date, reason: string): void =>
    void lost.push({ at, alertId: alert.data.essentials.alertId, reason });

  const deliver = async ({ alert, attempt }: Delivery, at: Date, { url, token }: Webhook): Promise<void> => {
    if (at.getTime() < pausedUntil) return lose(alert, at, 'the webhook is paused');
    const answer = await post(url, alert, token?.(), timeoutMs);
    const { alertId, monitorCondition } = alert.data.essentials;
    calls.push({ at, alertId, condition: monitorCondition, answer });
    if (typeof answer === 'number' && answer >= 200 && answer < 300) return;
    if (typeof answer === 'number' && !retried.includes(answer))
      return lose(alert, at, `the webhook answered ${answer}`);
    const wait = retryAfterSeconds[attempt];
    if (wait !== undefined) {
      waiting.push({ alert, attempt: attempt + 1, due: at.getTime() + wait * 1000 });
      return;
    }
    pausedUntil = at.getTime() + pauseSeconds * 1000;
    lose(alert, at, 'the webhook failed six times');
  };

  return {
    mails,
    calls,
    lost,
    notify(alert, at) {
      for (const to of mailTo) {
        const recent = mails.filter((mail) => mail.to === to && at.getTime() - mail.at.getTime() < 3_600_000);
        if (recent.length < mailsPerHour) mails.push(mailOf(alert, to, at));
        else lose(alert, at, 'more than 100 mails an hour');
      }
      if (webhook() !== undefined) waiting.push({ alert, attempt: 0, due: at.getTime() });
    },
    nextCall: () => (waiting.length === 0 ? undefined : new Date(Math.min(...waiting.map(({ due }) => due)))),
    async call(at) {
      const due = waiting.filter((one) => one.due <= at.getTime());
      waiting = waiting.filter((one) => one.due > at.getTime());
      const target = webhook();
      for (const delivery of due) if (target !== undefined) await deliver(delivery, at, target);
    },
  };
}

/** The status, or the error's name. A webhook's answer is not read; redirects are not followed. */
async function post(
  url: string,
  alert: CommonAlert,
  token: string | undefined,
  timeoutMs: number,
): Promise<number | string> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(alert),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown';
  }
}
