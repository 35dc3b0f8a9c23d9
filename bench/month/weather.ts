import type { Estate, Fault } from '../../sandbox/types.ts';

/** Something that Azure does by itself, as it meets one sweep. */
export interface Weather {
  /** the same weather has the same name */
  readonly name: string;
  readonly faults?: readonly Fault[];
  /** what Resource Graph leaves out */
  readonly without?: string;
  readonly noToken?: true;
}

interface Episode extends Weather {
  readonly from: number;
  readonly to: number;
}

interface Kind {
  readonly perDay: number;
  /** how long it lasts at least and at most, in seconds */
  readonly lasts: readonly [number, number];
  make(estate: Estate, choose: Choose): Weather;
}

type Choose = <T>(among: readonly T[]) => T;

const fault = (target: Fault['target'], kind: Fault['kind'], more: Partial<Fault> = {}): Fault => ({
  target,
  match: '.',
  kind,
  ...more,
});
const single = { times: 1 } as const;
const busy = { code: 'TooManyRequests', message: 'Too many requests.' };

/**
 * More than a good month of Azure has; how often is chosen, since Azure publishes no such rates. What lasts longer than two
 * sweeps is an outage, which is to be told; where Azure itself is known to lag, this lasts as long: Resource Graph half an
 * hour. Not here: web tests that fail from outside, and log rows that come late.
 */
const kinds: readonly Kind[] = [
  {
    // a replica of Azure's role assignments has not heard of the monitor's
    perDay: 1,
    lasts: [30, 280],
    make: () => ({ name: 'reads refused', faults: [fault('resource-manager', 'status', { status: 403 })] }),
  },
  {
    perDay: 1,
    lasts: [60, 240],
    make: () => ({
      name: 'reads throttled',
      faults: [fault('resource-manager', 'status', { status: 429, retryAfter: 60, body: { error: busy } })],
    }),
  },
  {
    perDay: 0.5,
    lasts: [20, 120],
    // only the question that decides: all eight with their retries would wait for Resource Graph's limit
    make: () => ({
      name: 'Resource Graph down',
      faults: [fault('resource-graph', 'status', { match: "startswith 'microsoft.healthcareapis/'", status: 503 })],
    }),
  },
  {
    perDay: 0.5,
    lasts: [300, 1800],
    make: (estate, choose) => {
      const without = choose(estate.resources.filter(({ type }) => /HealthcareApis|Network/i.test(type ?? ''))).id;
      return { name: `Resource Graph without ${without}`, without };
    },
  },
  {
    perDay: 0.5,
    lasts: [30, 280],
    make: () => ({ name: 'Resource Graph cut short', faults: [fault('resource-graph', 'partial')] }),
  },
  {
    perDay: 1,
    lasts: [10, 90],
    make: () => ({ name: 'resolver silent', faults: [fault('dns', 'hang')] }),
  },
  {
    perDay: 0.3,
    lasts: [10, 120],
    make: (estate, choose) => {
      const host = choose(hostsOf(estate));
      return { name: `no answer for ${host}`, faults: [fault('dns', 'hang', { match: `^A+ ${host}` })] };
    },
  },
  {
    perDay: 0.2,
    lasts: [10, 60],
    make: () => ({ name: 'no token', noToken: true }),
  },
  {
    perDay: 1,
    lasts: [30, 280],
    make: (_, choose) => {
      const [name, kind] = choose([['cut short', 'partial'] as const, ['down', 'status'] as const]);
      return { name: `logs ${name}`, faults: [fault('logs', kind, { status: 504 })] };
    },
  },
  {
    perDay: 0.5,
    lasts: [60, 600],
    make: () => ({ name: 'metrics down', faults: [fault('metrics', 'status', { status: 503 })] }),
  },
  {
    // an update of the platform
    perDay: 0.5,
    lasts: [20, 150],
    make: (_, choose) => {
      const [name, kind] = choose([['start', 'status'] as const, ['cut connections', 'reset'] as const]);
      return { name: `services ${name}`, faults: [fault('fhir', kind, { status: 503 })] };
    },
  },
];

/** Of all sweeps, and gone when the call is tried again. */
const passing: readonly (readonly [share: number, Weather])[] = [
  [0.002, { name: 'one 429', faults: [fault('resource-manager', 'status', { status: 429, ...single })] }],
  [0.002, { name: 'one 503', faults: [fault('resource-manager', 'status', { status: 503, ...single })] }],
  [
    0.002,
    { name: 'one 500 of Resource Graph', faults: [fault('resource-graph', 'status', { status: 500, ...single })] },
  ],
  [0.001, { name: 'one reset', faults: [fault('resource-manager', 'reset', single)] }],
  [0.001, { name: 'one malformed answer', faults: [fault('resource-manager', 'malformed', single)] }],
  [0.0003, { name: 'one lost question', faults: [fault('dns', 'hang', single)] }],
  [0.002, { name: 'one 503 of a service', faults: [fault('fhir', 'status', { status: 503, ...single })] }],
  [0.002, { name: 'one 504 of the logs', faults: [fault('logs', 'status', { status: 504, ...single })] }],
];

/** The weather of so many days from a start: what a sweep meets at a time, asked in the order of time. */
export function weatherOf(estate: Estate, start: number, days: number, random: () => number) {
  const choose: Choose = (among) => among[Math.floor(random() * among.length)] as (typeof among)[number];
  const episodes = kinds.flatMap(({ perDay, lasts: [least, most], make }) =>
    Array.from({ length: Math.round(perDay * days) }, (): Episode => {
      const from = start + random() * days * 86_400_000;
      return { ...make(estate, choose), from, to: from + (least + random() * (most - least)) * 1000 };
    }),
  );
  return (at: number): readonly Weather[] => [
    ...episodes.filter(({ from, to }) => from <= at && at < to),
    ...passing.flatMap(([share, weather]) => (random() < share ? [weather] : [])),
  ];
}

/** The estate as it is to be seen in that weather. Faults are new ones each time, since each counts what it has hit. */
export function under(estate: Estate, weather: readonly Weather[]): Estate {
  const without = weather.flatMap((one) => one.without ?? []);
  return {
    ...estate,
    faults: [...estate.faults, ...weather.flatMap(({ faults = [] }) => faults.map((one) => ({ ...one })))],
    graph: { ...estate.graph, without: [...estate.graph.without, ...without] },
  };
}

function hostsOf({ resources }: Estate): readonly string[] {
  return resources.flatMap(({ id, type }) => {
    const [, workspace, kind, name] = /\/workspaces\/([^/]+)\/(fhir|dicom)services\/([^/]+)$/i.exec(id) ?? [];
    return type && kind ? [`${workspace}-${name}.${kind.toLowerCase()}.azurehealthcareapis.com`] : [];
  });
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
