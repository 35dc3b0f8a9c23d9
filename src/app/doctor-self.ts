import * as z from 'zod';
import { detailOf } from './client.ts';
import { type Asked, type Diagnosis, parsed, todoOf, unanswered } from './doctor-words.ts';

const unread = z.object({ reason: z.string(), detail: z.string() });

/** What is needed of `SelfExamination`; the order of the kinds of heartbeat is from the most telling to the least. */
const selfShape = z.object({
  schema: z.literal('fhirwatch-doctor/1'),
  permissions: z.object({
    asked: z.int().min(0),
    of: z.int().min(0),
    missing: z.array(z.object({ scope: z.string(), actions: z.array(z.string()).min(1) })),
    unread: z.array(unread.extend({ scope: z.string() })),
  }),
  heartbeat: z.union([
    z.object({
      set: z.literal(true),
      families: z.array(z.string()).min(1),
      silent: z.array(z.object({ family: z.string(), silentMinutes: z.number() })),
    }),
    unread.extend({ set: z.literal(true) }),
    z.object({ set: z.literal(false) }),
  ]),
  teams: z.boolean(),
});

type Self = z.infer<typeof selfShape>;

const [permissionsLine, heartbeatLine] = ['permissions', 'heartbeat in the logs'];
const readIt = 'docs/deploy.md, "Let it read"';
/** Lines of a terminal that one line of the doctor may fill. */
const mostNamed = 5;

/** What the app says of itself: its own rights, and whether its own workspace hears it. */
export function ofSelf(asked: Asked): readonly Diagnosis[] {
  const nothing = (told: Omit<Diagnosis, 'what'>): readonly Diagnosis[] =>
    [permissionsLine, heartbeatLine].map((what) => ({ what, ...told }));
  if (!asked.ok) return nothing({ verdict: 'unknown', ...unanswered(asked.reason) });
  const { status, text } = asked.answer;
  const self = status === 200 ? parsed(selfShape, text) : undefined;
  if (self) return [ofPermissions(self.permissions), ofHeartbeat(self.heartbeat)];
  if (status === 404) {
    const todo = 'deploy this version of fhirwatch, then ask again';
    return nothing({ verdict: 'unknown', seen: 'the deployed app has no such route', todo });
  }
  const seen = status === 200 ? 'answered 200, not as fhirwatch does' : `answered ${status}: ${detailOf(text)}`;
  return nothing({ verdict: 'unknown', seen, todo: todoOf(status) });
}

function ofPermissions({ asked, of, missing, unread: gaps }: Self['permissions']): Diagnosis {
  const what = permissionsLine;
  const lacks = missing.map(({ scope, actions }) => `${scope} lacks ${actions.join(', ')}`);
  const closed = gaps.map(({ scope, detail }) => `${scope}: ${detail}`);
  if (missing.length > 0) return { what, verdict: 'FAIL', seen: someOf([...lacks, ...closed]), todo: readIt };
  const checked = `every action is there at ${asked} of ${of} scopes`;
  if (gaps.length > 0) return { what, verdict: 'unknown', seen: someOf(closed), todo: readIt };
  if (asked === 0) return { what, verdict: 'unknown', seen: 'no watched service is visible', todo: readIt };
  if (asked < of) {
    const todo = 'the report’s coverage tells of the others';
    return { what, verdict: 'unknown', seen: `${checked}; the others were not asked for`, todo };
  }
  return { what, verdict: 'ok', seen: checked };
}

function ofHeartbeat(heartbeat: Self['heartbeat']): Diagnosis {
  const what = heartbeatLine;
  if (!heartbeat.set) {
    const todo = 'set it to the id of the app’s own log workspace (azd provision does)';
    return { what, verdict: 'unknown', seen: 'FHIRWATCH_TELEMETRY_WORKSPACE is not set', todo };
  }
  if (!('silent' in heartbeat)) {
    const todo =
      heartbeat.reason === 'forbidden'
        ? 'give the app’s identity Log Analytics Data Reader on its own workspace (azd provision does)'
        : 'ask again; then look at the workspace';
    return { what, verdict: 'unknown', seen: heartbeat.detail, todo };
  }
  const { families, silent } = heartbeat;
  if (silent.length === 0) return { what, verdict: 'ok', seen: `${families.length} of ${families.length} families` };
  return {
    what,
    verdict: 'FAIL',
    seen: silent.map(({ family, silentMinutes }) => `${family} silent for ${silentMinutes} minutes`).join('; '),
    todo: 'where the app is healthy its telemetry is lost on the way: see its log and APPLICATIONINSIGHTS_CONNECTION_STRING',
  };
}

function someOf(all: readonly string[]): string {
  const more = all.length - mostNamed;
  return [...all.slice(0, mostNamed), ...(more > 0 ? [`${more} more`] : [])].join('; ');
}
