/** The product's commands in this process, on one sandbox whose estate is another for each run. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { parseEstate } from '../../sandbox/estate.ts';
import { compliantClinic } from '../../sandbox/estates/index.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Estate } from '../../sandbox/types.ts';
import type { Terminal } from '../../src/app/scan.ts';

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandRig {
  /** the sandbox's clock, which begins at the real time */
  now(): Date;
  /** One command at a time; its exit code and what it wrote. */
  run(file: object, command: (terminal: Terminal, policyFile: string) => Promise<number>): Promise<CommandOutcome>;
  close(): Promise<void>;
}

export async function openCommandRig(): Promise<CommandRig> {
  const folder = await mkdtemp(join(tmpdir(), 'fhirwatch-command-'));
  const sandbox = await startSandbox(estateOf(compliantClinic(new Date())));
  const { tenantId } = sandbox.world.estate();
  const trusted = tls.getCACertificates('default');
  tls.setDefaultCACertificates([sandbox.tls.ca]);
  // The managed identity's client reads these from the process itself.
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = sandbox.environment;
  Object.assign(process.env, { IDENTITY_ENDPOINT, IDENTITY_HEADER });
  const policyFile = join(folder, 'policy.json');
  return {
    now: () => sandbox.world.now(),
    async run(file, command) {
      // That client keeps its tokens when the estate changes, so every estate is of their tenant.
      const estate = { ...estateOf(file), tenantId };
      sandbox.world.replace(estate);
      await writeFile(policyFile, JSON.stringify(estate.policy));
      let [stdout, stderr] = ['', ''];
      const terminal: Terminal = {
        env: { ...sandbox.environment, FHIRWATCH_CLOUD: estate.cloud },
        color: false,
        write: (text) => {
          stdout += text;
        },
        progress: () => undefined,
        complain: (text) => {
          stderr += `${text}\n`;
        },
      };
      const code = await command(terminal, policyFile);
      return { code, stdout, stderr };
    },
    async close() {
      tls.setDefaultCACertificates(trusted);
      await sandbox.close();
      await rm(folder, { recursive: true });
    },
  };
}

function estateOf(file: object): Estate {
  const parsed = parseEstate(file, new Date());
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.estate;
}
