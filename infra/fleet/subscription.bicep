// The same for a single subscription, where there is no management group to grant at: az deployment sub create, once for
// each subscription that is watched (docs/deploy.md).

targetScope = 'subscription'

@description('Object id of the monitor\'s identity: FHIRWATCH_PRINCIPAL_ID of the azd environment.')
@minLength(36)
param principalId string

@description('Resource ids of the Log Analytics workspaces, in this subscription, that services send their audit logs to.')
param logWorkspaces string[] = []

@description('The app\'s storage account: FHIRWATCH_STORAGE_ID. Empty: changes wait for the next sweep.')
param storageId string = ''

@description('FHIRWATCH_CHANGES_QUEUE.')
param changesQueue string = 'fhirwatch-changes'

param location string = deployment().location

var permissions = loadJsonContent('roles.json')

resource reader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'fhirwatch reader')
  properties: {
    roleName: 'fhirwatch reader (${subscription().subscriptionId})'
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
      subscription().id
    ]
  }
}

resource readerAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, reader.id)
  properties: {
    roleDefinitionId: reader.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource logReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'fhirwatch audit log reader')
  properties: {
    roleName: 'fhirwatch audit log reader (${subscription().subscriptionId})'
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
      subscription().id
    ]
  }
}

module logAccess 'log-workspace.bicep' = [
  for id in logWorkspaces: {
    scope: resourceGroup(split(id, '/')[4])
    name: 'fhirwatch-logs-${uniqueString(id)}'
    params: {
      workspaceName: split(id, '/')[8]
      roleDefinitionId: logReader.id
      principalId: principalId
    }
  }
]

module events 'events.bicep' = if (!empty(storageId)) {
  name: 'fhirwatch-events'
  params: {
    location: location
    storageId: storageId
    changesQueue: changesQueue
  }
}
