import { type KqlDatabase, runQuery } from '../sandbox/kql/engine.ts';
import { atMost, type Figure } from './figure.ts';

const rows = 1_000_000;
const keys = 1_000;

const queries: Readonly<Record<string, string>> = {
  'filter and count': 'Requests | where Status >= 400 and Operation has "read" | count',
  'filter and summarize':
    'Requests | where Status < 500 | summarize count(), avg(DurationMs), max(DurationMs) by Operation',
  'summarize by hour and service':
    'Requests | summarize count(), percentile(DurationMs, 95) by bin(TimeGenerated, 1h), Service',
  'join with a thousand rows': 'Requests | join kind=inner Services on Service | summarize count() by Owner',
  'lookup of a thousand rows': 'Requests | lookup kind=leftouter Services on Service | summarize count() by Owner',
};

/** Rows a second through the sandbox's query language; a million rows in more than five seconds is slow. */
export function benchKql(): readonly Figure[] {
  const database = makeDatabase();
  const now = new Date('2026-11-22T08:00:00Z');
  return Object.entries(queries).flatMap(([name, query]) => {
    // what is parsed for the first time is not the rows' fault
    runQuery(
      query,
      {
        ...database,
        tables: new Map([...database.tables].map(([key, table]) => [key, { ...table, rows: table.rows.slice(0, 10) }])),
      },
      { now },
    );
    const started = performance.now();
    const result = runQuery(query, database, { now });
    const seconds = (performance.now() - started) / 1000;
    if ('error' in result) throw new Error(`${query}: ${result.error.message}`);
    return [
      { what: `(d) KQL: ${name}`, value: rows / seconds, unit: 'rows/s' },
      atMost(`(d) KQL: ${name}, ${rows} rows`, seconds, 's', 5),
    ];
  });
}

/** A million requests of a day to a thousand services; the same rows every time. */
function makeDatabase(): KqlDatabase {
  const operations = ['read', 'search-type', 'update', 'create', 'export', 'history-instance', 'everything'];
  const first = Date.parse('2026-11-21T08:00:00Z');
  const requests = Array.from({ length: rows }, (_, i) => [
    new Date(first + i * 86).toISOString(),
    `service${(i * 7919) % keys}`,
    operations[i % operations.length],
    i % 50 === 0 ? 404 : i % 333 === 0 ? 500 : 200,
    (i * 31) % 900,
  ]);
  const services = Array.from({ length: keys }, (_, i) => [`service${i}`, `owner${i % 25}`]);
  return {
    dialect: 'log-analytics',
    tables: new Map([
      [
        'Requests',
        {
          columns: [
            { name: 'TimeGenerated', type: 'datetime' },
            { name: 'Service', type: 'string' },
            { name: 'Operation', type: 'string' },
            { name: 'Status', type: 'int' },
            { name: 'DurationMs', type: 'long' },
          ],
          rows: requests,
        },
      ],
      [
        'Services',
        {
          columns: [
            { name: 'Service', type: 'string' },
            { name: 'Owner', type: 'string' },
          ],
          rows: services,
        },
      ],
    ]),
  };
}
