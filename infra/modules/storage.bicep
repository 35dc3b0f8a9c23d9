// The app's memory, its queues and its deployment package. Entra only: there is no key that would open it.

param location string
param tags object
param resourceToken string

@description('Closes the public endpoint; only the private endpoints and trusted Azure services (Event Grid) get in.')
param closed bool

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'stfhirwatch${resourceToken}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_ZRS'
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: closed ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: closed ? 'Deny' : 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: {
      enabled: true
      days: 30
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 30
    }
  }
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: 'deployments'
  properties: {
    publicAccess: 'None'
  }
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

// what Event Grid tells of changes (infra/fleet)
resource changes 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = {
  parent: queues
  name: 'fhirwatch-changes'
}

// batches of a sweep, and those that failed every attempt; both have readers in the app
resource batches 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [
  for name in [
    'fhirwatch-batches'
    'fhirwatch-batches-poison'
  ]: {
    parent: queues
    name: name
  }
]

output id string = account.id
output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
output packageContainer string = packages.name
output changesQueue string = changes.name
