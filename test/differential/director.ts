import { Model, type Somebody } from './model.js';
import { type LiveWire, PEOPLE, type Step, type Who } from './scenario.js';

interface Socket {
  readonly who: Who;
  readonly id: string;
  readonly wire: LiveWire;
}

/** A step as it is played. */
export interface Scene {
  readonly step: Step;
  /** The connection that it is about, or none. */
  readonly socket: string;
  /** Over which it is played, where the step does not say. */
  readonly over: LiveWire | null;
}

/** Makes something that can be played of each step, as things are by then, and keeps what it has to lead to. */
export class Director {
  readonly model = new Model(PEOPLE);
  /** Open ones, oldest first. */
  private readonly sockets = new Map<string, Socket>();
  private opened = 0;

  /** Null: it would change nothing, or there is no connection for it. */
  next(wanted: Step): Scene | null {
    const possible = this.possible(wanted);
    if (possible === null) return null;
    const socket = this.socketOf(possible);
    if (socket === undefined) return null;
    const step = { ...possible, who: socket?.who ?? possible.who };
    return { step, socket: socket?.id ?? '', over: socket?.wire ?? null };
  }

  played({ step, socket }: Scene): void {
    this.model.after((people) => apply(step, people[step.who], socket === '' ? null : socket));
    if (step.do === 'look') this.model.look(step.who);
    if (step.do === 'close') this.sockets.delete(socket);
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

  /** Null: the step is about none. Undefined: there is none that could do it. */
  private socketOf(step: Step): Socket | null | undefined {
    if (step.do === 'open') return this.add(step);
    return 'nth' in step && step.nth !== null ? this.pick(step, step.nth) : null;
  }

  private add({ who, wire }: Extract<Step, { do: 'open' }>): Socket {
    const socket = { who, wire, id: `socket-${(this.opened += 1)}` };
    this.sockets.set(socket.id, socket);
    return socket;
  }

  /** One of those that can do it, if there is one: theirs before somebody else's. */
  private pick(step: Step, nth: number): Socket | undefined {
    const able = [...this.sockets.values()].filter(({ wire }) => {
      if (step.do === 'close') return true;
      return step.do === 'chooseHere' ? wire === 'graphql' : wire !== 'grpc';
    });
    const own = able.filter(({ who }) => who === step.who);
    const those = own.length > 0 ? own : able;
    return those[nth % Math.max(1, those.length)];
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
