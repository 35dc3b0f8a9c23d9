import { describe, expect, it } from 'vitest';
import {
  api,
  clinic,
  fhir,
  fhirRow,
  GET,
  gather,
  hub,
  logs,
  row,
  sub,
  subscriptionRow,
  workspace,
} from './collect-fixture.ts';

const settingsOf = (id: string): string => GET(`${id}/providers/Microsoft.Insights/diagnosticSettings`);
const setting = (properties: unknown, name = 's') =>
  row(`${fhir}/providers/microsoft.insights/diagnosticSettings/${name}`, properties);
const routesWith = (...value: unknown[]) => ({ [settingsOf(fhir)]: { value }, [settingsOf(workspace)]: { value: [] } });

describe('diagnostic settings', () => {
  it('are read as they stand: enabled, disabled and odd alike', async () => {
    const properties = {
      workspaceId: logs,
      logs: [
        { category: 'AuditLogs', enabled: true },
        { categoryGroup: 'allLogs', enabled: 'true' },
        { category: null },
      ],
    };
    const { of } = await gather(
      clinic({ routes: routesWith(setting(properties), setting({ logs: null }, 't')) }),
      'diagnosticSettings',
    );
    expect(of(fhir)).toMatchObject({
      ok: true,
      direct: true,
      value: [
        {
          name: 's',
          workspaceId: logs,
          logs: [{ category: 'AuditLogs', enabled: true }, { categoryGroup: 'allLogs', enabled: 'true' }, {}],
        },
        { name: 't', logs: [] },
      ],
    });
    // it logs nothing of its own
    expect(of(workspace)).toBeUndefined();
  });

  it.each([['all'], [undefined], [7]])(
    'whose list of logs is %j hide what they export, and nothing else',
    async (odd) => {
      const good = { workspaceId: logs, logs: [{ category: 'AuditLogs', enabled: true }] };
      const { of } = await gather(
        clinic({ routes: routesWith(setting({ workspaceId: logs, logs: odd }), setting(good, 't')) }),
        'diagnosticSettings',
      );
      expect(of(fhir)).toMatchObject({
        ok: true,
        value: [
          { name: 's', workspaceId: logs, logs: [], logsUnread: true },
          { name: 't', logs: [{ enabled: true }] },
        ],
      });
    },
  );

  it.each([[{}], [null], [{ id: 'x', properties: { logs: [] } }]])('are malformed where a row is %j', async (odd) => {
    const { of } = await gather(clinic({ routes: routesWith(odd) }), 'diagnosticSettings');
    expect(of(fhir)).toMatchObject({ ok: false, reason: 'malformed' });
  });

  it('fail each on their own', async () => {
    const { of } = await gather(
      clinic({
        routes: { [settingsOf(fhir)]: 403, [settingsOf(api)]: { value: [] } },
        graph: { healthcare: [fhirRow, row(api, {})] },
      }),
      'diagnosticSettings',
    );
    expect(of(fhir)).toMatchObject({ ok: false, reason: 'forbidden' });
    expect(of(api)).toMatchObject({ ok: true });
  });
});

describe('log workspaces', () => {
  const named = routesWith(setting({ workspaceId: logs.toUpperCase(), logs: [] }));
  const key = logs.toLowerCase();
  const workspaceIn = async (fake: ReturnType<typeof clinic>) => {
    const gathered = (await gather(fake, 'logWorkspaces')).of(fhir);
    return gathered?.ok ? gathered.value[key] : gathered;
  };

  it('are those that settings name, from Resource Graph or by a direct read', async () => {
    const listed = await workspaceIn(clinic({ routes: named, graph: { logs: [row(logs, {})] } }));
    expect(listed).toMatchObject({ ok: true, direct: false, value: { id: logs } });
    const read = await workspaceIn(clinic({ routes: { ...named, [`GET ${key}`]: row(logs, {}) } }));
    expect(read).toMatchObject({ ok: true, direct: true });
  });

  it('are read directly where the service is confirmed: Resource Graph may still list one that is gone', async () => {
    const fake = clinic({ routes: named, graph: { logs: [row(logs, {})], subscriptions: [subscriptionRow(hub)] } });
    const gathered = (await gather(fake, 'logWorkspaces', { confirm: 'all' })).of(fhir);
    expect(gathered).toMatchObject({ ok: true, value: { [key]: { ok: false, reason: 'not-found' } } });
  });

  it('are gone only in a subscription that can be seen', async () => {
    expect(await workspaceIn(clinic({ routes: named }))).toMatchObject({ ok: false, reason: 'not-found' });
    const hidden = clinic({ routes: named, graph: { subscriptions: [subscriptionRow(sub)] } });
    expect(await workspaceIn(hidden)).toMatchObject({ ok: false, reason: 'forbidden' });
  });

  it('are not asked for at what is no id of one', async () => {
    const odd = `${workspace}/providers/x`;
    const { of, asked } = await gather(
      clinic({ routes: routesWith(setting({ workspaceId: odd, logs: [] })) }),
      'logWorkspaces',
    );
    expect(of(fhir)).toMatchObject({ ok: true, value: { [odd.toLowerCase()]: { ok: false, reason: 'malformed' } } });
    expect(asked).toHaveLength(1);
  });

  it('are unknown where the settings are', async () => {
    expect((await gather(clinic({ routes: { [settingsOf(fhir)]: 403 } }), 'logWorkspaces')).of(fhir)).toMatchObject({
      ok: false,
      reason: 'forbidden',
    });
  });
});
