import { isDeepStrictEqual } from 'node:util';
import type { Stage } from '../support/people.js';
import { Cast } from './cast.js';
import { heardOver, toldOver } from './history.js';
import { Model, pairOf, type Somebody } from './model.js';
import { type LiveWire, PEOPLE, type Scenario, type Step, type Who } from './scenario.js';

/** A close is clean or never seen, and nothing else ends by itself: what is to be seen does not depend on the time. */
export const TIMELESS = {
  LEAVE_GRACE_MS: '0',
  OFFLINE_GRACE_MS: '600000',
  HEARTBEAT_SECONDS: '3600',
  IDLE_AFTER_MS: '3600000',
  TYPING_TTL_MS: '600000',
  TYPING_MIN_INTERVAL_MS: '600000',
  LAST_SEEN_FLUSH_MS: '600000',
} as const;

const PATIENCE_MS = 10_000;
const LOOK_MS = 3;
/** At the end: nothing more may come. */
const QUIET_MS = 60;

let played = 0;

/**
 * Plays the scenario twice at once, over its wires and over GraphQL alone. After each step everybody has to have been
 * told over GraphQL what the model says, over the other wires the same in their words, and no more.
 */
export async function play(stage: Stage, scenario: Scenario): Promise<void> {
  const key = String((played += 1));
  const mixed = await Cast.assemble(stage, `m${key}`, scenario, false);
  const alone = await Cast.assemble(stage, `g${key}`, scenario, true);
  const story = new Story(scenario, mixed, alone);
  try {
    for (const step of scenario.steps) await story.tell(step);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    await story.agree('the end');
  } finally {
    await Promise.all([mixed.disperse(), alone.disperse()]);
  }
}

