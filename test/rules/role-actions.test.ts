import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Permission, ServiceKind } from '../../src/model.ts';
import {
  dataActionsOf,
  effectiveDataActions,
  isDataAccess,
  isPowerful,
  isReading,
  matchesAction,
  permits,
  shortAction,
} from '../../src/rules/role-actions.ts';
import {
  bulkOperator,
  contributor,
  dicomOwner,
  dicomReader,
  importer,
  owner,
  permission,
  smartUser,
  writer,
} from '../role-builders.ts';

fc.configureGlobal({ seed: 20_261_122 });

const KINDS: readonly ServiceKind[] = ['apiForFhir', 'fhirService', 'dicomService'];
const FHIR = 'Microsoft.HealthcareApis/workspaces/fhirservices/resources/';
const short = (permissions: readonly Permission[], kind: ServiceKind): readonly string[] =>
  effectiveDataActions(permissions, kind).map(shortAction).sort();

describe('a wildcard', () => {
  test.each([
    ['*'],
    ['Microsoft.HealthcareApis/*'],
    ['*/read'],
    ['Microsoft.HealthcareApis/workspaces/*/resources/read'],
    ['MICROSOFT.healthcareapis/WORKSPACES/FhirServices/resources/READ'],
    ['*fhirservices*read*'],
    ['**/r*d'],
  ])('%s names reading of a FHIR service (HF 3.3)', (pattern) => {
    expect(matchesAction(pattern, `${FHIR}read`)).toBe(true);
  });

  test.each([
    [''],
    ['Microsoft.HealthcareApis/services/*'],
    ['*/reads'],
    ['read'],
    ['Microsoft.HealthcareApis/workspaces/fhirservices/resources/rea'],
    ['Microsoft.HealthcareApis.workspaces/fhirservices/resources/read'],
  ])('%j does not', (pattern) => {
    expect(matchesAction(pattern, `${FHIR}read`)).toBe(false);
  });

  test('is matched as a regular expression of its literal parts would be', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', '/', '.', '*'), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (pattern, given) => {
        const action = given.replaceAll('*', 'a');
        const literal = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
        expect(matchesAction(pattern, action)).toBe(new RegExp(`^${literal.join('.*')}$`, 'i').test(action));
      }),
      { numRuns: 2000 },
    );
  });

  test('full of stars does not make matching slow', () => {
    expect(matchesAction(`${'*a'.repeat(2000)}b`, 'a'.repeat(4000))).toBe(false);
  });
});

