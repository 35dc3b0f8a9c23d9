import { expect, test } from 'vitest';
import { type Azure, openAzure } from './azure-fixture.ts';

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const people = Array.from({ length: 250 }, (_, index) => ({
  id: id(index),
  type: 'User',
  displayName: `Person ${index}`,
}));
const estate = {
  resources: [],
  directory: [
    ...people,
    { id: id(900), type: 'Group', members: people.map((one) => one.id) },
    { id: id(901), type: 'Group', members: [id(900)] },
  ],
};

function ask(azure: Azure, path: string, body?: object, audience = 'https://graph.microsoft.com') {
  const headers = { authorization: `Bearer ${azure.token(audience)}` };
  const url = path.startsWith('/') ? `${azure.sandbox.endpoints.graph}${path}` : path;
  return azure.send(url, body === undefined ? { headers } : { headers, method: 'POST', body });
}

test('objects by id: those that exist, with their type', async () => {
  const azure = await openAzure(estate);
  const { body } = await ask(azure, '/v1.0/directoryObjects/getByIds', { ids: [id(3), id(900), id(7777)] });
  expect(body.value).toEqual([
    { '@odata.type': '#microsoft.graph.user', id: id(3), displayName: 'Person 3' },
    { '@odata.type': '#microsoft.graph.group', id: id(900), displayName: null },
  ]);
});

test('too many ids, ids of the wrong form, and tokens for somebody else are refused', async () => {
  const azure = await openAzure(estate);
  const path = '/v1.0/directoryObjects/getByIds';
  expect((await ask(azure, path, { ids: Array.from({ length: 1001 }, () => id(1)) })).status).toBe(400);
  expect((await ask(azure, path, { ids: ['ada'] })).body.error.code).toBe('Request_BadRequest');
  expect((await ask(azure, path, { ids: [] }, 'https://management.azure.com')).status).toBe(401);
});

test('members come in pages; those of inner groups only where they are asked for', async () => {
  const azure = await openAzure(estate);
  const seen: string[] = [];
  for (let next = `/v1.0/groups/${id(900)}/members?$top=100`; next !== undefined; ) {
    const { body } = await ask(azure, next);
    seen.push(...body.value.map((one: { id: string }) => one.id));
    next = body['@odata.nextLink'];
  }
  expect(seen).toEqual(people.map((one) => one.id));
  expect((await ask(azure, `/v1.0/groups/${id(901)}/members`)).body.value).toHaveLength(1);
  expect((await ask(azure, `/v1.0/groups/${id(901)}/transitiveMembers?$top=999`)).body.value).toHaveLength(251);
});

test('a group that is not there', async () => {
  const azure = await openAzure(estate);
  expect(await ask(azure, `/v1.0/groups/${id(1)}/members`)).toMatchObject({
    status: 404,
    body: { error: { code: 'Request_ResourceNotFound' } },
  });
});
