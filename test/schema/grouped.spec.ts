import { GraphQLSchemaHost } from '@nestjs/graphql';
import fc from 'fast-check';
import { execute, parse, specifiedRules, subscribe, validate, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PresenceView } from '../../src/presence/presence.types.js';
import { Executor } from '../../src/transports/graphql/executor.js';
import { Groups } from '../../src/transports/graphql/groups.js';
import { Plan } from '../../src/transports/graphql/plan.js';
import type { Ways } from '../../src/transports/graphql/ways.js';
import { schemaOfCode } from './printed.js';

/** There is no application behind the schema here, only what the fields are given below. */
const NESTS_OWN: Pick<Ways, 'to'> = { to: (_parent, { resolve }) => resolve };

let schema: GraphQLSchema;
let given: PresenceView;
beforeAll(async () => {
  schema = await schemaOfCode();
  const field = schema.getSubscriptionType()?.getFields()['statusChanged'];
  if (!field) throw new Error('statusChanged is gone');
  field.subscribe = async function* () {
    yield await Promise.resolve(given);
  };
  field.resolve = (view: unknown) => view;
  const list = schema.getQueryType()?.getFields()['userStatuses'];
  if (!list) throw new Error('userStatuses is gone');
  list.resolve = (_root, { userIds }: { userIds: string[] }) => Promise.resolve(userIds.map(() => given));
});

/** How one subscriber alone is answered by graphql-js, serialised as the protocol library would. */
async function alone(query: string, operationName: string, variableValues: Record<string, unknown>): Promise<string> {
  const source = await subscribe({ schema, document: parse(query), operationName, variableValues });
  if (!(Symbol.asyncIterator in source)) throw new Error(JSON.stringify(source.errors));
  for await (const { errors, ...result } of source as AsyncIterable<ExecutionResult>)
    return JSON.stringify({ ...result, ...(errors && { errors }) });
  throw new Error('no answer');
}

const host = () => Object.assign(new GraphQLSchemaHost(), { schema });

function grouped(query: string, operationName: string, variableValues: Record<string, unknown>): string {
  return new Groups(host())
    .join({ schema, document: parse(query), operationName, variableValues })
    .payload(given)
    .toString();
}

const FLAGS = ['$a', '$b', 'true', 'false'] as const;
const condition = fc.option(fc.tuple(fc.constantFrom('include', 'skip'), fc.constantFrom(...FLAGS)), { nil: null });
const directive = condition.map((chosen) => (chosen ? ` @${chosen[0]}(if: ${chosen[1]})` : ''));
const FIELDS = {
  UserPresence: ['userId', 'status', 'isOnline', 'lastSeen', 'lastSeenBucket', 'platforms', 'since', '__typename'],
  User: ['id', 'username', 'displayName', 'avatarUrl', '__typename'],
  StatusMessage: ['text', 'emoji', 'expiresAt', '__typename'],
};
type TypeName = keyof typeof FIELDS;
const BELOW: Partial<Record<TypeName, readonly [field: string, type: TypeName][]>> = {
  UserPresence: [
    ['user', 'User'],
    ['message', 'StatusMessage'],
  ],
};

/** A selection set's text, `#F{…}` standing for a fragment that is to be spread there. */
function selection(type: TypeName, depth: number): fc.Arbitrary<string> {
  // An alias that names its field never means two things.
  const alias = (field: string) => fc.constantFrom('', `x_${field}: `, `y_${field}: `);
  const leaf = fc
    .constantFrom(...FIELDS[type])
    .chain((field) => fc.tuple(alias(field), directive).map(([a, d]) => `${a}${field}${d}`));
  const below = (BELOW[type] ?? []).map(([field, inner]) =>
    fc.tuple(alias(field), directive, selection(inner, depth - 1)).map(([a, d, set]) => `${a}${field}${d} ${set}`),
  );
  const fragments = depth > 0 ? [inline(type, depth), named(type, depth)] : [];
  return fc
    .array(fc.oneof({ weight: 4, arbitrary: leaf }, ...below, ...fragments), { minLength: 1, maxLength: 5 })
    .map((all) => `{ ${all.join(' ')} }`);
}

function inline(type: TypeName, depth: number): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom('', ` on ${type}`), directive, selection(type, depth - 1))
    .map(([on, d, set]) => `...${on}${d} ${set}`);
}

function named(type: TypeName, depth: number): fc.Arbitrary<string> {
  return fc.tuple(directive, selection(type, depth - 1)).map(([d, set]) => `«${type}${set}»${d}`);
}

const root = fc
  .tuple(
    fc.constantFrom('', 'mine: '),
    fc.constantFrom('', '(userIds: $ids)', '(snapshot: true, conversationId: $c)'),
    selection('UserPresence', 2),
    fc.boolean(),
  )
  .map(([alias, args, set, wrapped]) => {
    const field = `${alias}statusChanged${args} ${set}`;
    return wrapped ? `{ ...RootF } fragment RootF on Subscription { ${field} }` : `{ ${field} }`;
  });

/** What is under a condition is executed as ever, and only the rest is written as planned. */
const unconditional = (body: string) => body.replace(/ @\w+\(if: [$\w]+\)/g, '');

