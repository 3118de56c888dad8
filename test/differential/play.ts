import { isDeepStrictEqual } from 'node:util';
import type { Stage } from '../support/people.js';
import { Cast } from './cast.js';
import { Director } from './director.js';
import { heardOver, toldOver } from './history.js';
import { pairOf } from './model.js';
import { PEOPLE, type Scenario, type Step, type Who } from './scenario.js';

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

/** Until somebody has been told. When a scenario has failed it is made smaller in many tries, which are not given as long. */
const PATIENCE_MS = { first: 10_000, later: 1500 };
const LOOK_MS = 3;
/** At the end: nothing more may come. */
const QUIET_MS = 60;

let played = 0;
let failed = false;

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
  private readonly director = new Director();
  private readonly model = this.director.model;

  constructor(
    private readonly scenario: Scenario,
    private readonly mixed: Cast,
    private readonly alone: Cast,
  ) {}

  async tell(wanted: Step): Promise<void> {
    const scene = this.director.next(wanted);
    if (scene === null) return;
    const { step, socket } = scene;
    await Promise.all([this.mixed.act(step, socket), this.alone.act(step, socket)]);
    this.director.played(scene);
    await this.agree(JSON.stringify(step));
  }

  async agree(after: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS[failed ? 'later' : 'first'];
    for (;;) {
      const wrong = this.difference() ?? (await this.differentClaims());
      if (wrong === null) return;
      if (performance.now() > deadline) {
        failed = true;
        throw new Error(`After ${after}: ${wrong}\n${JSON.stringify(this.scenario)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
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
