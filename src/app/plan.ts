import { createHash, randomBytes } from 'node:crypto';
import { discoverEstate, type Estate, EstateUnlistable } from '../evidence/inventory.ts';
import type { Drift, Family, SweepPlan, Service as Watched } from '../model.ts';
import { isOpen } from '../posture/decide.ts';
import type { LoadedPolicy } from './policy-file.ts';
import type { Service } from './service.ts';

export interface Planned {
  readonly plan: SweepPlan;
  /** what Resource Graph says; undefined where it said nothing */
  readonly estate: Estate | undefined;
}

/** Of an estate those services that are to be looked at again. */
export type Part = (watched: Watched, estate: Estate) => boolean;

/**
 * Finds out what a family's sweep has to judge, of the estate as it was just listed. One that could not be listed is the one
 * that was known. A part of the estate is read directly: who asks for it knows that something happened.
 */
export async function planSweep(
  family: Family,
  listed: Estate | EstateUnlistable,
  policy: LoadedPolicy,
  service: Service,
  signal: AbortSignal,
  isPart?: Part,
): Promise<Planned> {
  const [azure, store] = await Promise.all([service.azure(), service.store()]);
  const now = service.now();
  const { intervalSeconds } = service.settings.schedules[family];
  const common = {
    schema: 1,
    sweepId: sweepIdOf(family, now),
    family,
    startedAt: now.toISOString(),
    intervalSeconds,
    policySha256: policy.sha256,
  } as const;
  const known = await store.knownEstate(family);
  if (listed instanceof EstateUnlistable) {
    const { failure } = listed;
    const problems = [{ scope: '/', ...failure }];
    const plan = {
      ...common,
      services: known,
      gone: [],
      estateChanged: false,
      problems,
      confirm: [],
      unlisted: failure,
    };
    return { plan, estate: undefined };
  }
  const { services, gone } = await withUnlisted(listed, known, async (id) => {
    const read = await azure.get(id, '2024-03-31', signal);
    return !read.ok && read.reason === 'not-found';
  });
  const estate = { ...listed, services };
  if (isPart) {
    const chosen = services.filter((one) => isPart(one, estate));
    const plan: SweepPlan = {
      ...common,
      services: chosen,
      gone: gone.filter((one) => isPart(one, estate)),
      estateChanged: false,
      problems: listed.problems,
      confirm: chosen.map(({ id }) => id),
      partial: true,
    };
    return { plan, estate };
  }
  const plan: SweepPlan = {
    ...common,
    services,
    gone,
    estateChanged: JSON.stringify(services) !== JSON.stringify(known),
    problems: listed.problems,
    confirm: [
      ...new Set([
        ...rotation(services, intervalSeconds, now),
        ...failing(services, (await store.driftBook(family)).drifts),
      ]),
    ],
  };
  return { plan, estate };
}

/** An open drift must not end because a replica of Resource Graph shows what was before it: its service is read directly. */
function failing(services: readonly Watched[], drifts: readonly Drift[]): readonly string[] {
  const open = drifts.filter((drift) => isOpen(drift) && drift.direction === 'regressed');
  const keys = new Set(open.map(({ service }) => service.key));
  return services.filter(({ key }) => keys.has(key)).map(({ id }) => id);
}

/** Begins with the time, so that sweeps sort by their ids. */
function sweepIdOf(family: Family, now: Date): string {
  return `${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${family}-${randomBytes(4).toString('hex')}`;
}

/** What is watched, as Azure lists it now. */
export async function listEstate(
  policy: LoadedPolicy,
  service: Service,
  signal: AbortSignal,
): Promise<Estate | EstateUnlistable> {
  try {
    return await discoverEstate(policy.policy.estate, await service.azure(), signal);
  } catch (error) {
    if (error instanceof EstateUnlistable) return error;
    throw error;
  }
}

/**
 * Resource Graph lags and may drop a service for a while: one that was known stays watched until a direct read says 404,
 * or until the policy no longer wants it: then Resource Graph shows it, and it is not among the services.
 */
export async function withUnlisted(
  listed: Pick<Estate, 'services' | 'inventory'>,
  known: readonly Watched[],
  isGone: (id: string) => Promise<boolean>,
): Promise<{ readonly services: readonly Watched[]; readonly gone: readonly Watched[] }> {
  const seen = new Set(listed.services.map((service) => service.key));
  const { healthcare } = listed.inventory;
  const shown = new Set(healthcare.ok ? healthcare.value.map(({ id }) => id.toLowerCase()) : []);
  const missing = await Promise.all(
    known
      .filter((service) => !seen.has(service.key))
      .map(async (service) => ({ service, gone: shown.has(service.id.toLowerCase()) || (await isGone(service.id)) })),
  );
  const kept = missing.filter(({ gone }) => !gone).map(({ service }) => service);
  return {
    services: [...listed.services, ...kept],
    gone: missing.filter(({ gone }) => gone).map(({ service }) => service),
  };
}

/** Within an hour every service is in the list once, so that every critical pass is read directly at least hourly. */
export function rotation(services: readonly Watched[], intervalSeconds: number, now: Date): readonly string[] {
  const slots = Math.max(1, Math.floor(3600 / intervalSeconds));
  const slot = Math.floor(now.getTime() / 1000 / intervalSeconds) % slots;
  const slotOf = (key: string): number => createHash('sha256').update(key).digest().readUInt32BE(0) % slots;
  return services.filter((service) => slotOf(service.key) === slot).map((service) => service.id);
}
