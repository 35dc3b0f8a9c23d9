import type { Family } from '../model.ts';
import { readSchedules } from '../schedules.ts';

/** What a family's timer is registered with; never throws, since a throw in an entry file hides every function. */
export function scheduleOf(family: Family, environment: Readonly<Record<string, string | undefined>>): string {
  return readSchedules(environment).schedules[family].binding;
}
