import { isObject } from '../evidence/azure/json.ts';
import type { Redaction } from './redaction.ts';

/**
 * Which fields of Azure's documents an export keeps: those that checks read, and what makes a document recognisable.
 * Everything else is left out, so that no name of a person leaves by a field that nobody thought of: display names,
 * descriptions, `systemData`, tags. A new check that reads a new field adds it here.
 */

/** How the texts of a field are written. `nest` is an object or a list: a text there is of no meaning and not kept. */
export type Kind = 'plain' | 'nest' | 'byId' | keyof Pick<Redaction, 'id' | 'host' | 'roleName' | 'text'>;

export type Fields = Readonly<Record<string, Kind>>;

function fields(kind: Kind, names: string): Fields {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, kind]));
}

/** Of every document, at any depth. */
export const documentFields: Fields = {
  ...fields(
    'nest',
    `properties identity
     privateEndpointConnections privateEndpoint privateLinkServiceConnectionState
     privateLinkServiceConnections manualPrivateLinkServiceConnections customDnsConfigs networkInterfaces subnet
     ipConfigurations privateLinkConnectionProperties privateDnsZoneConfigs recordSets virtualNetwork
     aRecords aaaaRecords cnameRecord logs metrics
     authenticationConfiguration smartIdentityProviders applications accessPolicies corsConfiguration
     exportConfiguration importConfiguration encryption customerManagedKeyEncryption cosmosDbConfiguration
     acrConfiguration ociArtifacts resourceVersionPolicyConfiguration
     permissions principals excludePrincipals`,
  ),
  ...fields(
    'plain',
    `type kind location provisioningState publicNetworkAccess status
     groupId groupIds requiredMembers requiredMemberName
     privateIPAddress privateIPAddressVersion ipAddresses ipv4Address ipv6Address recordType ttl isAutoRegistered
     virtualNetworkLinkState registrationEnabled resolutionPolicy category categoryGroup enabled
     smartProxyEnabled allowedDataActions methods headers maxAge allowCredentials initialImportMode default
     digest actions notActions dataActions notDataActions principalType conditionVersion
     assignmentType memberType doNotApplyToChildScopes denyAssignmentEffect isSystemProtected`,
  ),
  ...fields(
    'id',
    `id name scope assignableScopes privateLinkServiceId privateDnsZoneId workspaceId storageAccountId
     roleDefinitionId originRoleAssignmentId roleEligibilityScheduleId roleAssignmentScheduleId
     linkedRoleEligibilityScheduleId linkedRoleEligibilityScheduleInstanceId
     principalId tenantId clientId objectId customerId storageAccountName integrationDataStore`,
  ),
  ...fields(
    'host',
    'authority audience origins fqdn fqdns cname requiredZoneNames keyEncryptionKeyUrl loginServer loginServers',
  ),
  ...fields('text', 'condition'),
  ...fields('roleName', 'roleName denyAssignmentName'),
  userAssignedIdentities: 'byId',
};

/** Of the policy's `expect`. */
export const expectFields: Fields = {
  ...fields('nest', 'dataAccess auditFailures auditLiveness operationFailures slowOperations importWindow'),
  ...fields(
    'plain',
    `via widestScope window clientErrors serverErrors perCaller minimumRequests perOperation everythingMs searchMs
     from to customerManagedKey lock reindexHours`,
  ),
  ...fields(
    'id',
    'tenant id logWorkspaces networks privateEndpointSubscriptions principals privilegedPrincipals exportAccounts successor',
  ),
  ...fields('roleName', 'roles'),
  ...fields('host', 'externalIdentityProviders corsOrigins templateRegistries'),
};

const wrongText = 'a text where none belongs';

/** The value with the fields that are kept, at every depth. Numbers, flags and nulls stay whatever the kind. */
export function keepFields(value: unknown, known: Fields, redaction: Redaction, kind: Kind = 'nest'): unknown {
  if (typeof value === 'string') {
    if (kind === 'plain') return value;
    return kind === 'nest' || kind === 'byId' ? wrongText : redaction[kind](value);
  }
  if (Array.isArray(value)) return value.map((one) => keepFields(one, known, redaction, kind));
  if (!isObject(value)) return value;
  if (kind === 'byId') {
    const entries = Object.entries(value).map(([id, one]) => [redaction.id(id), keepFields(one, known, redaction)]);
    return Object.fromEntries(entries);
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => {
      const own = Object.hasOwn(known, name) ? known[name] : undefined;
      return own === undefined ? [] : [[name, keepFields(one, known, redaction, own)]];
    }),
  );
}
