// Changes of what the checks look at, by the operation that made them; everything else never leaves Event Grid.

param topicName string
param storageId string
param queueName string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource delivery 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'fhirwatch'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    deliveryWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      destination: {
        endpointType: 'StorageQueue'
        properties: {
          resourceId: storageId
          queueName: queueName
          // a change older than an hour has been seen by a sweep
          queueMessageTimeToLiveInSeconds: 3600
        }
      }
    }
    filter: {
      includedEventTypes: [
        'Microsoft.Resources.ResourceWriteSuccess'
        'Microsoft.Resources.ResourceDeleteSuccess'
        // approving a private endpoint connection is an action
        'Microsoft.Resources.ResourceActionSuccess'
      ]
      advancedFilters: [
        {
          operatorType: 'StringBeginsWith'
          key: 'data.operationName'
          values: [
            'Microsoft.HealthcareApis/'
            'Microsoft.Network/privateEndpoints/'
            'Microsoft.Network/privateDnsZones/'
            'Microsoft.Insights/diagnosticSettings/'
            'Microsoft.Authorization/roleAssignments/'
            'Microsoft.Authorization/denyAssignments/'
          ]
        }
      ]
    }
    retryPolicy: {
      maxDeliveryAttempts: 10
      eventTimeToLiveInMinutes: 60
    }
  }
}
