// The identity that the app runs as, and the one that the alert rules query with: a rule without an identity runs with the
// rights of whoever edited it last and dies with them.

param location string
param tags object
param resourceToken string

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-fhirwatch-${resourceToken}'
  location: location
  tags: tags
}

resource alerts 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-fhirwatch-alerts-${resourceToken}'
  location: location
  tags: tags
}

output appId string = app.id
output appClientId string = app.properties.clientId
output appPrincipalId string = app.properties.principalId
output alertsId string = alerts.id
output alertsPrincipalId string = alerts.properties.principalId
