import * as z from 'zod';
import { visible } from '../reports/text.ts';
import { type App, type BaselineCommand, detailOf, openApp, type SignIn } from './client.ts';
import { ofSelf } from './doctor-self.ts';
import { type Patience, realPatience, sendTestAlert } from './doctor-test.ts';
import { type Asked, ask, type Diagnosis, lineOf, parsed, todoOf, unanswered } from './doctor-words.ts';
import type { Terminal } from './scan.ts';

export interface DoctorCommand extends Pick<BaselineCommand, 'url' | 'audience'> {
  /** sends one, which pages people */
  readonly testAlert?: boolean;
}

const healthShape = z.object({
  status: z.enum(['healthy', 'unhealthy']),
  families: z.array(z.object({ family: z.string(), completedAt: z.string().nullable(), overdue: z.boolean() })),
  problems: z.array(z.string()),
});

/** What is needed of docs/report.schema.json. */
const reportShape = z.object({
  schema: z.literal('fhirwatch-report/1'),
  environment: z.object({ simulated: z.boolean() }),
  vantage: z.object({ private: z.boolean(), network: z.string().nullable(), proof: z.string() }),
  coverage: z.object({ findings: z.int().min(0), known: z.int().min(0) }),
  sweeps: z.array(z.object({ family: z.string(), completedAt: z.string().nullable(), stale: z.boolean() })),
  problems: z.array(z.object({ scope: z.string(), detail: z.string() })),
});

type Report = z.infer<typeof reportShape>;

const notAsked =
  'not checked: whether a test alert arrives. --test-alert sends one to everybody whom alerts page, and waits for it; it needs the app role Operator.\n';

/** `fhirwatch doctor`: 1 something FAIL, else 2 something unknown, else 0; 3 where it could not be asked at all. */
export async function doctor(
  command: DoctorCommand,
  terminal: Terminal,
  signIn?: SignIn,
  patience: Patience = realPatience,
): Promise<0 | 1 | 2 | 3> {
  const opened = await openApp(command, terminal.env, signIn);
  if (!opened.ok) {
    for (const problem of opened.problems) terminal.complain(`fhirwatch: ${visible(problem)}`);
    return 3;
  }
  const { app } = opened;
  const [health, asNobody, report, self] = await Promise.all([
    ask(app, 'api/health', { asNobody: true }),
    ask(app, 'api/report?format=json', { asNobody: true }),
    ask(app, 'api/report?format=json'),
    ask(app, 'api/doctor'),
  ]);
  const found = [...ofHealth(health), ofNobody(asNobody, app), ...ofReport(report), ...ofSelf(self)];
  terminal.write(`${app.origin}\n${found.map(lineOf).join('')}`);
  if (command.testAlert) {
    const test = await sendTestAlert(app, terminal.progress, patience);
    terminal.write(lineOf(test));
    found.push(test);
  } else terminal.write(notAsked);
  if (found.some(({ verdict }) => verdict === 'FAIL')) return 1;
  return found.some(({ verdict }) => verdict === 'unknown') ? 2 : 0;
}

function ofHealth(asked: Asked): readonly Diagnosis[] {
  const [what, families] = ['health', 'families on time'];
  const later: Diagnosis = { what: families, verdict: 'unknown', seen: 'health did not say' };
  if (!asked.ok) return [{ what, verdict: 'unknown', ...unanswered(asked.reason) }, later];
  const { status, text } = asked.answer;
  const health = parsed(healthShape, text);
  if (!health || (status !== 200 && status !== 503)) {
    const seen = `answered ${status}, not as fhirwatch does: ${detailOf(text)}`;
    return [{ what, verdict: 'FAIL', seen, todo: 'check the address and that the app was deployed' }, later];
  }
  const isWell = status === 200 && health.status === 'healthy' && health.problems.length === 0;
  const told = [`answered ${status}`, health.status, ...health.problems].join('; ');
  const overdue = health.families.filter((one) => one.overdue);
  return [
    isWell
      ? { what, verdict: 'ok', seen: told }
      : { what, verdict: 'FAIL', seen: told, todo: 'the log of the app says what is wrong' },
    health.families.length === 0
      ? { what: families, verdict: 'unknown', seen: 'health names no family', todo: 'the log of the app says why' }
      : punctuality(families, health.families.length, overdue),
  ];
}

