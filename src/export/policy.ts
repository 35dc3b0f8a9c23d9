import type { JsonObject } from '../evidence/azure/json.ts';
import type { Service } from '../model.ts';
import { matches } from '../policy/expectations.ts';
import type { Policy } from '../policy.ts';
import { sameId } from '../rules/resource-id.ts';
import { expectFields, keepFields } from './kept-fields.ts';
import type { Redaction } from './redaction.ts';

type Exception = Policy['exceptions'][number];

const redacted = 'redacted';

/**
 * The policy as an estate file holds it, without names of people. Overrides name the services that they match by id,
 * since names and tags may be gone; an exception that is for certain observed values is kept if it holds now. What is
 * excluded from the estate is not in the export, so neither is the rule.
 */
export function writePolicy(
  { estate, expect, optIn, vantage, overrides, exceptions }: Policy,
  services: readonly Service[],
  redaction: Redaction,
  holds: (exception: Exception) => boolean,
): JsonObject {
  const kept = exceptions.filter(
    (one) => services.some(({ id }) => sameId(id, one.service)) && (one.observed === undefined || holds(one)),
  );
  return {
    version: 1,
    estate: {
      subscriptions: estate.subscriptions.map(redaction.id),
      managementGroups: estate.managementGroups.map(redaction.id),
    },
    expect: keepFields(expect, expectFields, redaction),
    optIn,
    vantage: { record: redaction.host(vantage.record) },
    overrides: overrides.flatMap((override) =>
      services
        .filter((service) => matches(override.match, service))
        .map(({ id }) => ({
          match: { id: redaction.id(id) },
          expect: keepFields(override.expect, expectFields, redaction),
        })),
    ),
    exceptions: kept.map(({ check, service, expires }) => ({
      check,
      service: redaction.id(service),
      owner: redacted,
      reason: redacted,
      expires,
    })),
  };
}