describe('effective data actions', () => {
  test('of the built-in roles are those of the fact base (HF 3.1)', () => {
    expect(short(contributor.permissions, 'fhirService')).toHaveLength(16);
    expect(short(contributor.permissions, 'fhirService')).not.toContain('smart');
    expect(short(writer.permissions, 'apiForFhir')).toEqual([
      'convertData',
      'delete',
      'editProfileDefinitions',
      'export',
      'import',
      'read',
      'reindex',
      'resourceValidate',
      'write',
    ]);
    expect(short(bulkOperator.permissions, 'fhirService')).toContain('hardDelete');
    expect(short(importer.permissions, 'fhirService')).toEqual(['import', 'read']);
    expect(short(importer.permissions, 'apiForFhir')).toEqual([]);
    expect(short(owner.permissions, 'fhirService')).toEqual([]);
  });

  test('of FHIR roles on DICOM are none, and the other way round', () => {
    for (const role of [contributor, writer, smartUser]) expect(short(role.permissions, 'dicomService')).toEqual([]);
    for (const kind of ['fhirService', 'apiForFhir'] as const) expect(short(dicomOwner.permissions, kind)).toEqual([]);
    expect(short(dicomOwner.permissions, 'dicomService')).toHaveLength(5);
    expect(short(dicomReader.permissions, 'dicomService')).toEqual(['read']);
  });

  test('do not exist on kinds without a data plane of their own', () => {
    for (const kind of ['workspace', 'medtechService', 'fhirServer'] as const) {
      expect(effectiveDataActions([permission(['*'])], kind)).toEqual([]);
    }
  });

  test('are what each permission object leaves of itself, taken together', () => {
    const one = permission([`${FHIR}*`], [`${FHIR}delete`, `${FHIR}*/action`]);
    const two = permission([`${FHIR}delete`]);
    expect(short([one], 'fhirService')).toEqual(['read', 'write']);
    expect(short([one, two], 'fhirService')).toEqual(['delete', 'read', 'write']);
  });

  test('hold an action that the fact base does not know yet, unless it is subtracted', () => {
    expect(short([permission([`${FHIR}patch/action`])], 'fhirService')).toEqual(['patch']);
    expect(short([permission([`${FHIR}patch/action`], [`${FHIR}p*`])], 'fhirService')).toEqual([]);
    expect(isReading(`${FHIR}patch/action`)).toBe(false);
  });

  const patterns = fc.array(
    fc.oneof(
      fc.constantFrom(...KINDS.flatMap(dataActionsOf)),
      fc.constantFrom('*', '*/read', '*/action', 'microsoft.healthcareapis/*', '*/fhirservices/*', '*delete*', 'x'),
    ),
    { maxLength: 6 },
  );
  const objects = fc.array(
    fc
      .record({ dataActions: patterns, notDataActions: patterns })
      .map((one) => permission(one.dataActions, one.notDataActions)),
    { maxLength: 4 },
  );

  test('follow the definition: in some object given and not taken back by that object', () => {
    fc.assert(
      fc.property(objects, fc.constantFrom(...KINDS), (permissions, kind) => {
        const expected = dataActionsOf(kind).filter((action) =>
          permissions.some(
            (one) =>
              one.dataActions.some((pattern) => matchesAction(pattern, action)) &&
              !one.notDataActions.some((pattern) => matchesAction(pattern, action)),
          ),
        );
        expect(effectiveDataActions(permissions, kind)).toEqual([...expected].sort());
      }),
    );
  });

  test('grow with every object added, and an object never takes from another', () => {
    fc.assert(
      fc.property(objects, objects, fc.constantFrom(...KINDS), (some, more, kind) => {
        const together = effectiveDataActions([...some, ...more], kind);
        expect(together).toEqual(expect.arrayContaining([...effectiveDataActions(some, kind)]));
        const apart = new Set([...effectiveDataActions(some, kind), ...effectiveDataActions(more, kind)]);
        expect(new Set(together)).toEqual(apart);
      }),
    );
  });

  test('do not hang on the order or the case in which Azure writes them', () => {
    fc.assert(
      fc.property(objects, fc.constantFrom(...KINDS), (permissions, kind) => {
        const shouted = permissions
          .map((one) =>
            permission(
              one.dataActions.map((p) => p.toUpperCase()),
              one.notDataActions.toReversed(),
            ),
          )
          .toReversed();
        expect(effectiveDataActions(shouted, kind)).toEqual(effectiveDataActions(permissions, kind));
      }),
    );
  });
});

test('control actions and data actions are kept apart', () => {
  const role = { actions: ['*'], notActions: ['*/delete'], dataActions: [], notDataActions: [] };
  expect(permits([role], 'control', 'Microsoft.Authorization/roleAssignments/write')).toBe(true);
  expect(permits([role], 'control', 'Microsoft.Authorization/roleAssignments/delete')).toBe(false);
  expect(permits([role], 'data', `${FHIR}read`)).toBe(false);
});

test('every known data action has its class', () => {
  const classOf = (action: string): string =>
    !isDataAccess(action) ? 'none' : isPowerful(action) ? 'powerful' : isReading(action) ? 'read' : 'write';
  const classes = (kind: ServiceKind) =>
    Object.fromEntries(dataActionsOf(kind).map((one) => [shortAction(one), classOf(one)]));
  const fhir = {
    read: 'read',
    write: 'write',
    delete: 'powerful',
    create: 'write',
    update: 'write',
    search: 'read',
    readById: 'read',
    hardDelete: 'powerful',
    export: 'powerful',
    smart: 'read',
    searchParameter: 'powerful',
    convertData: 'none',
    resourceValidate: 'none',
    reindex: 'powerful',
    editProfileDefinitions: 'powerful',
    import: 'powerful',
    bulkOperator: 'powerful',
  };
  expect(classes('fhirService')).toEqual(fhir);
  expect(classes('apiForFhir')).toEqual(fhir);
  expect(classes('dicomService')).toEqual({
    read: 'read',
    write: 'write',
    delete: 'powerful',
    manageExtendedQueryTags: 'write',
    export: 'powerful',
  });
});
