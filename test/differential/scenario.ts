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

/**
 * `nth` picks one of the connections that can do it when it comes to it: of theirs, or, when they have none, of somebody
 * else's, who then does it instead. Without any the step does nothing.
 */
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

const anybody = fc.constantFrom(...PEOPLE);
const wire = fc.constantFrom(...LIVE_WIRES);
const nth = fc.nat(3);
/** Null: over HTTP. */
const maybeNth: fc.Arbitrary<number | null> = fc.option(nth, { freq: 5 });
const maybeBody: fc.Arbitrary<Who | null> = fc.option(anybody);
const active = fc.boolean();
const platform = fc.constantFrom<Platform>('WEB', 'MOBILE', 'UNKNOWN');
const phone = fc.boolean();
const status = fc.constantFrom<Choice>('ONLINE', 'IDLE', 'DO_NOT_DISTURB', 'INVISIBLE');
const audience = fc.constantFrom<Audience | 'SAME_AS_LAST_SEEN'>('EVERYONE', 'CONTACTS', 'NOBODY', 'SAME_AS_LAST_SEEN');
const call = <W extends CallWire>(...wires: readonly W[]) => fc.constantFrom(...wires);

/** Every step that such a person can do. */
function stepsOf(who: fc.Arbitrary<Who>) {
  const is = <K extends Step['do']>(kind: K) => ({ do: fc.constant(kind), who });
  const asked = call('graphql', 'grpc', 'back end');
  return {
    open: fc.record({ ...is('open'), wire, active, platform, phone }),
    close: fc.record({ ...is('close'), nth, clean: fc.boolean() }),
    beat: fc.record({ ...is('beat'), nth, active }),
    lease: fc.record({ ...is('lease'), wire: asked, active, platform, phone }),
    leave: fc.record({ ...is('leave'), wire: asked, phone }),
    choose: fc.record({ ...is('choose'), wire: call('graphql', 'grpc', 'rest'), status }),
    chooseHere: fc.record({ ...is('chooseHere'), nth, status }),
    say: fc.record({ ...is('say'), text: fc.constantFrom('hello', 'in a meeting', null) }),
    type: fc.record({ ...is('type'), nth: maybeNth, start: fc.boolean() }),
    start: fc.record({ ...is('type'), nth, start: fc.constant(true) }),
    stop: fc.record({ ...is('type'), nth: maybeNth, start: fc.constant(false) }),
    showOnline: fc.record({ ...is('showOnline'), to: audience }),
    showContacts: fc.record({ ...is('showOnline'), to: fc.constant<Audience>('CONTACTS') }),
    showLastSeen: fc.record({
      ...is('showLastSeen'),
      wire: call('graphql', 'rest'),
      to: fc.constantFrom<'EVERYONE' | 'NOBODY'>('NOBODY', 'EVERYONE'),
    }),
    showTyping: fc.record({ ...is('showTyping'), shown: fc.boolean() }),
    never: fc.record({ ...is('never'), other: maybeBody }),
    block: fc.record({ ...is('block'), other: anybody, blocked: fc.boolean() }),
    contact: fc.record({ ...is('contact'), other: anybody, has: fc.boolean() }),
    look: fc.record({ ...is('look'), wire }),
  } satisfies Readonly<Record<string, fc.Arbitrary<Step>>>;
}

const WEIGHTS = {
  open: 6,
  close: 6,
  beat: 3,
  lease: 2,
  leave: 2,
  choose: 4,
  chooseHere: 2,
  say: 1,
  type: 4,
  showOnline: 2,
  showLastSeen: 2,
  showTyping: 1,
  never: 1,
  block: 1,
  contact: 1,
  look: 2,
} as const;

const any = stepsOf(anybody);
const steps = fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
  ...Object.entries(WEIGHTS).map(([name, weight]) => ({ weight, arbitrary: any[name as keyof typeof WEIGHTS] })),
);

/** What one person does one after the other, and what seldom comes together by itself: most of it needs them there. */
const episodes: fc.Arbitrary<readonly Step[]> = anybody.chain((one) => {
  const me = stepsOf(fc.constant(one));
  return fc.oneof<fc.Arbitrary<readonly Step[]>[]>(
    fc.tuple(me.open, me.start, me.stop),
    fc.tuple(me.open, me.start, fc.oneof<fc.Arbitrary<Step>[]>(me.close, me.leave, me.showTyping, me.choose)),
    fc.tuple(me.open, me.beat, me.beat),
    fc.tuple(me.open, fc.oneof<fc.Arbitrary<Step>[]>(me.choose, me.say, me.never, me.block)),
    fc.tuple(me.open, me.showContacts, me.contact, me.showOnline),
    fc.tuple(me.open, me.close, me.showLastSeen),
    fc.tuple(me.open, me.leave),
  );
});

const ear = fc.constantFrom<Exclude<LiveWire, 'grpc'>>('graphql', 'socketio', 'ws');

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  eyes: fc.record({ ann: wire, ben: wire, cleo: wire }),
  ears: fc.record({ ann: ear, ben: ear, cleo: ear }),
  steps: fc
    .array(fc.oneof({ weight: 2, arbitrary: fc.tuple(steps) }, { weight: 1, arbitrary: episodes }), {
      minLength: 1,
      maxLength: 20,
      size: 'max',
    })
    .map((each) => each.flat()),
});
