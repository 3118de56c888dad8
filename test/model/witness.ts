import type { PresenceView } from '../../src/presence/presence.types.js';
import {
  type Audited,
  type Bounds,
  type Choice,
  type Closing,
  type Durable,
  type Expiry,
  type Fault,
  type Kept,
  type Member,
  type Quiet,
  type Read,
  type Recorded,
  type Request,
  type Rule,
  type Shown,
  type Span,
  type Stay,
  type StoredSeen,
  type Told,
  type Typing,
} from '../checker/record.js';
import type { Life } from './life.js';

interface OpenStay {
  readonly user: string;
  readonly from: number;
  readonly sureFrom: number;
  until: number;
}

/** Writes down what happens in a run, for the checker. */
export class Witness {
  private readonly told: Told[] = [];
  private readonly reads: Read[] = [];
  private readonly stays: Stay[] = [];
  private readonly open = new Map<string, OpenStay>();
  private readonly rules: Rule[] = [];
  private readonly allowed = new Map<string, string>();
  private readonly faults: Fault[] = [];
  private readonly requests: Request[] = [];
  readonly choices: Choice[] = [];
  readonly durables: Durable[] = [];
  readonly storedSeen: StoredSeen[] = [];
  readonly forgotten: Span[] = [];
  readonly expiries: Expiry[] = [];
  readonly typings: Typing[] = [];
  readonly stops: Request[] = [];
  readonly closings: Closing[] = [];
  private readonly members = new Map<string, Member>();
  private readonly left: Member[] = [];
  private lastStream = 0;
  /** What each stream showed last, by stream and subject. */
  readonly views = new Map<string, Told>();

  constructor(
    private readonly life: Life,
    private readonly people: readonly string[],
    private readonly slackMs: number,
  ) {}

  newStream(): number {
    return (this.lastStream += 1);
  }

  tell(at: number, viewer: string, stream: number, view: PresenceView): void {
    const told = { ...shownOf(at, viewer, view), stream };
    this.told.push(told);
    this.views.set(`${stream} ${view.userId}`, told);
  }

  /** `servedSince`: when the instance that answered had begun. */
  read(asked: number, at: number, viewer: string, view: PresenceView, servedSince: number): void {
    this.reads.push({ ...shownOf(at, viewer, view), asked, servedSince });
  }

  fault(fault: Fault): void {
    this.faults.push(fault);
  }

  /** In the conversation from then on, or no more. */
  belongs(conversation: string, user: string, at: number, belongs: boolean): void {
    const member = this.members.get(user);
    if (belongs) this.members.set(user, member ?? { conversation, user, from: at, to: Infinity });
    else if (member && this.members.delete(user)) this.left.push({ ...member, to: at });
  }

  /** Whatever was asked between the two has happened: who counts now, and who may see whom. */
  async deed(what: string, user: string, now: () => Promise<number>, act: () => Promise<unknown>): Promise<void> {
    const asked = await now();
    await act();
    const answered = await now();
    this.requests.push({ user, what, asked, answered });
    for (const person of this.people) this.sample(person, asked, answered);
    for (const subject of this.people) for (const viewer of this.people) this.rule(subject, viewer, asked, answered);
  }

  recorded(seed: string, bounds: Bounds, rest: { kept: Kept[]; audits: Audited[]; quiet: Quiet }): Recorded {
    for (const person of this.people) this.sample(person, rest.quiet.at, rest.quiet.at);
    const running = [...this.open].map(([, stay]) => this.stayOf(stay, Infinity, Infinity));
    const { told, reads, rules, requests, choices, durables, storedSeen, expiries, typings, stops, closings } = this;
    const { faults, forgotten } = this;
    const mutual = this.life.mutual ? ({ mutual: true } as const) : {};
    return {
      seed,
      faults,
      bounds,
      facts: {
        told,
        reads,
        stays: [...this.stays, ...running],
        rules,
        requests,
        choices,
        durables,
        storedSeen,
        forgotten,
        expiries,
        typings,
        stops,
        closings,
        members: [...this.left, ...this.members.values()],
        ...mutual,
        ...rest,
      },
    };
  }

  private sample(user: string, asked: number, answered: number): void {
    const counting = new Map(this.life.claimsOf(user, answered).map(({ name, until }) => [name, until]));
    for (const [name, stay] of this.open) {
      if (stay.user !== user || counting.has(name)) continue;
      this.open.delete(name);
      this.stays.push(this.stayOf(stay, asked, answered));
    }
    for (const [name, until] of counting) {
      const stay = this.open.get(name);
      if (stay) stay.until = until;
      else this.open.set(name, { user, from: asked, sureFrom: answered, until });
    }
  }

  private stayOf({ user, from, sureFrom, until }: OpenStay, asked: number, answered: number): Stay {
    const sure = { from: sureFrom, to: Math.min(until - this.slackMs, asked) };
    const maybe = { from, to: Math.min(until + this.slackMs, answered) };
    return { user, maybe, sure: sure.to >= sure.from ? sure : null, active: null, instance: null };
  }

  private rule(subject: string, viewer: string, asked: number, acked: number): void {
    const may = this.life.allows(subject, viewer);
    const key = `${subject} ${viewer}`;
    const allows = { ...may, typing: may.online && this.life.choiceOf(subject) !== 'INVISIBLE' };
    const said = Object.values(allows).join();
    if (said === (this.allowed.get(key) ?? 'true,true,true')) return;
    this.allowed.set(key, said);
    this.rules.push({ subject, viewer, asked, acked, allows });
  }
}

function shownOf(at: number, viewer: string, view: PresenceView): Shown {
  const { userId: subject, status, lastSeen, platforms, message } = view;
  const face = `${status} ${platforms.join(' ')} ${message?.text ?? ''}`.trim();
  return { at, viewer, subject, status, face, lastSeen: lastSeen?.getTime() ?? null };
}
