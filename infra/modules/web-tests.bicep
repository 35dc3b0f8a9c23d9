// Looks from outside. Each run is charged; the public tests are off unless hosts are named.

param location string
param tags object
param componentId string
param appUrl string

@description('Where the app\'s health is asked from.')
@minLength(5)
param healthLocations string[]

@description('Host names of services that must refuse the public; 99 and the health test make the 100 that a component holds.')
@maxLength(99)
param publicProbeHosts string[]
param publicProbeLocation string

resource health 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'webtest-fhirwatch-health'
  location: location
  tags: union(tags, { 'hidden-link:${componentId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'webtest-fhirwatch-health'
    Name: 'health'
    Description: 'GET /api/health answers 200 while every family of checks is on time.'
    Enabled: true
    Frequency: 300
    Timeout: 60
    Kind: 'standard'
    RetryEnabled: true
    Locations: [
      for place in healthLocations: {
        Id: place
      }
    ]
    Request: {
      RequestUrl: '${appUrl}/api/health'
      HttpVerb: 'GET'
      ParseDependentRequests: false
      FollowRedirects: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      IgnoreHttpStatusCode: false
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 7
    }
  }
}

// Without retries and every 15 minutes: with the monitor's own requests at most 18 an hour, which is no traffic.
resource outside 'Microsoft.Insights/webtests@2022-06-15' = [
  for host in publicProbeHosts: {
    name: 'webtest-public-${uniqueString(host)}'
    location: location
    tags: union(tags, { 'hidden-link:${componentId}': 'Resource' })
    kind: 'standard'
    properties: {
      SyntheticMonitorId: 'webtest-public-${uniqueString(host)}'
      Name: 'public ${host}'
      Description: 'The public side of ${host} answers 403.'
      Enabled: true
      Frequency: 900
      Timeout: 30
      Kind: 'standard'
      RetryEnabled: false
      Locations: [
        {
          Id: publicProbeLocation
        }
      ]
      Request: {
        RequestUrl: 'https://${host}/${contains(host, '.dicom.') ? 'health/check' : 'metadata'}'
        HttpVerb: 'GET'
        ParseDependentRequests: false
        FollowRedirects: false
      }
      ValidationRules: {
        ExpectedHttpStatusCode: 403
        IgnoreHttpStatusCode: false
        SSLCheck: false
      }
    }
  }
]

output healthTestId string = health.id
