/** Scans an estate, exports it, scans the export: with the product's own modules, against sandboxes of this process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { type ParsedEstate, parseEstate } from '../../sandbox/estate.ts';
import { compliantClinic } from '../../sandbox/estates/index.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Estate } from '../../sandbox/types.ts';
import { exportEstate } from '../../src/app/export.ts';
import { scan, type Terminal } from '../../src/app/scan.ts';
import { clouds } from '../../src/clouds.ts';
import type { EstateFile } from '../../src/export/estate-file.ts';
import { createRedaction } from '../../src/export/redaction.ts';
import type { Report } from '../../src/reports/report.ts';

export interface Exported {
  readonly code: number;
  readonly text: string;
  readonly file: EstateFile;
  readonly complaints: string;
}

/** `service check` → status; service ids in lower case. */
export type Statuses = ReadonlyMap<string, string>;

export interface RoundTrip {
  scan(file: object): Promise<Statuses>;
  export(file: object, hashIds?: boolean): Promise<Exported>;
  close(): Promise<void>;
}

/** Of every export here; hashes are the same in each. */
const salt = 'a grain of salt';

export async function openRoundTrip(): Promise<RoundTrip> {
  const folder = await mkdtemp(join(tmpdir(), 'fhirwatch-export-'));
  const sandbox = await startSandbox(estateOf(compliantClinic(new Date())));
  const { tenantId } = sandbox.world.estate();
  const trusted = tls.getCACertificates('default');
  tls.setDefaultCACertificates([sandbox.tls.ca]);
  // The managed identity's client reads these from the process itself.
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = sandbox.environment;
  Object.assign(process.env, { IDENTITY_ENDPOINT, IDENTITY_HEADER });
  const policyFile = join(folder, 'policy.json');

  async function run<T>(file: object, act: (terminal: Terminal) => Promise<T>) {
    // tokens outlive an estate in the identity's client, so every estate is of their tenant
    const estate = { ...estateOf(file), tenantId };
    sandbox.world.replace(estate);
    await writeFile(policyFile, JSON.stringify(estate.policy));
    let [text, complaints] = ['', ''];
    const code = await act({
      env: { ...sandbox.environment, FHIRWATCH_CLOUD: estate.cloud },
      color: false,
      write: (more) => {
        text += more;
      },
      progress: () => undefined,
      complain: (more) => {
        complaints += `${more}\n`;
      },
    });
    return { code, text, complaints };
  }

  return {
    async scan(file) {
      const options = { outputs: [{ format: 'json' }], families: [], checks: [], failOn: 'never', policyFile } as const;
      const { text, complaints } = await run(file, (terminal) => scan(options, terminal));
      if (text === '') throw new Error(complaints);
      const report: Report = JSON.parse(text);
      return new Map(
        report.services.flatMap(({ id, findings }) =>
          findings.map(({ check, status }) => [`${id.toLowerCase()} ${check}`, status] as const),
        ),
      );
    },
    async export(file, hashIds = false) {
      const outcome = await run(file, (terminal) => exportEstate({ policyFile, hashIds }, terminal, salt));
      return { ...outcome, file: JSON.parse(outcome.text || '{}') };
    },
    async close() {
      tls.setDefaultCACertificates(trusted);
      await sandbox.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The same statuses under the ids that an export with hashed ids gives the services. */
export function hashed(statuses: Statuses): Statuses {
  const services = { hashIds: true, salt, cloud: clouds.AzureCloud, services: [], builtIn: new Set<string>() };
  const { id } = createRedaction(services);
  return new Map(
    [...statuses].map(([key, status]) => {
      const [service = '', check] = key.split(' ');
      return [`${id(service)} ${check}`, status];
    }),
  );
}

function estateOf(file: object): Estate {
  const parsed: ParsedEstate = parseEstate(file, new Date());
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.estate;
}
