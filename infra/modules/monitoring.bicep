// Where signals go, and the workbook that shows them.

param location string
param tags object
param resourceToken string

@minValue(30)
@maxValue(730)
param retentionInDays int

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-fhirwatch-${resourceToken}'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionInDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-fhirwatch-${resourceToken}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
    RetentionInDays: retentionInDays <= 90 ? 90 : 730
    WorkspaceResourceId: workspace.id
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'fhirwatch workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'fhirwatch'
    description: 'Posture, coverage, drifts open and over time, alerts a week.'
    category: 'workbook'
    sourceId: workspace.id
    version: '1.0'
    serializedData: loadTextContent('../workbook.json')
  }
}

output workspaceId string = workspace.id
output workspaceName string = workspace.name
output componentId string = component.id
output componentName string = component.name
output connectionString string = component.properties.ConnectionString
output workbookId string = workbook.id
