import { expect } from 'vitest';
import { codeOf, type OnlineView } from '../drivers/driver.js';
import type { Person, Stage } from '../support/people.js';
import { onEveryStage } from '../support/stages.js';

const idsOf = (page: OnlineView) => page.nodes.map(({ userId }) => userId);

/** People of these exact names who are contacts of the viewer; ids stay in the order of their code points. */
async function contactsOf(stage: Stage, viewer: Person, names: readonly string[]): Promise<Person[]> {
  const people: Person[] = [];
  for (const [i, name] of names.entries()) {
    const person = await stage.joins(`${viewer.id}.${name}`, i);
    await stage.acquaint(viewer, person);
    people.push(person);
  }
  return people;
}

onEveryStage((it) => {
  it('contacts who are online are listed in the order of code points, page by page, never the viewer', async (stage) => {
    const [alice] = await stage.strangers('alice');
    const people = await contactsOf(stage, alice, ['b', 'B', '10', '9', 'a', '_', 'away']);
    for (const person of people.slice(0, -1)) await person.http.heartbeat({ deviceId: 'd' });
    await stage.acquaint(alice, alice);
    await alice.opens();
    const expected = people
      .slice(0, -1)
      .map(({ id }) => id)
      .sort();
    const keepAlive = () => Promise.all(people.slice(0, -1).map((person) => person.http.heartbeat({ deviceId: 'd' })));
    const all = await alice.http.whoIsOnline();
    expect([idsOf(all), all.totalCount, all.endCursor]).toEqual([expected, 6, null]);
    for (const first of [1, 2, 4, 6, 500]) {
      await keepAlive();
      const listed: string[] = [];
      for (let after: string | null = null, pages = 0; pages === 0 || after !== null; pages += 1) {
        const page: OnlineView = await alice.http.whoIsOnline({ first, ...(after !== null && { after }) });
        expect(page.totalCount).toBe(6);
        expect(page.nodes.length).toBeLessThanOrEqual(first);
        listed.push(...idsOf(page));
        after = page.endCursor;
        expect(pages).toBeLessThan(7);
      }
      expect(listed).toEqual(expected);
    }
  });

  it('whoever is left out, hidden, blocked or invisible is neither listed nor counted', async (stage) => {
    const [alice] = await stage.strangers('alice');
    const people = await contactsOf(stage, alice, ['1', '2', '3', '4', '5', '6']);
    for (const person of people) await person.opens();
    const [one, two, three, four, five, six] = people as [Person, Person, Person, Person, Person, Person];
    await two.http.setPrivacy({ online: 'NOBODY' });
    await three.http.block(alice.id);
    await alice.http.block(four.id);
    await five.http.choose({ status: 'INVISIBLE' });
    const page = await alice.http.whoIsOnline();
    expect([idsOf(page), page.totalCount]).toEqual([[one.id, six.id], 2]);
    const without = await alice.http.whoIsOnline({ excludeUserId: one.id });
    expect([idsOf(without), without.totalCount]).toEqual([[six.id], 1]);
    expect((await alice.http.whoIsOnline({ excludeUserId: two.id })).totalCount).toBe(2);
  });

  it('members of a conversation are listed to members, contacts or not', async (stage) => {
    const [alice, bob, carol] = await stage.strangers('alice', 'bob', 'carol');
    const room = await stage.room(alice, bob, carol);
    for (const person of [alice, bob]) await person.opens();
    const page = await alice.http.whoIsOnline({ conversationId: room });
    expect([idsOf(page), page.totalCount]).toEqual([[bob.id], 1]);
    expect(idsOf(await carol.http.whoIsOnline({ conversationId: room }))).toEqual([alice.id, bob.id]);
    expect(idsOf(await alice.http.whoIsOnline())).toEqual([]);
  });

  it('a page of no size and a cursor of somebody else are refused', async (stage) => {
    const [alice] = await stage.strangers('alice');
    const refused = [
      { first: 0 },
      { first: -1 },
      { first: 501 },
      { after: '' },
      { after: 'x' },
      { after: alice.id },
      { after: Buffer.from(`u:${alice.id}`).toString('base64') + '=' },
      { after: Buffer.from('u:not an id').toString('base64url') },
      { excludeUserId: 'not an id' },
      { conversationId: 'not an id' },
    ];
    for (const query of refused)
      expect([query, await codeOf(alice.http.whoIsOnline(query))]).toEqual([query, 'BAD_USER_INPUT']);
    for (const query of [{ first: 500 }, { first: null }, { excludeUserId: 'nobody-has-this-id' }, { after: null }]) {
      expect(await codeOf(alice.http.whoIsOnline(query))).toBe('ACCEPTED');
    }
  });

  it('the next page of a list whose people come and go misses and repeats nobody who stays', async (stage) => {
    const [alice] = await stage.strangers('alice');
    const people = await contactsOf(stage, alice, ['1', '2', '3', '4']);
    const [one, two, three, four] = people as [Person, Person, Person, Person];
    for (const person of [one, two, four]) await person.opens();
    const page = await alice.http.whoIsOnline({ first: 2 });
    expect(idsOf(page)).toEqual([one.id, two.id]);
    await two.http.goOffline();
    await three.opens();
    const rest = await alice.http.whoIsOnline({ first: 2, after: page.endCursor });
    expect([idsOf(rest), rest.endCursor]).toEqual([[three.id, four.id], null]);
  });
});
