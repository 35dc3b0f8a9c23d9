import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type RunningIngestion, startIngestion } from '../../sandbox/data-plane/ingestion.ts';
import { createTls } from '../../sandbox/tls.ts';
import type { Fault, TlsMaterial } from '../../sandbox/types.ts';
import { createWorld } from '../../sandbox/world.ts';
import { type AvailabilityReport, reportAvailability } from '../../src/alerts/availability.ts';
import { makeEstate } from '../sandbox/dns-fixture.ts';

let folder = '';
let tls: TlsMaterial;
let running: RunningIngestion | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'availability-'));
  tls = await createTls(new Date(), folder);
  setDefaultCACertificates([...getCACertificates('default'), tls.ca]);
});
afterEach(() => running?.close());
afterAll(() => rm(folder, { recursive: true }));

async function ingestion(faults: readonly Fault[] = []): Promise<RunningIngestion> {
  running = await startIngestion(createWorld(makeEstate({ now: new Date(), faults })), tls);
  return running;
}

const report: AvailabilityReport = {
  sweepId: 'sweep-1',
  family: 'network',
  coverage: 0.75,
  place: 'vnet-hub',
  paths: [
    {
      host: 'praxis.azurehealthcareapis.com',
      serviceId: '/praxis',
      isOpen: true,
      message: 'answers 200',
      durationMs: 123,
    },
    { host: 'lost.azurehealthcareapis.com', serviceId: '/lost', isOpen: false, message: 'timed out', durationMs: 6000 },
  ],
};

function rowsOf({ telemetryTables }: RunningIngestion, name: string) {
  const table = telemetryTables().get(name);
  return (table?.rows ?? []).map((row) =>
    Object.fromEntries((table?.columns ?? []).map((column, place) => [column.name, row[place]])),
  );
}

test('one availability result per private path and the coverage of the sweep arrive as sent', async () => {
  const server = await ingestion();
  const lost: string[] = [];
  const options = { connectionString: server.connectionString, role: 'fhirwatch', onLoss: (d: string) => lost.push(d) };
  await reportAvailability(report, options);
  expect(lost).toEqual([]);
  const results = rowsOf(server, 'AppAvailabilityResults').sort((a, b) => String(a.Name).localeCompare(String(b.Name)));
  expect(results).toMatchObject([
    { Name: 'private lost.azurehealthcareapis.com', Success: false, Message: 'timed out', Location: 'vnet-hub' },
    {
      Name: 'private praxis.azurehealthcareapis.com',
      Success: true,
      DurationMs: 123,
      AppRoleName: 'fhirwatch',
      Properties: { sweepId: 'sweep-1' },
    },
  ]);
  const metrics = rowsOf(server, 'AppMetrics').filter(({ Name }) => Name === 'fhirwatch coverage');
  expect(metrics).toMatchObject([{ Sum: 0.75, ItemCount: 1, Properties: { family: 'network' } }]);
});

test('a fleet is more than one queue holds: nothing is dropped', { timeout: 60_000 }, async () => {
  const server = await ingestion();
  const paths = Array.from({ length: 1201 }, (_, i) => ({
    host: `praxis-${i}.azurehealthcareapis.com`,
    serviceId: '/one',
    isOpen: true,
    message: 'answers 200',
    durationMs: 10,
  }));
  const options = { connectionString: server.connectionString, role: 'fhirwatch', onLoss: () => {} };
  await reportAvailability({ ...report, paths }, options);
  expect(rowsOf(server, 'AppAvailabilityResults').length).toBe(1201);
});

test('a server that hangs holds nothing up', async () => {
  const server = await ingestion([{ target: 'insights', match: '.*', kind: 'hang' }]);
  const started = performance.now();
  const options = { connectionString: server.connectionString, role: 'fhirwatch', timeoutMs: 200, onLoss: () => {} };
  await reportAvailability(report, options);
  // the product's own patience is ten seconds
  expect(performance.now() - started).toBeLessThan(8_000);
});

test('what the service refuses throws nothing: the next sweep reports again', async () => {
  const server = await ingestion([{ target: 'insights', match: '.*', kind: 'status', status: 400 }]);
  const options = { connectionString: server.connectionString, role: 'fhirwatch', timeoutMs: 2_000, onLoss: () => {} };
  await expect(reportAvailability(report, options)).resolves.toBeUndefined();
});