class Story {
  private readonly model = new Model(PEOPLE);
  /** Open connections by who has them, oldest first, and their wires. */
  private readonly sockets: { readonly who: Who; readonly id: string; readonly wire: LiveWire }[] = [];
  private opened = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly mixed: Cast,
    private readonly alone: Cast,
  ) {}

  async tell(wanted: Step): Promise<void> {
    const step = this.possible(wanted);
    if (step === null) return;
    const socket = step.do === 'open' ? this.add(step) : 'nth' in step && step.nth !== null ? this.pick(step) : null;
    if (socket === undefined) return;
    await Promise.all([this.mixed.act(step, socket?.id ?? ''), this.alone.act(step, socket?.id ?? '')]);
    this.model.after((people) => apply(step, people[step.who], socket?.id ?? null));
    if (step.do === 'look') this.model.look(step.who);
    if (step.do === 'close' && socket) this.sockets.splice(this.sockets.indexOf(socket), 1);
    await this.agree(JSON.stringify(step));
  }

  async agree(after: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const wrong = this.difference() ?? (await this.differentClaims());
      if (wrong === null) return;
      if (performance.now() > deadline) throw new Error(`After ${after}: ${wrong}\n${JSON.stringify(this.scenario)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** The step as its wire can do it; null: it would change nothing, or the wire has no word for it. */
  private possible(step: Step): Step | null {
    const me = this.model.people[step.who];
    switch (step.do) {
      case 'open':
        return step.wire === 'grpc' ? { ...step, active: true } : step;
      case 'lease':
        if (step.wire === 'grpc') return { ...step, active: true };
        return step.wire === 'back end' ? { ...step, platform: 'UNKNOWN', phone: false } : step;
      case 'leave':
        return step.wire === 'graphql' ? step : { ...step, phone: false };
      case 'choose':
        return step.status === 'INVISIBLE' ? { ...step, wire: 'graphql' } : step;
      case 'showOnline':
        return step.to === me.online ? null : step;
      case 'showLastSeen':
        return step.to === me.lastSeen ? null : step;
      case 'showTyping':
        return step.shown === me.showsTyping ? null : step;
      case 'never':
        return step.other === me.never || step.other === step.who ? null : step;
      case 'block':
        return step.other === step.who || step.blocked === me.blocked.has(step.other) ? null : step;
      case 'contact':
        return step.other === step.who || step.has === me.contacts.has(step.other) ? null : step;
      case 'say':
        return step.text === me.message ? null : step;
      default:
        return step;
    }
  }

  private add({ who, wire }: Extract<Step, { do: 'open' }>): { who: Who; id: string; wire: LiveWire } {
    const socket = { who, wire, id: `socket-${(this.opened += 1)}` };
    this.sockets.push(socket);
    return socket;
  }

  /** One of those that can do it, if there is one. */
  private pick(step: Extract<Step, { nth: number | null }>): (typeof this.sockets)[number] | undefined {
    const able = this.sockets.filter(({ who, wire }) => {
      if (who !== step.who) return false;
      if (step.do === 'close') return true;
      return step.do === 'chooseHere' ? wire === 'graphql' : wire !== 'grpc';
    });
    return able[(step.nth ?? 0) % Math.max(1, able.length)];
  }

  private difference(): string | null {
    for (const viewer of PEOPLE) {
      for (const subject of PEOPLE) {
        if (viewer === subject) continue;
        const wrong = this.wronglySeen(viewer, subject) ?? this.wronglyHeard(viewer, subject);
        if (wrong !== null) return wrong;
      }
    }
    return null;
  }

  private wronglySeen(viewer: Who, subject: Who): string | null {
    const due = this.model.seen.get(pairOf(viewer, subject)) ?? [];
    for (const [name, cast] of [['over GraphQL alone', this.alone] as const, ['mixed', this.mixed] as const]) {
      const looks = cast.seen(viewer, subject);
      for (const [i, faces] of due.entries()) {
        const look = looks[i];
        if (!look) return `${viewer} did not look ${i + 1} times`;
        const [wanted, told] = [toldOver(look.wire, faces), heardOver(look.wire, look.views)];
        if (isDeepStrictEqual(told, wanted)) continue;
        const [was, is] = [told, wanted].map(
          (one) => one.map((each) => JSON.stringify(each)).join('\n  ') || 'nothing',
        );
        return `${name}, ${viewer} over ${look.wire} was told of ${subject}\n  ${was}\nand not\n  ${is}`;
      }
    }
    return null;
  }

  private wronglyHeard(viewer: Who, typist: Who): string | null {
    const due = this.model.heard.get(pairOf(viewer, typist)) ?? [];
    for (const [name, cast] of [['over GraphQL alone', this.alone] as const, ['mixed', this.mixed] as const]) {
      const heard = cast.heard(viewer, typist);
      if (heard === null || isDeepStrictEqual(heard, due)) continue;
      const over = cast === this.mixed ? this.scenario.ears[viewer] : 'graphql';
      return `${name}, ${viewer} over ${over} heard ${typist} type ${JSON.stringify(heard)}, not ${JSON.stringify(due)}`;
    }
    return null;
  }

  private async differentClaims(): Promise<string | null> {
    for (const who of PEOPLE) {
      const due = this.model.people[who].claims
        .map(({ platform, active }) => `${platform} ${active ? 'active' : 'idle'}`)
        .sort();
      const [mixed, alone] = await Promise.all([this.mixed.claims(who), this.alone.claims(who)]);
      if (isDeepStrictEqual(mixed, due) && isDeepStrictEqual(alone, due)) continue;
      return `${who} has ${JSON.stringify(mixed)}, over GraphQL alone ${JSON.stringify(alone)}, not ${JSON.stringify(due)}`;
    }
    return null;
  }
}

function apply(step: Step, me: Somebody, socket: string | null): void {
  switch (step.do) {
    case 'open':
      return me.open(socket ?? '', step);
    case 'close':
      return me.close(socket ?? '', step.clean);
    case 'beat':
      return me.beat(socket ?? '', step.active);
    case 'lease':
      return me.lease(step);
    case 'leave':
      return me.leave(step.phone);
    case 'choose':
      return me.choose(step.status);
    case 'chooseHere':
      me.choose(step.status);
      return me.act(socket ?? '');
    case 'say':
      me.message = step.text;
      return;
    case 'type':
      return me.type(socket, step.start);
    case 'showOnline':
      me.online = step.to;
      return;
    case 'showLastSeen':
      me.lastSeen = step.to;
      return;
    case 'showTyping':
      me.showsTyping = step.shown;
      return;
    case 'never':
      me.never = step.other;
      return;
    case 'block':
      if (step.blocked) me.blocked.add(step.other);
      else me.blocked.delete(step.other);
      return;
    case 'contact':
      if (step.has) me.contacts.add(step.other);
      else me.contacts.delete(step.other);
      return;
    case 'look':
      return;
  }
}
