/** Many cases in one estate: each has a hospital in a subscription of its own, so that one sweep judges them all. */
import { builtInRoleDefinitions } from '../../sandbox/built-in-roles.ts';
import { textAt } from '../../sandbox/documents.ts';
import { deriveId } from '../../sandbox/estate.ts';
import { buildEstate } from '../../sandbox/estates/build.ts';
import { type EstateFile, type Hospital, legacyId, logWorkspaceId, type Plan } from '../../sandbox/estates/plan.ts';
import type { AzureDocument, Json, JsonObject } from '../../sandbox/types.ts';
import type { EstateJudge, JudgedFinding } from './estate-judge.ts';

/** Where a case takes place: ids of its scopes from wide to narrow, and how long ago things are. */
export interface Ward {
  readonly subscription: string;
  readonly group: string;
  readonly workspace: string;
  readonly fhir: string;
  readonly dicom: string;
  readonly legacy: string;
  /** the approved log workspace */
  readonly log: string;
  readonly plan: Plan;
  /** the object id of somebody of this ward */
  id(who: string): string;
  ago(minutes: number): string;
}

/** What a case adds to its hospital; `estate` changes the whole, so such a case is judged alone. */
export interface Changes {
  readonly assignments?: readonly AzureDocument[];
  readonly eligible?: readonly AzureDocument[];
  readonly active?: readonly AzureDocument[];
  readonly denials?: readonly AzureDocument[];
  readonly roles?: readonly AzureDocument[];
  /** replaces those of the services */
  readonly settings?: readonly AzureDocument[];
  /** rows by table, of the approved log workspace */
  readonly rows?: Readonly<Record<string, readonly JsonObject[]>>;
  /** [minutes ago, TotalRequests] */
  readonly requests?: readonly (readonly [number, number])[];
  /** who may do what, beside those whom the named estates approve */
  readonly listed?: readonly JsonObject[];
  /** more of the policy's `expect` for this ward */
  readonly expect?: JsonObject;
  readonly estate?: (file: object) => object;
}

export interface WardCase {
  readonly why: string;
  readonly on?: 'fhir' | 'dicom' | 'legacy';
  readonly given: (ward: Ward) => Changes;
  /** by check: `pass`, `unknown`, `fail high`, or several with | */
  readonly wants: Readonly<Record<string, string>>;
  /** what the messages of these checks must say */
  readonly says?: (ward: Ward) => readonly (RegExp | string)[];
  readonly never?: RegExp;
}

const perEstate = 40;

/** What is wrong, a line each; nothing if every case gets what it wants. */
export async function judgeWards(judge: EstateJudge, cases: readonly WardCase[]): Promise<readonly string[]> {
  const probe = wardOf(planOf(new Date(), 1), 0);
  const isAlone = (one: WardCase) => one.on === 'legacy' || one.given(probe).estate !== undefined;
  const together = cases.filter((one) => !isAlone(one));
  const groups = Array.from({ length: Math.ceil(together.length / perEstate) }, (_, i) =>
    together.slice(i * perEstate, (i + 1) * perEstate),
  );
  const wrong: string[] = [];
  for (const group of [...groups, ...cases.filter(isAlone).map((one) => [one])]) {
    let wards: readonly Ward[] = [];
    const checks = [...new Set(group.flatMap(({ wants }) => Object.keys(wants)))];
    const findings = await judge.judge((now) => {
      const plan = planOf(now, group.length);
      wards = group.map((_, index) => wardOf(plan, index));
      return estateOf(plan, group, wards);
    }, checks);
    wrong.push(...group.flatMap((one, index) => differences(one, wards[index] ?? probe, findings)));
  }
  return wrong;
}

function differences(one: WardCase, ward: Ward, findings: readonly JudgedFinding[]): readonly string[] {
  const id = ward[one.on ?? 'fhir'].toLowerCase();
  const own = findings.filter((finding) => finding.id === id && Object.hasOwn(one.wants, finding.check));
  const verdicts = Object.entries(one.wants).flatMap(([check, wanted]) => {
    const finding = own.find((each) => each.check === check);
    const seen = finding?.status === 'fail' ? `fail ${finding.severity}` : finding?.status;
    return wanted.split('|').includes(`${seen}`)
      ? []
      : [`${one.why}: ${check} is ${seen}, not ${wanted}: ${finding?.message}`];
  });
  const messages = own.map(({ message }) => message).join('\n');
  const unsaid = (one.says?.(ward) ?? [])
    .filter((said) => !(typeof said === 'string' ? messages.includes(said) : said.test(messages)))
    .map((said) => `${one.why}: ${said} is not said: ${messages}`);
  const held = own.some(({ message, observed }) => one.never?.test(message + observed));
  return [...verdicts, ...unsaid, ...(held ? [`${one.why}: ${one.never} is told: ${messages}`] : [])];
}

