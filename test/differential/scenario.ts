import fc from 'fast-check';

/*
 * What a few people do, with the wire over which each of them does it. The same scenario is also played with every
 * wire replaced by GraphQL: people must see the same.
 */

export const PEOPLE = ['ann', 'ben', 'cleo'] as const;
export type Who = (typeof PEOPLE)[number];

export const LIVE_WIRES = ['graphql', 'grpc', 'socketio', 'ws'] as const;
export type LiveWire = (typeof LIVE_WIRES)[number];

/** `BACK_END`: by the product's own back end, with the service token. */
export type CallWire = 'graphql' | 'grpc' | 'rest' | 'back end';

export type Platform = 'WEB' | 'MOBILE' | 'UNKNOWN';
export type Choice = 'ONLINE' | 'IDLE' | 'DO_NOT_DISTURB' | 'INVISIBLE';
export type Audience = 'EVERYONE' | 'CONTACTS' | 'NOBODY';

/** `nth` picks one of the connections that are open when it comes to it; with none open the step does nothing. */
export type Step =
  | {
      readonly do: 'open';
      readonly who: Who;
      readonly wire: LiveWire;
      readonly active: boolean;
      readonly platform: Platform;
      readonly phone: boolean;
    }
  | { readonly do: 'close'; readonly who: Who; readonly nth: number; readonly clean: boolean }
  | { readonly do: 'beat'; readonly who: Who; readonly nth: number; readonly active: boolean }
  | {
      readonly do: 'lease';
      readonly who: Who;
      readonly wire: CallWire;
      readonly active: boolean;
      readonly platform: Platform;
      readonly phone: boolean;
    }
  | { readonly do: 'leave'; readonly who: Who; readonly wire: CallWire; readonly phone: boolean }
  | { readonly do: 'choose'; readonly who: Who; readonly wire: CallWire; readonly status: Choice }
  | { readonly do: 'chooseHere'; readonly who: Who; readonly nth: number; readonly status: Choice }
  | { readonly do: 'say'; readonly who: Who; readonly text: string | null }
  | { readonly do: 'type'; readonly who: Who; readonly nth: number | null; readonly start: boolean }
  | { readonly do: 'showOnline'; readonly who: Who; readonly to: Audience | 'SAME_AS_LAST_SEEN' }
  | { readonly do: 'showLastSeen'; readonly who: Who; readonly wire: CallWire; readonly to: 'EVERYONE' | 'NOBODY' }
  | { readonly do: 'showTyping'; readonly who: Who; readonly shown: boolean }
  | { readonly do: 'never'; readonly who: Who; readonly other: Who | null }
  | { readonly do: 'block'; readonly who: Who; readonly other: Who; readonly blocked: boolean }
  | { readonly do: 'contact'; readonly who: Who; readonly other: Who; readonly has: boolean }
  | { readonly do: 'look'; readonly who: Who; readonly wire: LiveWire };

export interface Scenario {
  /** Over which wires people watch at first, and listen for who types. */
  readonly eyes: Readonly<Record<Who, LiveWire>>;
  readonly ears: Readonly<Record<Who, Exclude<LiveWire, 'grpc'>>>;
  readonly steps: readonly Step[];
}

const who = fc.constantFrom(...PEOPLE);
const wire = fc.constantFrom(...LIVE_WIRES);
const nth = fc.nat(3);
const maybeNth: fc.Arbitrary<number | null> = fc.option(nth);
const maybeWho: fc.Arbitrary<Who | null> = fc.option(who);
const active = fc.boolean();
const platform = fc.constantFrom<Platform>('WEB', 'MOBILE', 'UNKNOWN');
const phone = fc.boolean();
const status = fc.constantFrom<Choice>('ONLINE', 'IDLE', 'DO_NOT_DISTURB', 'INVISIBLE');
const call = <W extends CallWire>(...wires: readonly W[]) => fc.constantFrom(...wires);
const is = <K extends Step['do']>(kind: K) => ({ do: fc.constant(kind), who });

const steps: fc.Arbitrary<Step> = fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
  { weight: 8, arbitrary: fc.record({ ...is('open'), wire, active, platform, phone }) },
  { weight: 6, arbitrary: fc.record({ ...is('close'), nth, clean: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ ...is('beat'), nth, active }) },
  {
    weight: 2,
    arbitrary: fc.record({ ...is('lease'), wire: call('graphql', 'grpc', 'back end'), active, platform, phone }),
  },
  { weight: 2, arbitrary: fc.record({ ...is('leave'), wire: call('graphql', 'grpc', 'back end'), phone }) },
  { weight: 4, arbitrary: fc.record({ ...is('choose'), wire: call('graphql', 'grpc', 'rest'), status }) },
  { weight: 2, arbitrary: fc.record({ ...is('chooseHere'), nth, status }) },
  { weight: 1, arbitrary: fc.record({ ...is('say'), text: fc.constantFrom('hello', 'in a meeting', null) }) },
  {
    weight: 6,
    arbitrary: fc.record({ ...is('type'), nth: maybeNth, start: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...is('showOnline'),
      to: fc.constantFrom<Audience | 'SAME_AS_LAST_SEEN'>('EVERYONE', 'CONTACTS', 'NOBODY', 'SAME_AS_LAST_SEEN'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...is('showLastSeen'),
      wire: call('graphql', 'rest'),
      to: fc.constantFrom<'EVERYONE' | 'NOBODY'>('EVERYONE', 'NOBODY'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...is('showTyping'), shown: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ ...is('never'), other: maybeWho }) },
  { weight: 1, arbitrary: fc.record({ ...is('block'), other: who, blocked: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ ...is('contact'), other: who, has: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ ...is('look'), wire }) },
);

const ear = fc.constantFrom<Exclude<LiveWire, 'grpc'>>('graphql', 'socketio', 'ws');

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  eyes: fc.record({ ann: wire, ben: wire, cleo: wire }),
  ears: fc.record({ ann: ear, ben: ear, cleo: ear }),
  steps: fc.array(steps, { minLength: 1, maxLength: 14, size: 'max' }),
});
