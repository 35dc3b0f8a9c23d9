import { AzureAuthorityHosts } from '@azure/identity';
import { expect, test } from 'vitest';
import { clouds as pretend } from '../../sandbox/clouds.ts';
import type { CloudName } from '../../sandbox/types.ts';
import { clouds } from '../../src/clouds.ts';

const authorities: Readonly<Record<CloudName, string>> = {
  AzureCloud: AzureAuthorityHosts.AzurePublicCloud,
  AzureUSGovernment: AzureAuthorityHosts.AzureGovernment,
  AzureChinaCloud: AzureAuthorityHosts.AzureChina,
};

test.each(Object.keys(pretend) as CloudName[])(
  '%s has the same names in the sandbox, in the product and in the SDK',
  (name) => {
    const [theirs, ours] = [pretend[name], clouds[name]];
    expect([theirs.login, theirs.login]).toEqual([`https://${ours.authorityHost}`, authorities[name]]);
    expect(theirs.resourceManager).toContain(ours.resourceManagerAudience);
    expect(theirs.logs).toContain(ours.logsAudience);
    expect(theirs.metrics).toContain(ours.metricsAudience);
    expect([theirs.graph, theirs.fhirSuffix]).toEqual([ours.microsoftGraph, ours.healthSuffix]);
  },
);
