// Tells the app of changes in one subscription when they happen, so that a critical one does not wait for a timer.

targetScope = 'subscription'

param location string
param storageId string
param changesQueue string

var topicName = 'fhirwatch-changes'

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-fhirwatch-events'
  location: location
  tags: {
    application: 'fhirwatch'
  }
}

module topic 'event-topic.bicep' = {
  scope: group
  name: 'fhirwatch-topic'
  params: {
    name: topicName
    subscriptionId: subscription().subscriptionId
  }
}

// in the subscription of the app, which may be another one; before the subscription to events, which is tried at once
module sender 'event-sender.bicep' = {
  scope: resourceGroup(split(storageId, '/')[2], split(storageId, '/')[4])
  name: 'fhirwatch-sender-${uniqueString(subscription().id)}'
  params: {
    storageName: split(storageId, '/')[8]
    queueName: changesQueue
    principalId: topic.outputs.principalId
  }
}

module delivery 'event-subscription.bicep' = {
  scope: group
  name: 'fhirwatch-delivery'
  params: {
    topicName: topicName
    storageId: storageId
    queueName: changesQueue
  }
  dependsOn: [
    topic
    sender
  ]
}
