import { expect } from 'vitest';

import type { Explanation } from '../../src/presence/explain.types.js';
import type { Stage } from '../support/people.js';
import { onEveryStage } from '../support/stages.js';

async function explain(stage: Stage, id: string): Promise<Explanation> {
  const [place] = stage.places;
  const { config, url } = place ?? { config: { serviceToken: '' }, url: '' };
  const headers = { 'x-secret-token': config.serviceToken ?? '' };
  const answer = await fetch(`${url}/api/internal/users/${id}/explain`, { headers });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { data: Explanation }).data;
}

onEveryStage((it) => {
  it('an operator finds out why somebody is shown as they are', async (stage) => {
    const [ann] = await stage.strangers('ann');
    expect(await explain(stage, ann.id)).toMatchObject({
      user: { id: ann.id },
      shown: { status: 'OFFLINE' },
      rule: 'Offline: nothing holds presence, and everything about it is stored',
      customStatus: { status: 'ONLINE', version: 0, versionInEngine: null },
      privacy: { online: 'EVERYONE', lastSeen: 'EVERYONE', typing: true },
      holders: [],
      transitions: [],
    });

    const device = await ann.opens({ platform: 'DESKTOP', deviceId: 'laptop' });
    const online = await explain(stage, ann.id);
    expect(online).toMatchObject({
      shown: { status: 'ONLINE', platforms: ['DESKTOP'] },
      rule: 'Online: 1 of 1 hold active',
      holders: [{ kind: 'socket', deviceId: 'laptop', platform: 'DESKTOP', counts: true, active: true, endsAt: null }],
      transitions: [{ from: 'OFFLINE', to: 'ONLINE', cause: 'connection' }],
    });
    expect(online.deadlines.map(({ what }) => what)).toContainEqual(
      expect.stringMatching(/^socket \S+ turns inactive$/),
    );

    await ann.http.choose({ status: 'INVISIBLE' });
    expect(await explain(stage, ann.id)).toMatchObject({
      shown: { status: 'OFFLINE' },
      rule: 'Invisible by choice, with 1 live hold',
      customStatus: { status: 'INVISIBLE', version: 1, versionInEngine: 1 },
      transitions: [{ to: 'OFFLINE', cause: 'choice' }, { to: 'ONLINE' }],
    });

    await ann.http.choose({ status: 'ONLINE' });
    await ann.http.goOffline();
    expect((await explain(stage, ann.id)).rule).toBe('Offline by leaving, until a heartbeat over 1 open connection');
    await device.leave();
  });

  it('nobody else is told, whoever they are', async (stage) => {
    const [ann] = await stage.strangers('ann');
    const [place] = stage.places;
    const path = `${place?.url}/api/internal/users/${ann.id}/explain`;
    const authorization = `Bearer ${place?.token(ann.id)}`;
    for (const headers of [{}, { authorization }, { 'x-secret-token': 'wrong' }]) {
      const answer = await fetch(path, { headers });
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain('shown');
    }
  });
});
