import type { Family } from '../model.ts';

/** What memory is divided by; `satisfies` names a family that is missing. */
export const families = Object.keys({
  network: true,
  access: true,
  audit: true,
  data: true,
  lifecycle: true,
} satisfies Record<Family, true>) as readonly Family[];
