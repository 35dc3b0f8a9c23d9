import { expect, test } from 'vitest';
import {
  hostsOf,
  isPrivatelinkAlias,
  isPublicFrontEnd,
  namesAnotherHost,
  namesHost,
  privatelinkAliasesOf,
  publicHostOf,
  zoneHolds,
} from '../../src/rules/host-names.ts';
import { aCloud, aConnection, anEndpoint, aService, connectionsOf, got, lost } from '../builders.ts';

const cloud = aCloud();
const gov = aCloud('AzureUSGovernment');

test('public host names per kind and cloud (HF 2.3)', () => {
  expect(publicHostOf(aService('apiForFhir'), cloud)).toBe('praxis.azurehealthcareapis.com');
  expect(publicHostOf(aService('fhirService'), cloud)).toBe('wards-ehr.fhir.azurehealthcareapis.com');
  expect(publicHostOf(aService('dicomService'), gov)).toBe('wards-pacs.dicom.azurehealthcareapis.us');
  expect(publicHostOf(aService('workspace'), gov)).toBe('wards.workspace.azurehealthcareapis.us');
  expect(publicHostOf(aService('medtechService'), cloud)).toBeUndefined();
  expect(publicHostOf(aService('fhirServer'), cloud)).toBeUndefined();
});

test("the id decides, whatever a document's name says, in lower case", () => {
  const id = aService('fhirService').id.replace('wards', 'Wards').replace('ehr', 'EHR');
  const { workspaceId: _, ...bare } = aService('fhirService', { id, name: 'wards/ehr' });
  expect(publicHostOf(bare, cloud)).toBe('wards-ehr.fhir.azurehealthcareapis.com');
});

test('privatelink aliases of both families of zones; DICOM shares none (HF 2.2)', () => {
  expect(privatelinkAliasesOf('praxis.azurehealthcareapis.com', cloud)).toEqual([
    'praxis.privatelink.azurehealthcareapis.com',
  ]);
  expect(privatelinkAliasesOf('a-b.fhir.azurehealthcareapis.us', gov)).toContain(
    'a-b.privatelink.azurehealthcareapis.us',
  );
  expect(privatelinkAliasesOf('a-b.dicom.azurehealthcareapis.com', cloud)).not.toContain(
    'a-b.privatelink.azurehealthcareapis.com',
  );
});

test('a listed name means a host, another host, or nothing of this product', () => {
  const host = 'wards-ehr.fhir.azurehealthcareapis.com';
  expect(namesHost('WARDS-EHR.privatelink.fhir.azurehealthcareapis.com.', host, cloud)).toBe(true);
  expect(namesHost('wards-pacs.dicom.azurehealthcareapis.com', host, cloud)).toBe(false);
  expect(namesAnotherHost('wards-pacs.dicom.azurehealthcareapis.com', host, cloud)).toBe(true);
  expect(namesAnotherHost('wards-ehr.dicom.azurehealthcareapis.com', host, cloud)).toBe(true);
  expect(namesAnotherHost('something.blob.core.windows.net', host, cloud)).toBe(false);
});

test('zones hold names label by label', () => {
  expect(zoneHolds('azurehealthcareapis.com', 'a.fhir.AzureHealthcareApis.com.')).toBe(true);
  expect(zoneHolds('healthcareapis.com', 'azurehealthcareapis.com')).toBe(false);
  expect(zoneHolds('', 'a')).toBe(false);
  expect(isPrivatelinkAlias('a.privatelink.example.org')).toBe(true);
  expect(isPrivatelinkAlias('a-privatelink.example.org')).toBe(false);
  expect(isPublicFrontEnd('x.northeurope.cloudapp.azure.com.')).toBe(true);
  expect(isPublicFrontEnd('eviltrafficmanager.net')).toBe(false);
});

test('a child is asked by its own name; a workspace only where a usable endpoint lists one', () => {
  const owner = aService('workspace').id;
  const name = 'wards.workspace.azurehealthcareapis.com';
  const lists = aConnection(anEndpoint(owner, { '10.1.1.6': [name.toUpperCase()] }));
  expect(hostsOf(aService('fhirService'), cloud, lost('forbidden'))).toHaveLength(1);
  expect(hostsOf(aService('workspace'), cloud, got(connectionsOf(owner, lists)))).toEqual([name]);
  expect(hostsOf(aService('workspace'), cloud, got(connectionsOf(owner, { ...lists, status: 'Pending' })))).toEqual([]);
  expect(hostsOf(aService('workspace'), cloud, lost('forbidden'))).toEqual([]);
  expect(hostsOf(aService('medtechService'), cloud, got(connectionsOf(owner, lists)))).toEqual([]);
});
