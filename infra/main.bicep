// fhirwatch in one resource group: `azd up` (docs/deploy.md). Reading the estate is granted apart from this, by infra/fleet.

targetScope = 'subscription'

@description('Name of the azd environment; part of no name but the resource group\'s.')
@minLength(1)
@maxLength(40)
param environmentName string

param location string

@description('Where alert mails go, separated by commas; group mailboxes rather than people.')
@minLength(3)
param alertEmails string

@description('Client id of the app registration that auditors and operators sign in to; the pre-provision hook makes one and fills it in.')
@minLength(36)
param authClientId string

@description('Object id of that app registration (not of its service principal): the secure webhook needs it.')
@minLength(36)
param authObjectId string

@description('Whether alerts also go to Teams: true once the secret teams-workflow-url is in the vault.')
param teams bool = false

@description('Subnet for the app, delegated to Microsoft.App/environments, in a network that resolves and reaches the watched services; empty: a network is made.')
param appSubnetId string = ''

@description('Subnet for the app\'s own private endpoints, in the same network as appSubnetId; only with privateEndpoints.')
param endpointSubnetId string = ''

@description('Address space of the network that is made, a /26 or larger.')
param addressPrefix string = '10.90.0.0/26'

@description('DNS servers of the network that is made, separated by commas; empty: Azure DNS.')
param networkDnsServers string = ''

@description('Closes the public endpoints of storage and vault. Read "Closed storage" in docs/deploy.md first: the package can then only be deployed from inside.')
param privateEndpoints bool = false

@description('false where an Azure Policy of the organisation registers private endpoints in central zones.')
param createPrivateDnsZones bool = true

@description('Name of the TXT record that proves the vantage; the policy\'s vantage.record.')
param vantageRecord string = 'vantage.fhirwatch.internal'

@description('false where the network already is linked to such a zone, by another installation.')
param createVantageZone bool = true

@description('Resolvers that the app asks instead of its network\'s, separated by commas.')
param dnsServers string = ''

@description('Six-field NCRONTAB of families that shall not run at their default time. Slower ones need a longer silence in alerts/heartbeat-missing.kql.')
param schedules {
  network: string?
  access: string?
  audit: string?
  data: string?
  lifecycle: string?
} = {}

@description('Host names of services that must refuse the public: one charged web test each, every 15 minutes.')
@maxLength(99)
param publicProbeHosts string[] = []

@description('Where those are asked from.')
param publicProbeLocation string = 'emea-nl-ams-azr'

@description('Where the app\'s own health is asked from; three that fail at once page.')
@minLength(5)
param healthProbeLocations string[] = [
  'emea-nl-ams-azr'
  'emea-gb-db3-azr'
  'emea-ru-msa-edge'
  'us-va-ash-azr'
  'apac-sg-sin-azr'
]

@description('Days that signals are kept.')
@minValue(30)
@maxValue(730)
param retentionInDays int = 90

@description('Days that the app keeps its own history: findings, sweeps, evidence.')
@minValue(7)
@maxValue(36500)
param historyDays int = 2190

@description('Most instances that the app may scale out to.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
  application: 'fhirwatch'
}
var storageParts = [
  'blob'
  'queue'
  'table'
]
var networkServers = filter(map(split(networkDnsServers, ','), server => trim(server)), server => !empty(server))
var mails = filter(map(split(alertEmails, ','), mail => trim(mail)), mail => !empty(mail))
var ownNetwork = empty(appSubnetId)
var vaultZone = 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-fhirwatch-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  name: 'identity'
  params: {
    location: location
    tags: tags
    resourceToken: resourceToken
  }
}

module network 'modules/network.bicep' = if (ownNetwork) {
  scope: group
  name: 'network'
  params: {
    location: location
    tags: tags
    resourceToken: resourceToken
    addressPrefix: addressPrefix
    dnsServers: networkServers
  }
}

var subnetId = ownNetwork ? network!.outputs.appSubnetId : appSubnetId
var networkId = join(take(split(subnetId, '/'), 9), '/')

