// What the monitor may read, granted once over a management group. Run by whoever may grant rights there:
// az deployment mg create (docs/deploy.md). A new subscription below the group is watched without another step.

targetScope = 'managementGroup'

@description('Object id of the monitor\'s identity: FHIRWATCH_PRINCIPAL_ID of the azd environment.')
@minLength(36)
param principalId string

@description('Resource ids of the Log Analytics workspaces that services send their audit logs to.')
param logWorkspaces string[] = []

@description('Subscriptions whose changes are told at once, by their ids; the others wait for the next sweep.')
param eventSubscriptions string[] = []

@description('The app\'s storage account: FHIRWATCH_STORAGE_ID. Only with eventSubscriptions.')
param storageId string = ''

@description('FHIRWATCH_CHANGES_QUEUE.')
param changesQueue string = 'fhirwatch-changes'

@description('Where the resource groups of the event topics are put; the topics themselves are global.')
param location string = deployment().location

var permissions = loadJsonContent('roles.json')

resource reader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(managementGroup().id, 'fhirwatch reader')
  properties: {
    roleName: 'fhirwatch reader (${managementGroup().name})'
    description: 'Reads the configuration that fhirwatch judges; no data, no writing.'
    type: 'CustomRole'
    permissions: [
      {
        actions: permissions.reader
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
    assignableScopes: [
      managementGroup().id
    ]
  }
}

resource readerAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(managementGroup().id, principalId, reader.id)
  properties: {
    roleDefinitionId: reader.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource logReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(managementGroup().id, 'fhirwatch audit log reader')
  properties: {
    roleName: 'fhirwatch audit log reader (${managementGroup().name})'
    description: 'Queries the audit log tables of health services, and no other table.'
    type: 'CustomRole'
    permissions: [
      {
        actions: permissions.logs
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
    assignableScopes: [
      managementGroup().id
    ]
  }
}

module logAccess 'log-workspace.bicep' = [
  for id in logWorkspaces: {
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    name: 'fhirwatch-logs-${uniqueString(id)}'
    params: {
      workspaceName: split(id, '/')[8]
      roleDefinitionId: logReader.id
      principalId: principalId
    }
  }
]

module events 'events.bicep' = [
  for subscriptionId in eventSubscriptions: {
    scope: subscription(subscriptionId)
    name: 'fhirwatch-events-${uniqueString(subscriptionId)}'
    params: {
      location: location
      storageId: storageId
      changesQueue: changesQueue
    }
  }
]