/** App Service refuses with 401 or 403, or sends a browser to its own sign-in or Entra's; anything else proves nothing. */
function ofNobody(asked: Asked, { origin, hasToken }: App): Diagnosis {
  const what = 'not signed in: refused';
  if (!asked.ok) return { what, verdict: 'unknown', ...unanswered(asked.reason) };
  const { status, location } = asked.answer;
  const seen = `answered ${status}`;
  if (status === 401 || status === 403) return { what, verdict: 'ok', seen };
  if (status >= 300 && status <= 399 && isSignIn(location, origin))
    return { what, verdict: 'ok', seen: `${seen}, to sign-in` };
  if (status >= 200 && status <= 299 && hasToken) {
    const todo = 'anybody may read the report: require authentication in App Service now (azd provision restores it)';
    return { what, verdict: 'FAIL', seen, todo };
  }
  const todo = hasToken
    ? 'expected 401, 403 or a redirect to sign-in: ask again, then look at the sign-in of App Service'
    : 'a host on this machine signs its callers in by itself: ask the deployed app';
  return { what, verdict: 'unknown', seen: location === null ? seen : `${seen}, to ${location.slice(0, 200)}`, todo };
}

const entra = [
  'login.microsoftonline.com',
  'login.windows.net',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
];

function isSignIn(location: string | null, origin: string): boolean {
  const target = location === null ? null : URL.parse(location, origin);
  if (target?.protocol === 'https:' && entra.includes(target.hostname)) return true;
  return target?.origin === origin && target.pathname.startsWith('/.auth/login/');
}

const reportLines: readonly string[] = ['real Azure', 'private vantage', 'coverage', 'sweeps not stale'];

function ofReport(asked: Asked): readonly Diagnosis[] {
  const what = 'signed in: report';
  const later = reportLines.map((line): Diagnosis => ({ what: line, verdict: 'unknown', seen: 'there is no report' }));
  if (!asked.ok) return [{ what, verdict: 'unknown', ...unanswered(asked.reason) }, ...later];
  const { status, text } = asked.answer;
  const report = status === 200 ? parsed(reportShape, text) : undefined;
  if (!report) {
    const seen = status === 200 ? 'answered 200, not as fhirwatch does' : `answered ${status}: ${detailOf(text)}`;
    return [{ what, verdict: 'FAIL', seen, todo: todoOf(status) }, ...later];
  }
  const { simulated } = report.environment;
  const stale = report.sweeps.filter((sweep) => sweep.stale);
  return [
    { what, verdict: 'ok', seen: 'answered 200' },
    simulated
      ? {
          what: 'real Azure',
          verdict: 'FAIL',
          seen: 'the app calls itself simulated',
          todo: 'remove the endpoint and proxy settings that override Azure’s',
        }
      : { what: 'real Azure', verdict: 'ok', seen: 'no endpoint is overridden' },
    ofVantage(report),
    ofCoverage(report),
    report.sweeps.length === 0
      ? { what: 'sweeps not stale', verdict: 'unknown', seen: 'the report names no sweep' }
      : punctuality('sweeps not stale', report.sweeps.length, stale),
  ];
}

function ofVantage({ vantage }: Report): Diagnosis {
  const what = 'private vantage';
  if (vantage.private && vantage.network !== null) return { what, verdict: 'ok', seen: vantage.network };
  const todo = 'docs/deploy.md, "The network, and the proof of where the monitor stands"';
  return { what, verdict: vantage.private ? 'unknown' : 'FAIL', seen: vantage.proof || 'no proof', todo };
}

/** Complete only if there is something to see, nothing of it is unknown and nothing failed to be listed. */
function ofCoverage({ coverage: { findings, known }, problems }: Report): Diagnosis {
  const what = 'coverage';
  const seen = `${known} of ${findings} findings are known`;
  if (findings > 0 && known === findings && problems.length === 0) return { what, verdict: 'ok', seen };
  const first = problems[0] ? `; ${problems.length} problems, first ${problems[0].scope}: ${problems[0].detail}` : '';
  return {
    what,
    verdict: 'unknown',
    seen: seen + first,
    todo: 'docs/deploy.md, "Let it read"; the report names the rest',
  };
}

function punctuality(
  what: string,
  all: number,
  late: readonly { readonly family: string; readonly completedAt: string | null }[],
): Diagnosis {
  if (late.length === 0) return { what, verdict: 'ok', seen: `${all} of ${all}` };
  const seen = late.map(({ family, completedAt }) => `${family} last completed ${completedAt ?? 'never'}`).join('; ');
  return {
    what,
    verdict: 'FAIL',
    seen,
    todo: 'wait for the first sweeps after a deployment; then see the log of the app',
  };
}
