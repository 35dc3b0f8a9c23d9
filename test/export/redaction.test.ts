import { describe, expect, test } from 'vitest';
import { clouds } from '../../src/clouds.ts';
import { documentFields, keepFields } from '../../src/export/kept-fields.ts';
import { createRedaction, type RedactionInput } from '../../src/export/redaction.ts';
import { publicHostOf } from '../../src/rules/host-names.ts';
import { aService, SUBSCRIPTION } from '../builders.ts';

const cloud = clouds.AzureCloud;
const service = aService('fhirService');
const reader = '4c8d0bbc-75d3-4935-991f-5f3c56d81508';

function redaction(more: Partial<RedactionInput> = {}) {
  const builtIn = new Set([reader, 'fhir data reader']);
  return createRedaction({ hashIds: true, salt: 'salt', cloud, services: [service], builtIn, ...more });
}

describe('with hashed ids', () => {
  test('an id keeps its form, and compares without case as before', () => {
    const hashed = redaction().id(service.id);
    expect(hashed).toMatch(
      /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/n\w{10}\/providers\/Microsoft\.HealthcareApis\/workspaces\/n\w{10}\/fhirservices\/n\w{10}$/i,
    );
    expect(redaction().id(service.id.toUpperCase()).toLowerCase()).toBe(hashed.toLowerCase());
  });

  test('the host name of a service is that of its hashed id, in zones and records too', () => {
    const { id, host } = redaction();
    const [workspaceId, name] = [id(service.workspaceId ?? ''), id(service.name)];
    const other = { ...service, id: id(service.id), name, workspaceId };
    const own = publicHostOf(service, cloud) ?? '';
    const expected = publicHostOf(other, cloud) ?? '';
    expect(host(own)).toBe(expected);
    const [label = ''] = expected.split('.');
    expect(host(`https://${own}/`)).toBe(`https://${expected}/`);
    expect(host(own.replace('.fhir.', '.privatelink.fhir.'))).toBe(expected.replace('.fhir.', '.privatelink.fhir.'));
    expect(host(own.split('.')[0] ?? '')).toBe(label);
    expect(
      id(
        `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/privateDnsZones/privatelink.fhir.${cloud.healthSuffix}/A/${own.split('.')[0]}`,
      ),
    ).toMatch(new RegExp(`/privateDnsZones/privatelink\\.fhir\\.${cloud.healthSuffix}/A/${label}$`));
  });

  test.each([
    ['login.microsoftonline.com', /^login\.microsoftonline\.com$/],
    [
      'https://login.microsoftonline.com/0f0e0d0c-0b0a-4908-8706-050403020100',
      /^https:\/\/login\.microsoftonline\.com\/(?!0f0e)[0-9a-f-]{36}$/,
    ],
    ['ehr.westeurope.cloudapp.azure.com', /^n\w{10}\.n\w{10}\.cloudapp\.azure\.com$/],
    ['fhir.contoso.example', /^fhir\.n\w{10}\.example$/],
    ['10.0.0.4', /^10\.0\.0\.4$/],
    ['*', /^\*$/],
  ])('the host %s becomes %s', (host, expected) => {
    expect(redaction().host(host)).toMatch(expected);
  });

  test("what is Azure's own stays: built-in roles, everyone, groups of private links", () => {
    const { id, roleName } = redaction();
    expect(id(reader)).toBe(reader);
    expect(id('00000000-0000-0000-0000-000000000000')).toBe('00000000-0000-0000-0000-000000000000');
    expect(roleName('FHIR Data Reader')).toBe('FHIR Data Reader');
    expect(roleName('Contoso reader')).toMatch(/^n\w{10}$/);
    expect(id('/subscriptions/x/providers/a/b/c/privateLinkResources/fhir')).toMatch(/\/privateLinkResources\/fhir$/);
  });

  test('another salt makes other pseudonyms', () => {
    expect(redaction({ salt: 'pepper' }).id(service.id)).not.toBe(redaction().id(service.id));
  });

  test('a condition keeps its form and loses its values', () => {
    const condition = `@Resource[x:y] StringEquals 'ward 7' AND @Request[z] GuidEquals ${SUBSCRIPTION}`;
    expect(redaction().text(condition)).toMatch(
      /^@Resource\[x:y\] StringEquals 'n\w{10}' AND @Request\[z\] GuidEquals [0-9a-f-]{36}$/,
    );
  });
});

describe.each([true, false])('whether ids are hashed (%s) or not', (hashIds) => {
  test('an address of a caller is a pseudonym, the same for both spellings of it', () => {
    const { address } = redaction({ hashIds });
    expect(address('203.0.113.7')).toMatch(/^2001:db8:(\w{4}:){4}:1$/);
    expect(address('::ffff:203.0.113.7')).toBe(address('203.0.113.7'));
    expect(address('203.0.113.8')).not.toBe(address('203.0.113.7'));
  });

  test('a caller that is no GUID might be a name', () => {
    expect(redaction({ hashIds }).caller('jane.doe@contoso.example')).toMatch(/^caller-\w{12}$/);
  });

  test('a document keeps the fields that are listed, and values of wrong types are as wrong as before', () => {
    const document = {
      properties: {
        publicNetworkAccess: 7,
        privateEndpointConnections: 'Jane',
        description: 'Jane',
        corsConfiguration: null,
      },
      systemData: { createdBy: 'Jane' },
      tags: { owner: 'Jane' },
    };
    expect(keepFields(document, documentFields, redaction({ hashIds }))).toEqual({
      properties: {
        publicNetworkAccess: 7,
        privateEndpointConnections: 'a text where none belongs',
        corsConfiguration: null,
      },
    });
  });
});
