import type { Azure } from '../evidence/azure/client.ts';
import { gatherEvidence } from '../evidence/collectors.ts';
import type { Inventory } from '../evidence/inventory.ts';
import { createProbeMemory, type ProbeMemory } from '../evidence/probe/memory.ts';
import type { Check, Cloud, Service } from '../model.ts';
import { type Policy, resolveExpectations } from '../policy.ts';
import { subscriptionOf } from '../rules/resource-id.ts';
import type { Settings } from '../settings.ts';
import type { BatchPorts } from '../sweep.ts';

type Watched = Pick<Service, 'subscriptionId'>;

export interface PortsInput {
  readonly azure: Azure;
  readonly estate: {
    readonly inventory: Inventory;
    /** all that is watched, whatever part of it is judged */
    readonly services: readonly Watched[];
  };
  readonly policy: Policy;
  readonly settings: Settings;
  readonly checks: readonly Check[];
  /** absent: each batch is judged in a process of its own, as far as it knows */
  readonly together?: readonly Service[];
  /** absent: this process's own, so that its probes stay few however many sweeps it runs */
  readonly probes?: ProbeMemory;
  readonly signal: AbortSignal;
  now(): Date;
}

const probesOfProcess = createProbeMemory();
export const lastProbeOf = probesOfProcess.last;

/** Ties a batch's needs to the collectors and the policy. */
export function batchPorts(input: PortsInput): BatchPorts {
  const { azure, estate, policy, settings, checks, together, probes = probesOfProcess, signal, now } = input;
  const { inventory, services: watched } = estate;
  const expect = (service: Service) => resolveExpectations(policy, service);
  const optIn = new Set(policy.optIn);
  const dns = { servers: settings.dnsServers, vantageRecord: policy.vantage.record };
  const { probeProxy: proxy, telemetryWorkspace } = settings;
  const shared = together === undefined ? {} : { together };
  const probing = { memory: probes, proxy, telemetryWorkspace };
  return {
    checks,
    contextOf: contextSource(watched, policy, settings.cloud, now),
    gather: (services, kinds, confirm) =>
      gatherEvidence(
        { services, ...shared, inventory, confirm, azure, dns, probing, signal, optIn, expect, now },
        kinds,
      ),
  };
}

/** What every check of a sweep may know besides its evidence; one time for the whole sweep. */
export function contextSource(
  watched: readonly Watched[],
  policy: Policy,
  cloud: Cloud,
  now: () => Date,
): BatchPorts['contextOf'] {
  const at = now().toISOString();
  const subscriptions = new Set(watched.map((service) => service.subscriptionId.toLowerCase()));
  return (service) => {
    const expect = resolveExpectations(policy, service);
    const networks = expect.networks.flatMap(({ id }) => subscriptionOf(id) ?? []);
    return {
      service,
      expect,
      cloud,
      now: at,
      estateSubscriptions: [...new Set([...subscriptions, ...networks])].sort(),
    };
  };
}
