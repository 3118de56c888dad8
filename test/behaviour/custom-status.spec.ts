import { expect } from 'vitest';
import { codeOf } from '../drivers/driver.js';
import { PROMISED, type Person } from '../support/people.js';
import { moment, onEveryStage } from '../support/stages.js';

async function watching(viewer: Person, subject: Person) {
  const seen = (await viewer.looksOn()).watch({ userIds: [subject.id], snapshot: true });
  await seen.next(2000);
  return seen;
}

onEveryStage((it) => {
  it('a chosen status is seen at once and outlives reconnects, on any instance', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    const seen = await watching(alice, bob);
    expect(await device.choose({ status: 'DO_NOT_DISTURB' })).toMatchObject({
      status: 'DO_NOT_DISTURB',
      isOnline: true,
    });
    expect((await seen.next(PROMISED.online)).view.status).toBe('DO_NOT_DISTURB');
    await device.leave();
    expect((await seen.next(3000)).view.status).toBe('OFFLINE');
    const back = await bob.opensElsewhere();
    expect((await seen.next(PROMISED.online)).view.status).toBe('DO_NOT_DISTURB');
    await back.choose({ status: 'ONLINE' });
    expect((await seen.next(PROMISED.online)).view.status).toBe('ONLINE');
    await seen.quiet(300);
  });

  it('a status chosen while away is shown from the next connection on, with its message', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const seen = await watching(alice, bob);
    const own = await bob.http.choose({ status: 'IDLE', message: { text: 'in a meeting', emoji: '📅' } });
    expect(own).toMatchObject({ status: 'OFFLINE', message: null });
    await seen.quiet(300);
    expect((await bob.http.me()).customStatus).toBe('IDLE');
    await bob.opens();
    expect((await seen.next(PROMISED.online)).view).toMatchObject({
      status: 'IDLE',
      message: { text: 'in a meeting', emoji: '📅', expiresAt: null },
    });
  });

  it('a message is one event, the same again is none, and it goes when it is cleared', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    const seen = await watching(alice, bob);
    const { since } = await device.choose({ message: { text: '  cafe\u0301 ', emoji: ':coffee:' } });
    expect((await seen.next(PROMISED.online)).view).toMatchObject({
      status: 'ONLINE',
      since,
      message: { text: 'caf\u00e9', emoji: ':coffee:', expiresAt: null },
    });
    await device.choose({ message: { text: 'caf\u00e9', emoji: ':coffee:' } });
    await device.choose({ status: 'ONLINE' });
    await seen.quiet(400);
    await device.choose({ status: 'IDLE' });
    expect((await seen.next(PROMISED.online)).view).toMatchObject({ status: 'IDLE', message: { text: 'caf\u00e9' } });
    await device.choose({ clearMessage: true, status: 'ONLINE' });
    await seen.until(({ status, message }) => status === 'ONLINE' && message === null, PROMISED.online);
    await seen.quiet(300);
  });

  it('a message of somebody who has gone is not shown and is back with them', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    await device.choose({ message: { text: 'here' } });
    const seen = await watching(alice, bob);
    await device.goOffline();
    expect((await seen.next(PROMISED.goOffline)).view).toMatchObject({ status: 'OFFLINE', message: null });
    await device.heartbeat();
    expect((await seen.next(PROMISED.online)).view.message).toEqual({ text: 'here', emoji: null, expiresAt: null });
  });

  it('a message clears itself in time, with one event and without anybody asking', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    const seen = await watching(alice, bob);
    const asked = Date.now();
    await device.choose({ message: { text: 'back in a second', clearAfterSeconds: 1 } });
    const { view } = await seen.next(PROMISED.online);
    const expiresAt = moment(view.message?.expiresAt ?? null);
    expect(expiresAt - asked).toBeGreaterThanOrEqual(990);
    expect(expiresAt - asked).toBeLessThan(1500);
    const cleared = await seen.next(expiresAt - Date.now() + PROMISED.cleared);
    expect(cleared.view).toMatchObject({ status: 'ONLINE', message: null });
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt - 20);
    await seen.quiet(1500);
    await device.leave();
    await seen.next(3000);
    await bob.opens();
    expect((await seen.next(2000)).view).toMatchObject({ status: 'ONLINE', message: null });
  });

  it('a message without an end replaces one that had one, and stays', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    const seen = await watching(alice, bob);
    await device.choose({ message: { text: 'for a second', clearAfterSeconds: 1 } });
    await seen.next(PROMISED.online);
    await device.choose({ message: { text: 'for good' } });
    expect((await seen.next(PROMISED.online)).view.message).toEqual({ text: 'for good', emoji: null, expiresAt: null });
    await seen.quiet(2500);
    expect((await alice.http.see(bob.id)).message?.text).toBe('for good');
  });

  it('a message that ended while its owner was away is gone when they come', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    await bob.http.choose({ message: { text: 'soon over', clearAfterSeconds: 1 } });
    const seen = await watching(alice, bob);
    await seen.quiet(1200);
    await bob.opens();
    expect((await seen.next(2000)).view).toMatchObject({ status: 'ONLINE', message: null });
  });

  it('only what is one emoji or a shortcode, and a text of 1 to 140 characters, is taken', async (stage) => {
    const [bob] = await stage.friends('bob');
    const choose = (text: string, more: object = {}) => codeOf(bob.http.choose({ message: { text, ...more } }));
    const taken: [string, object?][] = [
      ['x'.repeat(140)],
      ['👩‍👩‍👧‍👦'.slice(0, 2).repeat(140)],
      [`${' '.repeat(5000)}hi${' '.repeat(5000)}`],
      ['e\u0301'.repeat(140)],
      ['שלום'],
      ['x', { emoji: '👩‍👩‍👧‍👦' }],
      ['x', { emoji: '🇩🇪' }],
      ['x', { emoji: '❤️' }],
      ['x', { emoji: '❤' }],
      ['x', { emoji: '1️⃣' }],
      ['x', { emoji: '👍🏽' }],
      ['x', { emoji: `:${'a'.repeat(64)}:` }],
      ['x', { emoji: ':+1:' }],
      ['x', { clearAfterSeconds: 31_536_000 }],
    ];
    for (const [text, more] of taken) expect([text, more, await choose(text, more)]).toEqual([text, more, 'ACCEPTED']);
    const refused: [string, object?][] = [
      [''],
      [' \t\n '],
      ['x'.repeat(141)],
      ['😀'.repeat(141)],
      ['a\u0000b'],
      ['a\nb'],
      ['a\u202eb'],
      ['a\u2066b'],
      ['x', { emoji: '' }],
      ['x', { emoji: 'x' }],
      ['x', { emoji: '1' }],
      ['x', { emoji: '😀😀' }],
      ['x', { emoji: '😀 ' }],
      ['x', { emoji: ':Nope:' }],
      ['x', { emoji: '::' }],
      ['x', { emoji: `:${'a'.repeat(65)}:` }],
      ['x', { clearAfterSeconds: 0 }],
      ['x', { clearAfterSeconds: -1 }],
      ['x', { clearAfterSeconds: 31_536_001 }],
    ];
    for (const [text, more] of refused)
      expect([text, more, await choose(text, more)]).toEqual([text, more, 'BAD_USER_INPUT']);
    expect(await codeOf(bob.http.choose({}))).toBe('BAD_USER_INPUT');
    expect(await codeOf(bob.http.choose({ clearMessage: false }))).toBe('BAD_USER_INPUT');
    expect(await codeOf(bob.http.choose({ clearMessage: true, message: { text: 'x' } }))).toBe('BAD_USER_INPUT');
    expect(await codeOf(bob.http.choose({ status: 'OFFLINE' }))).toBe('BAD_USER_INPUT');
  });
});
