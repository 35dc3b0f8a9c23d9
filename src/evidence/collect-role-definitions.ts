import type { Gathered, RoleDefinition, RoleDefinitions } from '../model.ts';
import { lastSegment } from '../rules/resource-id.ts';
import { textAt } from './azure/documents.ts';
import { CallError } from './azure/failure.ts';
import { listPages } from './azure/pages.ts';
import { type Batch, type Collected, mapBounded, perService } from './batch.ts';
import { toRoleDefinition } from './collect-role-rows.ts';

const definitionsApi = '2022-04-01';

/** The definitions that a service's assignments and PIM instances refer to, by the definition's guid. */
export async function collectRoleDefinitions(batch: Batch): Promise<Collected<'roleDefinitions'>> {
  const subscriptions = new Set(batch.services.map(({ subscriptionId }) => subscriptionId));
  // the lists come while the assignments that refer to them do
  const [grants] = await Promise.all([
    Promise.all([batch.gather('roleAssignments'), batch.gather('eligibleRoles'), batch.gather('activeRoles')]),
    ...[...subscriptions].map((subscriptionId) => listDefinitions(batch, subscriptionId)),
  ]);
  return perService(batch.services, async ({ id, subscriptionId }) => {
    const rows = grants.flatMap((collected) => {
      const gathered = collected.get(id);
      return gathered?.ok ? gathered.value : [];
    });
    // one role under several spellings of its id is one role
    const ids = new Map(
      rows.map(({ roleDefinitionId }) => [lastSegment(roleDefinitionId).toLowerCase(), roleDefinitionId]),
    );
    const listed = await listDefinitions(batch, subscriptionId);
    const entries = await mapBounded(
      [...ids].sort(),
      async ([guid, roleId]): Promise<[string, Gathered<RoleDefinition>]> => [
        guid,
        (listed.ok ? listed.value.get(guid) : undefined) ?? (await readFromNear(batch, roleId, id)),
      ],
    );
    const value: RoleDefinitions = Object.fromEntries(entries);
    const sources = new Set([...listed.sources, ...entries.flatMap(([, definition]) => definition.sources)]);
    return { ok: true, value, sources: [...sources], direct: true };
  });
}

type Definitions = Gathered<ReadonlyMap<string, Gathered<RoleDefinition>>>;

/** All definitions that the subscription knows, built-in ones too; rows that are not understood are read by id. */
function listDefinitions(batch: Batch, subscriptionId: string): Promise<Definitions> {
  const what = `ARM GET /subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions`;
  return batch.onceForSweep(what.toLowerCase(), async (): Promise<Definitions> => {
    const listed = await listPages(batch.azure, what, batch.signal, async (options) =>
      (await batch.azure.authorization(subscriptionId)).roleDefinitions.list(
        `subscriptions/${subscriptionId}`,
        options,
      ),
    );
    if (!listed.ok) return listed;
    const definitions = listed.value.flatMap((row): [string, Gathered<RoleDefinition>][] => {
      const definition = understand(row, listed.sources);
      return definition.ok ? [[lastSegment(definition.value.id).toLowerCase(), definition]] : [];
    });
    return { ...listed, value: new Map(definitions) };
  });
}

/** By its id, which may stand at a scope that a monitor of one group may not read: the service knows the role as well. */
async function readFromNear(batch: Batch, id: string, serviceId: string): Promise<Gathered<RoleDefinition>> {
  const read = await readDefinition(batch, id);
  if (read.ok || read.reason !== 'forbidden') return read;
  const near = `${serviceId}/providers/Microsoft.Authorization/roleDefinitions/${lastSegment(id)}`;
  const known = await readDefinition(batch, near);
  return known.ok ? known : read;
}

function readDefinition(batch: Batch, id: string): Promise<Gathered<RoleDefinition>> {
  return batch.onceForSweep(`role definition ${id.toLowerCase()}`, async (): Promise<Gathered<RoleDefinition>> => {
    const answer = await batch.azure.get(id, definitionsApi, batch.signal);
    if (!answer.ok) return answer;
    const same = lastSegment(textAt(answer.value, 'id') ?? '').toLowerCase() === lastSegment(id).toLowerCase();
    if (same) return understand(answer.value, answer.sources);
    const detail = `ARM GET ${id}: the answer is not this role definition`;
    return { ok: false, reason: 'malformed', detail, sources: answer.sources };
  });
}

function understand(row: unknown, sources: Gathered<unknown>['sources']): Gathered<RoleDefinition> {
  try {
    return { ok: true, value: toRoleDefinition(row), sources, direct: true };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return { ok: false, reason: error.reason, detail: error.message, sources };
  }
}
