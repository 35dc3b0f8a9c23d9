// The proof of where the monitor stands: a name that only resolvers inside the app's network can answer, holding that
// network's id. Without it every DNS answer is worth nothing, and fhirwatch says "no vantage" instead of pass or fail.

param tags object

@description('The policy\'s vantage.record.')
param record string

@description('The network that the app stands in.')
param networkId string

// one string of a TXT record holds 255 characters; resolvers join the strings of a record
var start = take(networkId, 250)
var end = skip(networkId, 250)
var strings = empty(end) ? [start] : [start, end]

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: record
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: zone
  name: 'app-network'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}

resource proof 'Microsoft.Network/privateDnsZones/TXT@2024-06-01' = {
  parent: zone
  name: '@'
  properties: {
    ttl: 300
    txtRecords: [
      {
        value: strings
      }
    ]
  }
}