function planOf(now: Date, count: number): Plan {
  const hospitals = Array.from({ length: count }, (_, index): Hospital => {
    const services = [
      { kind: 'fhir', name: 'ehr' },
      { kind: 'dicom', name: 'imaging' },
    ] as const;
    return { workspace: `ward${index}x`, subscriptionId: deriveId('ward', String(index)), services };
  });
  return {
    name: 'wards',
    now,
    cloud: 'AzureCloud',
    tenantId: deriveId('tenant', 'wards'),
    location: 'westeurope',
    hubSubscriptionId: deriveId('subscription', 'hub'),
    hospitals,
    legacy: 'oldclinic',
  };
}

function wardOf(plan: Plan, index: number): Ward {
  const { subscriptionId, workspace: name } = plan.hospitals[index] ?? { subscriptionId: '', workspace: '' };
  const subscription = `/subscriptions/${subscriptionId}`;
  const group = `${subscription}/resourceGroups/rg-${name}`;
  const workspace = `${group}/providers/Microsoft.HealthcareApis/workspaces/${name}`;
  return {
    subscription,
    group,
    workspace,
    fhir: `${workspace}/fhirservices/ehr`,
    dicom: `${workspace}/dicomservices/imaging`,
    legacy: legacyId(plan),
    log: logWorkspaceId(plan),
    plan,
    id: (who) => deriveId('principal', name, who),
    ago: (minutes) => new Date(plan.now.getTime() - minutes * 60_000).toISOString(),
  };
}

function estateOf(plan: Plan, cases: readonly WardCase[], wards: readonly Ward[]): object {
  const base = buildEstate(plan);
  const parts = cases.flatMap((one, index) => {
    const ward = wards[index];
    return ward ? [{ ward, on: one.on ?? 'fhir', changes: one.given(ward) }] : [];
  });
  const all = <K extends 'assignments' | 'eligible' | 'active' | 'denials' | 'roles'>(key: K) =>
    parts.flatMap(({ changes }) => changes[key] ?? []);
  const replaced = parts.flatMap(({ ward, changes }) => (changes.settings ? [ward.workspace, ward.legacy] : []));
  const asked = parts.filter(({ changes }) => changes.rows ?? changes.requests);
  const tables = [...new Set(asked.flatMap(({ changes }) => Object.keys(changes.rows ?? {})))];
  const file = {
    ...base,
    policy: { ...base.policy, overrides: parts.flatMap((part) => overrideOf(part, base)) },
    // networks are judged elsewhere, and cost most of the time
    resources: base.resources.filter(({ type }) => /HealthcareApis|OperationalInsights/.test(type ?? '')),
    roleDefinitions: all('roles'),
    roleAssignments: [...base.roleAssignments, ...all('assignments')],
    roleEligibilityScheduleInstances: [...base.roleEligibilityScheduleInstances, ...all('eligible')],
    roleAssignmentScheduleInstances: all('active'),
    denyAssignments: all('denials'),
    diagnosticSettings: [
      ...base.diagnosticSettings.filter(({ id }) => !replaced.some((at) => id.startsWith(`${at}/`))),
      ...parts.flatMap(({ changes }) => changes.settings ?? []),
    ],
    logs: {
      [logWorkspaceId(plan)]: Object.fromEntries(
        tables.map((table) => [table, asked.flatMap(({ changes }) => changes.rows?.[table] ?? [])]),
      ),
    },
    metrics: Object.fromEntries(
      asked.map(({ ward, on, changes }) => [
        ward[on],
        { TotalRequests: (changes.requests ?? []).map(([minutes, count]) => [ward.ago(minutes), count]) },
      ]),
    ),
  };
  return parts.reduce<object>((estate, { changes }) => changes.estate?.(estate) ?? estate, file);
}

function overrideOf(part: { ward: Ward; changes: Changes }, base: EstateFile): readonly Json[] {
  const { listed, expect = {} } = part.changes;
  if (!listed && Object.keys(expect).length === 0) return [];
  const known = (base.policy.expect as { dataAccess: { principals: readonly Json[] } }).dataAccess.principals;
  const access = (expect.dataAccess ?? {}) as JsonObject;
  const dataAccess = { ...access, ...(listed ? { principals: [...known, ...listed] } : {}) };
  return [{ match: { id: `${part.ward.subscription}/*` }, expect: { ...expect, dataAccess } }];
}

/** The id of a built-in role. */
export function builtIn(name: string): string {
  const found = builtInRoleDefinitions().find((one) => textAt(one, 'properties', 'roleName') === name);
  if (!found) throw new Error(`there is no built-in role ${name}`);
  return found.id;
}