/** Takes fragments out of the text, innermost first, and declares the variables that are used. */
function operation(body: string, name: string): string {
  const fragments: string[] = [];
  let text = body;
  for (let found = /«(\w+?)(\{[^«»]*\})»/.exec(text); found; found = /«(\w+?)(\{[^«»]*\})»/.exec(text)) {
    const fragment = `${name}F${fragments.length}`;
    fragments.push(`fragment ${fragment} on ${found[1] ?? ''} ${found[2] ?? ''}`);
    text = text.replace(found[0], `...${fragment}`);
  }
  const all = `${text.replaceAll('RootF', `${name}Root`)} ${fragments.join(' ')}`;
  const declared = { $a: 'Boolean!', $b: 'Boolean! = true', $ids: '[ID!]', $c: 'ID' };
  const used = Object.entries(declared).filter(([variable]) => new RegExp(`\\${variable}\\b`).test(all));
  const variables = used.map(([variable, type]) => `${variable}: ${type}`).join(', ');
  return `subscription ${name}${variables ? `(${variables})` : ''} ${all}`;
}

const time = fc.option(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(8e12) }), { nil: null });
const views: fc.Arbitrary<PresenceView> = fc.record({
  userId: fc.string(),
  user: fc.record({
    id: fc.string(),
    username: fc.string({ unit: 'grapheme' }),
    displayName: fc.string({ unit: 'binary' }),
    avatarUrl: fc.option(fc.webUrl(), { nil: null }),
  }),
  status: fc.constantFrom('ONLINE', 'IDLE', 'DO_NOT_DISTURB', 'OFFLINE'),
  isOnline: fc.boolean(),
  lastSeen: time,
  lastSeenBucket: fc.constantFrom('RECENTLY', 'LONG_AGO', null),
  message: fc.option(fc.record({ text: fc.string(), emoji: fc.option(fc.string(), { nil: null }), expiresAt: time }), {
    nil: null,
  }),
  platforms: fc.subarray(['WEB', 'MOBILE', 'BOT'] as const),
  since: time,
});

describe('an event made once for many subscribers', () => {
  it('is byte for byte what each of them would have been sent alone', async () => {
    const variables = fc.record({
      $a: fc.boolean(),
      $b: fc.option(fc.boolean(), { nil: undefined }),
      $ids: fc.constant(['u']),
      $c: fc.constant('c'),
    });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        root,
        root,
        views,
        variables,
        fc.constantFrom('A', 'B'),
        async (first, second, view, { $a, $b, $ids, $c }, name) => {
          const query = `${operation(first, 'A')} ${operation(unconditional(second), 'B')}`;
          fc.pre(validate(schema, parse(query), specifiedRules).length === 0);
          given = view;
          const values = { a: $a, ...($b !== undefined && { b: $b }), ids: $ids, c: $c };
          expect(grouped(query, name, values)).toBe(await alone(query, name, values));
          compared += 1;
        },
      ),
      { numRuns: 400 },
    );
    expect(compared).toBe(400);
  });

  it('is not different from what somebody who asks is told', async () => {
    const chosen = fc.tuple(fc.constantFrom('', 'mine: '), selection('UserPresence', 2), fc.boolean());
    const asked = chosen.map(([alias, set, bare]) => {
      const body = `{ ${alias}userStatuses(userIds: $ids) ${set} }`;
      const text = operation(bare ? unconditional(body) : body, 'A').replace('[ID!]', '[ID!]!');
      return text.replace('subscription', 'query');
    });
    const flags = fc.record({ a: fc.boolean(), b: fc.boolean() });
    let planned = 0;
    await fc.assert(
      fc.asyncProperty(asked, views, flags, fc.boolean(), async (query, view, values, fits) => {
        fc.pre(validate(schema, parse(query), specifiedRules).length === 0);
        given = view;
        const variableValues = { ...values, ids: fits ? ['u', 'v'] : 'u' };
        const args = { schema, document: parse(query), variableValues };
        if (Plan.of(schema, args.document, null, NESTS_OWN)) planned += 1;
        const { text } = await new Executor(NESTS_OWN).answer(args);
        expect(text).toBe(JSON.stringify(await execute(args)));
      }),
      { numRuns: 200 },
    );
    expect(planned).toBeGreaterThan(50);
  });

  it('is made once for those who differ only in whom they watch, and anew for those who show other things', () => {
    const groups = new Groups(host());
    const document = parse(
      'subscription($i:[ID!],$full:Boolean!){statusChanged(userIds:$i){userId since @include(if:$full)}}',
    );
    const join = (i: string[], full: boolean) => groups.join({ schema, document, variableValues: { i, full } });
    const [first, alike, other] = [join(['a'], true), join(['b', 'c'], true), join(['a'], false)];
    expect(alike).toBe(first);
    expect(first.payload(given)).toBe(alike.payload(given));
    expect(other.payload(given).toString()).not.toBe(first.payload(given).toString());
    expect(groups.size).toBe(2);
    for (const group of [first, alike, other]) groups.leave(group);
    expect(groups.size).toBe(0);
  });

  it('tells of a failure of ours nothing but that there was one', () => {
    given = { ...given, user: null as unknown as PresenceView['user'] };
    expect(JSON.parse(grouped('subscription S{statusChanged{user{id}}}', 'S', {}))).toEqual({
      data: null,
      errors: [
        {
          message: 'Internal error',
          locations: expect.any(Array) as unknown,
          path: ['statusChanged', 'user'],
          extensions: { code: 'INTERNAL' },
        },
      ],
    });
  });
});
