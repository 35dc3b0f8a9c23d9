import * as z from 'zod';
import { type AlertReading, largestAlert, readCommonAlert } from '../alerts/common-alert.ts';
import { type Delivery, deliverAlert, type TeamsPorts } from '../alerts/teams.ts';
import { checks } from '../checks/index.ts';
import type { CloudName, TeamsTrouble } from '../model.ts';
import { changedBy } from '../posture/announce.ts';
import type { Answer, Open } from './http.ts';
import { inTime } from './in-time.ts';
import { callerOf, type Headers } from './principal.ts';
import { type Environment, type Log, openShared, type Service } from './service.ts';
import { noteTestAlert } from './test-alert.ts';

/** "AzNS AAD Webhook", with which Azure Monitor calls secure webhooks; the app registration grants it this role alone. */
const azureMonitorAppId = '461e8683-5575-4561-ac7f-899cc907d62a';
const webhookRole = 'ActionGroupsSecureWebhook';

/** The part of a request that the route reads; the shape of `@azure/functions`. */
export interface PostedRequest {
  readonly headers: Headers;
  readonly body: AsyncIterable<unknown> | null;
}

const portals: Readonly<Record<CloudName, string>> = {
  AzureCloud: 'https://portal.azure.com',
  AzureUSGovernment: 'https://portal.azure.us',
  AzureChinaCloud: 'https://portal.azure.cn',
};

/** What the route needs beside the settings; tests give their own. */
export type OpenTeams = (service: Service, url: string, environment: Environment, log: Log) => TeamsPorts;

/**
 * `POST teams`: the action group's secure webhook. Answers 503 where Azure should call again (it does so for 408, 429, 503
 * and 504 only), 502 where that would not help.
 */
export async function answerTeams(
  request: PostedRequest,
  environment: Environment,
  log: Log,
  open: Open = openShared,
  openTeams: OpenTeams = teamsPorts,
): Promise<Answer> {
  if (!isAzureMonitor(request.headers, environment)) {
    return problem(401, 'Not Azure Monitor', 'This route answers only the secure webhook of an action group.');
  }
  const body = await readBody(request);
  const reading: AlertReading = body === undefined ? tooLarge : readCommonAlert(body);
  if (!reading.ok) {
    log.error('an alert could not be read', { detail: reading.detail });
    return problem(reading.reason === 'too-large' ? 413 : 400, 'Not an alert', `${reading.detail}.`);
  }
  const opening = open(environment, log);
  if (!opening.ok) {
    for (const text of opening.problems) log.error('a setting is wrong: no card is posted', { problem: text });
    return problem(503, 'Not configured', 'The app’s settings are not valid; its log names every problem.');
  }
  const { service } = opening;
  const url = service.settings.teamsWorkflowUrl;
  if (url === undefined) {
    log.error('an alert came for Teams, and FHIRWATCH_TEAMS_WORKFLOW_URL is not set');
    await noteTestAlert(reading.alert, 'no-workflow', service, log);
    return problem(502, 'No Teams workflow', 'FHIRWATCH_TEAMS_WORKFLOW_URL is not set.');
  }
  const delivery = await deliverAlert(reading.alert, openTeams(service, url, environment, log));
  await noteTestAlert(reading.alert, delivery, service, log);
  log.info('an alert was taken for Teams', { rule: reading.alert.alertRule.slice(0, 200), delivery });
  return answerOf(delivery);
}

/** Why the last card did not reach Teams; undefined where it did or where Teams is not used. Throws where storage fails. */
export async function teamsTrouble(service: Service): Promise<TeamsTrouble | undefined> {
  return service.settings.teamsWorkflowUrl ? (await service.store()).teamsTrouble() : undefined;
}

const tooLarge: AlertReading = { ok: false, reason: 'too-large', detail: 'the alert is larger than 1 MB' };

function answerOf(delivery: Delivery): Answer {
  switch (delivery) {
    case 'posted':
    case 'posted-before':
      return { status: 200, headers: guards, body: '' };
    case 'refused':
      return problem(502, 'Refused by Teams', 'The Teams workflow refused the card; the app’s log has its answer.');
    default:
      return problem(503, 'Not delivered yet', 'The card could not be posted now; call again.');
  }
}

const claims = z.object({ claims: z.array(z.object({ typ: z.string(), val: z.string() })) });

/** Signed in for our tenant, with the one role, and with Azure's own app id: `appid` in tokens of version 1, `azp` in 2. */
function isAzureMonitor(headers: Headers, environment: Environment): boolean {
  const caller = callerOf(headers, environment);
  if (!caller?.roles.includes(webhookRole)) return false;
  const header = Buffer.from(headers.get('x-ms-client-principal') ?? '', 'base64').toString('utf8');
  const apps = claims
    .parse(JSON.parse(header))
    .claims.filter(({ typ }) => typ === 'appid' || typ === 'azp')
    .map(({ val }) => val.toLowerCase());
  return apps.length > 0 && apps.every((app) => app === azureMonitorAppId);
}

/** The body as text, or undefined as soon as it is too large. */
async function readBody({ headers, body }: PostedRequest): Promise<string | undefined> {
  if (Number(headers.get('content-length') ?? 0) > largestAlert) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > largestAlert) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function teamsPorts(service: Service, url: string, environment: Environment, log: Log): TeamsPorts {
  const host = environment.WEBSITE_HOSTNAME;
  return {
    url,
    portal: portals[service.settings.cloud.name],
    deliveries: async () => {
      const store = await inTime(service.store());
      return {
        claimDelivery: (...given) => inTime(store.claimDelivery(...given)),
        saveDelivery: (...given) => inTime(store.saveDelivery(...given)),
        releaseDelivery: (...given) => inTime(store.releaseDelivery(...given)),
        saveTeamsTrouble: (...given) => inTime(store.saveTeamsTrouble(...given)),
      };
    },
    readCause: async (causeId) => (await inTime((await service.store()).cause(causeId)))?.drifts ?? [],
    guideOf: (id) => {
      const check = checks.find((one) => one.id === id);
      return check && { title: check.title, why: check.why, command: (watched) => check.remediation.command(watched) };
    },
    changedByOf: changedBy,
    reportUrlOf: (watched) => {
      if (host === undefined || host === '') return undefined;
      return `https://${host}/api/report?format=html${watched ? `&service=${encodeURIComponent(watched.key)}` : ''}`;
    },
    fetch,
    sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
    now: service.now,
    error: (text, fields) => log.error(text, fields),
  };
}

const guards = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** RFC 9457. */
function problem(status: number, title: string, detail: string): Answer {
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  return { status, headers: { ...guards, 'content-type': 'application/problem+json' }, body };
}
