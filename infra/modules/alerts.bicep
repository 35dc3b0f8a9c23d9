// Who is told, and when. The log rules are those of infra/alerts; the sandbox runs the same files.

param location string
param tags object

@description('Where mails go; group mailboxes rather than people.')
param emails string[]

param workspaceId string
param componentId string
param healthTestId string
param identityId string
param appUrl string

@description('Whether cards go to Teams, by the app\'s secure webhook.')
param teams bool

@description('The app registration that the webhook\'s token is for.')
param authClientId string
param authObjectId string

var ownGroup = resourceGroup().id
var rules = loadJsonContent('../alerts/rules.json')

// loadTextContent takes literal paths only; a test holds the keys against rules.json
var queries = {
  'drift-opened.kql': loadTextContent('../alerts/drift-opened.kql')
  'drifts-across-fleet.kql': loadTextContent('../alerts/drifts-across-fleet.kql')
  'coverage-lost.kql': loadTextContent('../alerts/coverage-lost.kql')
  'heartbeat-missing.kql': loadTextContent('../alerts/heartbeat-missing.kql')
  'policy-invalid.kql': loadTextContent('../alerts/policy-invalid.kql')
  'exception-expiring.kql': loadTextContent('../alerts/exception-expiring.kql')
  'private-path-unavailable.kql': loadTextContent('../alerts/private-path-unavailable.kql')
  'test-alert.kql': loadTextContent('../alerts/test-alert.kql')
}

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-fhirwatch'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'fhirwatch'
    emailReceivers: [
      for (email, i) in emails: {
        name: 'mail-${i}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
    webhookReceivers: teams
      ? [
          {
            name: 'teams'
            serviceUri: '${appUrl}/api/teams'
            useCommonAlertSchema: true
            useAadAuth: true
            objectId: authObjectId
            identifierUri: 'api://${authClientId}'
            tenantId: tenant().tenantId
          }
        ]
      : []
  }
}

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'fhirwatch-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    identity: {
      type: 'UserAssigned'
      userAssignedIdentities: {
        '${identityId}': {}
      }
    }
    properties: {
      displayName: 'fhirwatch: ${rule.title}'
      description: rule.description
      enabled: true
      severity: rule.severity
      scopes: [
        workspaceId
      ]
      targetResourceTypes: [
        'Microsoft.OperationalInsights/workspaces'
      ]
      evaluationFrequency: rule.frequency
      windowSize: rule.window
      overrideQueryTimeRange: rule.overrideQueryTimeRange
      // the tables come with the first signals
      skipQueryValidation: true
      autoMitigate: rule.autoMitigate
      criteria: {
        allOf: [
          {
            query: queries[rule.kql]
            timeAggregation: rule.timeAggregation
            metricMeasureColumn: rule.metricMeasureColumn
            dimensions: rule.dimensions
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: rule.action == 'page'
          ? [
              group.id
            ]
          : []
        customProperties: {
          report: '${appUrl}/api/report?format=html'
        }
      }
    }
  }
]

// The second path: it needs neither the app's telemetry nor the log queries.
resource health 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'fhirwatch-health'
  location: 'global'
  tags: tags
  properties: {
    description: 'GET /api/health does not answer 200 to three places in the world: the app is down, or a family of checks is overdue.'
    severity: 1
    enabled: true
    autoMitigate: true
    scopes: [
      healthTestId
      componentId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: healthTestId
      componentId: componentId
      // of five: what Azure advises, so that one place with a bad day does not page
      failedLocationCount: 3
    }
    actions: [
      {
        actionGroupId: group.id
      }
    ]
  }
}

// Azure disables a rule whose query fails for a week, and people delete things.
resource watchers 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: 'fhirwatch-rules-disabled'
  location: 'global'
  tags: tags
  properties: {
    description: 'An alert rule or the action group of fhirwatch was deleted, or Azure disabled a rule.'
    enabled: true
    scopes: [
      ownGroup
    ]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'Administrative'
        }
        {
          anyOf: [
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/ScheduledQueryRules/disable/action'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/ScheduledQueryRules/delete'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/MetricAlerts/delete'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/ActivityLogAlerts/delete'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/ActionGroups/delete'
            }
          ]
        }
      ]
    }
    actions: {
      actionGroups: [
        {
          actionGroupId: group.id
        }
      ]
    }
  }
}

// Switching a rule off by hand is a write that says so; every deployment writes the rules too, and must not page.
resource switchedOff 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: 'fhirwatch-rules-switched-off'
  location: 'global'
  tags: tags
  properties: {
    description: 'Someone switched an alert rule of fhirwatch off.'
    enabled: true
    scopes: [
      ownGroup
    ]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'Administrative'
        }
        {
          anyOf: [
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/ScheduledQueryRules/write'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/MetricAlerts/write'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/ActivityLogAlerts/write'
            }
          ]
        }
        {
          field: 'properties.requestbody'
          containsAny: [
            '"enabled":false'
            '"enabled": false'
          ]
        }
      ]
    }
    actions: {
      actionGroups: [
        {
          actionGroupId: group.id
        }
      ]
    }
  }
}

output actionGroupId string = group.id
