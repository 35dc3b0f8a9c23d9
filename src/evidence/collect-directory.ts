import type { CloudName, Directory, Gathered, Source } from '../model.ts';
import { textAt } from './azure/documents.ts';
import { CallError } from './azure/failure.ts';
import { readPage } from './azure/listing.ts';
import type { Batch, Collected } from './batch.ts';

/** Token audience of Microsoft Graph, independent of an overridden endpoint. */
const audiences: { readonly [K in CloudName]: string } = {
  AzureCloud: 'https://graph.microsoft.com',
  AzureUSGovernment: 'https://graph.microsoft.us',
  AzureChinaCloud: 'https://microsoftgraph.chinacloudapi.cn',
};

const types: Readonly<Record<string, 'User' | 'Group' | 'ServicePrincipal'>> = {
  '#microsoft.graph.user': 'User',
  '#microsoft.graph.group': 'Group',
  '#microsoft.graph.serviceprincipal': 'ServicePrincipal',
};

const idsPerQuestion = 1000;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the directory says of everyone who holds or may activate a role, if the policy opts in to asking it. */
export async function collectDirectory(batch: Batch): Promise<Collected<'directory'>> {
  const directory: Gathered<Directory> = batch.optIn.has('directory')
    ? await askDirectory(batch)
    : { ok: true, value: { asked: false }, sources: [], direct: true };
  return new Map(batch.services.map(({ id }) => [id, directory]));
}

async function askDirectory(batch: Batch): Promise<Gathered<Directory>> {
  const ids = await principalIds(batch);
  const principals = new Map<string, 'User' | 'Group' | 'ServicePrincipal' | 'gone'>(ids.map((id) => [id, 'gone']));
  const sources: Source[] = [];
  const { microsoftGraph, name } = batch.azure.cloud;
  for (let at = 0; at < ids.length; at += idsPerQuestion) {
    const body = { ids: ids.slice(at, at + idsPerQuestion) };
    const url = `${microsoftGraph}/v1.0/directoryObjects/getByIds`;
    const answer = await batch.azure.post(url, audiences[name], body, batch.signal);
    if (!answer.ok) return answer;
    sources.push(...answer.sources);
    const page = readPage(answer.value);
    if (page.nextLink !== undefined || hasNext(answer.value)) {
      throw new CallError('malformed', 'the directory answered only part of a question');
    }
    for (const row of page.rows) {
      const id = textAt(row, 'id')?.toLowerCase();
      const type = types[textAt(row, '@odata.type')?.toLowerCase() ?? ''];
      if (id === undefined || !principals.has(id)) continue;
      if (type === undefined) principals.delete(id);
      else principals.set(id, type);
    }
  }
  return { ok: true, value: { asked: true, principals: Object.fromEntries(principals) }, sources, direct: true };
}

/** Sorted. Principals of another tenant are not in this directory, which says nothing of whether they are gone. */
async function principalIds(batch: Batch): Promise<readonly string[]> {
  const collected = await Promise.all([
    batch.gather('roleAssignments'),
    batch.gather('eligibleRoles'),
    batch.gather('activeRoles'),
  ]);
  const rows = collected.flatMap((kind) => [...kind.values()].flatMap((one) => (one.ok ? one.value : [])));
  const ids = rows
    .filter(({ principalType }) => !principalType?.toLowerCase().startsWith('foreign'))
    .map(({ principalId }) => principalId.toLowerCase());
  return [...new Set(ids)].filter((id) => guid.test(id)).sort();
}

function hasNext(value: unknown): boolean {
  return textAt(value, '@odata.nextLink') !== undefined;
}
