/** Small shape checks that collect every problem by its path; they only look, they never copy what they look at. */

/** Adds what is wrong with `value` to `problems`, each as `path: sentence`. */
export type Check = (value: unknown, path: string, problems: string[]) => void;

export interface Shape {
  readonly [key: string]: Check;
}

export const anything: Check = () => {};

export const text: Check = (value, path, problems) => {
  if (typeof value !== 'string') problems.push(`${path}: must be a string, not ${nameOf(value)}`);
};

export const flag: Check = (value, path, problems) => {
  if (typeof value !== 'boolean') problems.push(`${path}: must be true or false, not ${nameOf(value)}`);
};

export const dictionary: Check = (value, path, problems) => {
  if (!isRecord(value)) problems.push(`${path}: must be an object, not ${nameOf(value)}`);
};

export const instant: Check = (value, path, problems) => {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value) || Number.isNaN(Date.parse(value)))
    problems.push(`${path}: must be a time like 2026-11-22T08:00:00Z`);
};

export const pattern: Check = (value, path, problems) => {
  if (typeof value !== 'string') return text(value, path, problems);
  try {
    new RegExp(value, 'i');
  } catch (error) {
    problems.push(`${path}: is no regular expression (${error instanceof Error ? error.message : error})`);
  }
};

/** A number of at least `least` and at most `most`. */
export function number(least: number, most = Number.POSITIVE_INFINITY): Check {
  return (value, path, problems) => {
    if (typeof value !== 'number' || !(value >= least && value <= most))
      problems.push(`${path}: must be a number from ${least}${Number.isFinite(most) ? ` to ${most}` : ''}`);
  };
}

export function oneOf(...allowed: readonly string[]): Check {
  return (value, path, problems) => {
    if (typeof value !== 'string' || !allowed.includes(value))
      problems.push(`${path}: must be one of ${allowed.join(', ')}`);
  };
}

export function nullable(check: Check): Check {
  return (value, path, problems) => {
    if (value !== null) check(value, path, problems);
  };
}

export function listOf(check: Check): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value)) {
      problems.push(`${path}: must be a list, not ${nameOf(value)}`);
      return;
    }
    for (const [index, item] of value.entries()) check(item, `${path}[${index}]`, problems);
  };
}

/** An object whose keys are free. */
export function mapOf(check: Check): Check {
  return (value, path, problems) => {
    if (!isRecord(value)) return dictionary(value, path, problems);
    for (const [key, item] of Object.entries(value)) check(item, join(path, key), problems);
  };
}

/** An object that may have the keys of `shape` and no other, and must have those of `required`. */
export function object(shape: Shape, required: readonly string[] = []): Check {
  return (value, path, problems) => {
    if (!isRecord(value)) return dictionary(value, path, problems);
    for (const key of required) if (!Object.hasOwn(value, key)) problems.push(`${join(path, key)}: is missing`);
    for (const [key, item] of Object.entries(value)) {
      const check = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (check) check(item, join(path, key), problems);
      else problems.push(`${join(path, key)}: is not a key of an estate file`);
    }
  };
}

export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `path.key`, or `path["odd key"]`. */
export function join(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