module vantage 'modules/vantage.bicep' = if (createVantageZone) {
  scope: group
  name: 'vantage'
  params: {
    tags: tags
    record: vantageRecord
    networkId: networkId
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    location: location
    tags: tags
    resourceToken: resourceToken
    retentionInDays: retentionInDays
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  name: 'storage'
  params: {
    location: location
    tags: tags
    resourceToken: resourceToken
    closed: privateEndpoints
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  name: 'vault'
  params: {
    location: location
    tags: tags
    resourceToken: resourceToken
    workspaceId: monitoring.outputs.workspaceId
    closed: privateEndpoints
  }
}

module storageEndpoints 'modules/private-endpoint.bicep' = [
  for part in storageParts: if (privateEndpoints) {
    scope: group
    name: 'private-endpoint-${part}'
    params: {
      location: location
      tags: tags
      name: 'fhirwatch-${part}-${resourceToken}'
      targetId: storage.outputs.id
      group: part
      subnetId: ownNetwork ? network!.outputs.endpointSubnetId : endpointSubnetId
      networkId: networkId
      zoneName: createPrivateDnsZones ? 'privatelink.${part}.${environment().suffixes.storage}' : ''
    }
  }
]

module vaultEndpoint 'modules/private-endpoint.bicep' = if (privateEndpoints) {
  scope: group
  name: 'private-endpoint-vault'
  params: {
    location: location
    tags: tags
    name: 'fhirwatch-vault-${resourceToken}'
    targetId: vault.outputs.id
    group: 'vault'
    subnetId: ownNetwork ? network!.outputs.endpointSubnetId : endpointSubnetId
    networkId: networkId
    zoneName: createPrivateDnsZones ? vaultZone : ''
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  name: 'roles'
  params: {
    appPrincipalId: identity.outputs.appPrincipalId
    alertsPrincipalId: identity.outputs.alertsPrincipalId
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    workspaceName: monitoring.outputs.workspaceName
    componentName: monitoring.outputs.componentName
  }
}

module app 'modules/app.bicep' = {
  scope: group
  name: 'app'
  params: {
    location: location
    tags: tags
    resourceToken: resourceToken
    subnetId: subnetId
    identityId: identity.outputs.appId
    identityClientId: identity.outputs.appClientId
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    packageContainer: storage.outputs.packageContainer
    connectionString: monitoring.outputs.connectionString
    workspaceId: monitoring.outputs.workspaceId
    vaultUri: vault.outputs.uri
    authClientId: authClientId
    teams: teams
    schedules: schedules
    dnsServers: dnsServers
    historyDays: historyDays
    maximumInstanceCount: maximumInstanceCount
  }
  // the host opens its storage and resolves the vault as soon as it exists
  dependsOn: [
    roles
    storageEndpoints
    vaultEndpoint
  ]
}

module webTests 'modules/web-tests.bicep' = {
  scope: group
  name: 'web-tests'
  params: {
    location: location
    tags: tags
    componentId: monitoring.outputs.componentId
    appUrl: app.outputs.url
    healthLocations: healthProbeLocations
    publicProbeHosts: publicProbeHosts
    publicProbeLocation: publicProbeLocation
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    location: location
    tags: tags
    emails: mails
    workspaceId: monitoring.outputs.workspaceId
    componentId: monitoring.outputs.componentId
    healthTestId: webTests.outputs.healthTestId
    identityId: identity.outputs.alertsId
    appUrl: app.outputs.url
    teams: teams
    authClientId: authClientId
    authObjectId: authObjectId
  }
  // rules query as their identity from the first evaluation on
  dependsOn: [
    roles
  ]
}

output AZURE_RESOURCE_GROUP string = group.name
output FHIRWATCH_URL string = app.outputs.url
output FHIRWATCH_APP_NAME string = app.outputs.name
output FHIRWATCH_VAULT_NAME string = vault.outputs.name
output FHIRWATCH_STORAGE_ID string = storage.outputs.id
output FHIRWATCH_CHANGES_QUEUE string = storage.outputs.changesQueue
output FHIRWATCH_PRINCIPAL_ID string = identity.outputs.appPrincipalId
output FHIRWATCH_NETWORK_ID string = networkId
output FHIRWATCH_WORKBOOK_ID string = monitoring.outputs.workbookId
output FHIRWATCH_ACTION_GROUP_ID string = alerts.outputs.actionGroupId
