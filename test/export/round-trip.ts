/** Scans an estate, exports it, scans the export: with the product's own modules, against sandboxes of this process. */
import { exportEstate } from '../../src/app/export.ts';
import { scan } from '../../src/app/scan.ts';
import { clouds } from '../../src/clouds.ts';
import type { EstateFile } from '../../src/export/estate-file.ts';
import { createRedaction } from '../../src/export/redaction.ts';
import type { Report } from '../../src/reports/report.ts';
import { openCommandRig } from '../system/command-rig.ts';

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
  const rig = await openCommandRig();
  return {
    async scan(file) {
      const options = { outputs: [{ format: 'json' }], families: [], checks: [], failOn: 'never' } as const;
      const { stdout, stderr } = await rig.run(file, (terminal, policyFile) =>
        scan({ ...options, policyFile }, terminal),
      );
      if (stdout === '') throw new Error(stderr);
      const report: Report = JSON.parse(stdout);
      return new Map(
        report.services.flatMap(({ id, findings }) =>
          findings.map(({ check, status }) => [`${id.toLowerCase()} ${check}`, status] as const),
        ),
      );
    },
    async export(file, hashIds = false) {
      const { code, stdout, stderr } = await rig.run(file, (terminal, policyFile) =>
        exportEstate({ policyFile, hashIds }, terminal, salt),
      );
      return { code, text: stdout, complaints: stderr, file: JSON.parse(stdout || '{}') };
    },
    close: () => rig.close(),
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
