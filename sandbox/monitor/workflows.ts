/** A Teams workflow, "When a Teams webhook request is received": takes cards over HTTPS and keeps them (functions facts 4.6). */
import { createHash } from 'node:crypto';
import { isRecord } from '../checks.ts';
import { type SandboxRequest, type SandboxResponse, startServer } from '../http.ts';
import type { Json, JsonObject, TlsMaterial, World } from '../types.ts';

/** A card as the channel has it. */
export interface ReceivedCard {
  readonly at: Date;
  /** the line of the notification */
  readonly summary: string;
  readonly card: JsonObject;
}

export interface Workflow {
  /** what FHIRWATCH_TEAMS_WORKFLOW_URL holds; its signature is a secret */
  readonly url: string;
  readonly cards: readonly ReceivedCard[];
  /** every call, refused ones too */
  readonly answers: readonly number[];
  /** the next calls get this answer */
  refuse(status: number, options?: { readonly times?: number; readonly retryAfter?: number }): void;
  close(): Promise<void>;
}

const largestMessage = 28 * 1024;
const path = '/workflows/8f1c2d/triggers/manual/paths/invoke';

export async function startWorkflow(world: World, tls: TlsMaterial, now: () => Date): Promise<Workflow> {
  const cards: ReceivedCard[] = [];
  const answers: number[] = [];
  const signature = createHash('sha256').update(`workflow of ${world.estate().name}`).digest('base64url');
  let refusal: { readonly status: number; readonly retryAfter: number | undefined; times: number } | undefined;
  const answer = (request: SandboxRequest): SandboxResponse => {
    if (request.path !== path || request.method !== 'POST') return failure(404, 'NotFound');
    if (request.query.get('sig') !== signature) return failure(401, 'DirectApiAuthorizationRequired');
    if (refusal !== undefined && refusal.times > 0) {
      refusal.times -= 1;
      const { status, retryAfter } = refusal;
      return {
        ...failure(status, 'Refused'),
        headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
      };
    }
    if (Buffer.byteLength(request.body) > largestMessage) return failure(413, 'RequestEntityTooLarge');
    const message = readMessage(request.body);
    if (message === undefined) return failure(400, 'TriggerInputSchemaMismatch');
    cards.push({ ...message, at: now() });
    return { status: 202 };
  };
  const server = await startServer({
    world,
    tls,
    target: () => undefined,
    errorBody: (status) => ({ error: { code: String(status) } }),
    handle: (request) => {
      const response = answer(request);
      answers.push(response.status);
      return response;
    },
  });
  return {
    url: `${server.url}${path}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${signature}`,
    cards,
    answers,
    refuse: (status, { times = 1, retryAfter } = {}) => {
      refusal = { status, retryAfter, times };
    },
    close: () => server.close(),
  };
}

/** The card of a message in the envelope that the workflow posts, or undefined for anything else. */
function readMessage(text: string): Omit<ReceivedCard, 'at'> | undefined {
  const message = parse(text);
  if (!isRecord(message) || message.type !== 'message' || !Array.isArray(message.attachments)) return undefined;
  const [attachment] = message.attachments;
  if (!isRecord(attachment) || attachment.contentType !== 'application/vnd.microsoft.card.adaptive') return undefined;
  const card = attachment.content;
  if (!isRecord(card) || card.type !== 'AdaptiveCard' || typeof card.version !== 'string') return undefined;
  return { summary: typeof message.summary === 'string' ? message.summary : '', card: card as JsonObject };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function failure(status: number, code: string): SandboxResponse {
  return { status, body: { error: { code, message: 'The workflow did not take the request.' } } };
}
