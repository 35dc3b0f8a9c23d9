// The function app: Flex Consumption inside the network, signed in to Entra everywhere, no key of anything.

param location string
param tags object
param resourceToken string

param subnetId string
param identityId string
param identityClientId string
param blobEndpoint string
param queueEndpoint string
param tableEndpoint string
param packageContainer string
param connectionString string
param workspaceId string
param vaultUri string

@description('Client id of the app registration that callers sign in to.')
@minLength(36)
param authClientId string

@description('Whether the secret teams-workflow-url is in the vault.')
param teams bool

@description('Six-field NCRONTAB of a family; empty: the built-in one.')
param schedules {
  network: string?
  access: string?
  audit: string?
  data: string?
  lifecycle: string?
}

@description('Resolvers to ask instead of the network\'s own, separated by commas.')
param dnsServers string

@description('Days that the app keeps its own history.')
param historyDays int

@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-fhirwatch-${resourceToken}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-fhirwatch-${resourceToken}'
  location: location
  tags: union(tags, { 'azd-service-name': 'fhirwatch' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: subnetId
    // the action group's webhook and the auditors come from outside; sign-in is what keeps others out
    publicNetworkAccess: 'Enabled'
    // a site property that the published types lack; closes /admin to the master key too (functions facts 3.1)
    #disable-next-line BCP037
    functionsRuntimeAdminIsolationEnabled: true
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'node'
        version: '22'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: maximumInstanceCount
      }
    }
    siteConfig: {
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      remoteDebuggingEnabled: false
    }
  }
}

// Exactly what the code reads and what infra/settings.json lists; a test compares.
resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    AzureWebJobsStorage__blobServiceUri: blobEndpoint
    AzureWebJobsStorage__queueServiceUri: queueEndpoint
    AzureWebJobsStorage__tableServiceUri: tableEndpoint
    APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identityClientId}'
    APPLICATION_INSIGHTS_NO_STATSBEAT: '1'
    APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true'
    AZURE_CLIENT_ID: identityClientId
    AZURE_TENANT_ID: tenant().tenantId
    OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId
    FHIRWATCH_CLOUD: environment().name
    FHIRWATCH_TELEMETRY_WORKSPACE: workspaceId
    FHIRWATCH_DNS_SERVERS: dnsServers
    FHIRWATCH_RETENTION_DAYS: string(historyDays)
    FHIRWATCH_SCHEDULE_NETWORK: schedules.?network ?? ''
    FHIRWATCH_SCHEDULE_ACCESS: schedules.?access ?? ''
    FHIRWATCH_SCHEDULE_AUDIT: schedules.?audit ?? ''
    FHIRWATCH_SCHEDULE_DATA: schedules.?data ?? ''
    FHIRWATCH_SCHEDULE_LIFECYCLE: schedules.?lifecycle ?? ''
    FHIRWATCH_TEAMS_WORKFLOW_URL: teams ? '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/teams-workflow-url)' : ''
  }
}

resource signIn 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
      runtimeVersion: '~1'
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: [
        '/api/health'
      ]
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          clientId: authClientId
          // not a secret: tells App Service to sign in by the identity's federated credential
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
        }
        validation: {
          allowedAudiences: [
            authClientId
            'api://${authClientId}'
          ]
        }
      }
    }
    login: {
      tokenStore: {
        enabled: true
      }
    }
  }
  dependsOn: [
    settings
  ]
}

resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
