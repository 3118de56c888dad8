import { Changes } from '../../src/kernel/changes/changes.service.js';
import type { Change } from '../../src/kernel/changes/changes.types.js';
import type { Calls, Device, Driver, TypingView, View } from '../drivers/driver.js';
import { graphql } from '../drivers/graphql.driver.js';
import { grpc } from '../drivers/grpc.driver.js';
import type { Recording } from '../drivers/recording.js';
import { rest } from '../drivers/rest.driver.js';
import { socketio } from '../drivers/socketio.driver.js';
import { plain } from '../drivers/ws.driver.js';
import type { TestApp } from '../support/app.js';
import type { Stage } from '../support/people.js';
import { type CallWire, type LiveWire, PEOPLE, type Scenario, type Step, type Who } from './scenario.js';

const DRIVERS: { readonly [wire in LiveWire]: Driver } = { graphql, grpc, socketio, ws: plain };
const HEARD_MS = 10_000;

/** Somebody whose typing shows that a listener listens. */
const PROBE = 'probe';

interface Watched {
  readonly wire: LiveWire;
  readonly device: Device;
  readonly views: Recording<View>;
}

/** The people of one scenario, with ids of their own, over the wires it names or over GraphQL alone. */
export class Cast {
  private readonly devices = new Map<string, Device>();
  /** By viewer, one for each time they began to look. */
  private readonly eyes = new Map<Who, Watched[]>();
  private readonly ears = new Map<Who, Recording<TypingView>>();
  private readonly open: Device[] = [];
  private readonly changed: Change[][] = [];
  private readonly stops: (() => void)[] = [];
  private readonly room: string;

  private constructor(
    private readonly stage: Stage,
    private readonly key: string,
    private readonly everybodyOnGraphql: boolean,
  ) {
    this.room = `room-${key}`;
    for (const place of stage.places) {
      const heard: Change[] = [];
      this.changed.push(heard);
      this.stops.push(place.nest.get(Changes).on((change) => heard.push(change)));
    }
  }

  static async assemble(stage: Stage, key: string, scenario: Scenario, everybodyOnGraphql: boolean): Promise<Cast> {
    const cast = new Cast(stage, key, everybodyOnGraphql);
    const people = [...PEOPLE, PROBE].map((who) => cast.id(who));
    for (const id of people) {
      await stage.directory.putUser({ id, username: id, displayName: id, avatarUrl: null });
      await stage.directory.putMember(cast.room, id);
    }
    for (const id of people) for (const other of people) if (id !== other) await stage.directory.putContact(id, other);
    await Promise.all(PEOPLE.map((who) => cast.look(who, scenario.eyes[who])));
    if (scenario.steps.some((step) => step.do === 'type'))
      await Promise.all(PEOPLE.map((who) => cast.listen(who, scenario.ears[who])));
    return cast;
  }

  id(who: string): string {
    return `${who}-${this.key}`;
  }

  /** Does what the step says. `nth` names the connection that it is about. Resolves when the server has taken it. */
  async act(step: Step, socket: string): Promise<void> {
    const { who } = step;
    switch (step.do) {
      case 'open': {
        const { active, platform, phone } = step;
        const opening = { active, platform, ...(phone && { deviceId: 'phone' }) };
        this.devices.set(socket, await this.connect(who, this.wire(step.wire), opening));
        return;
      }
      case 'close': {
        const device = this.devices.get(socket);
        if (step.clean) await device?.leave();
        else device?.vanish();
        return;
      }
      case 'beat':
        await this.devices.get(socket)?.heartbeat({ active: step.active });
        return;
      case 'lease':
        return this.lease(step);
      case 'leave':
        if (step.wire === 'back end' && !this.everybodyOnGraphql) return this.override(who, 'OFFLINE');
        await this.calls(who, step.wire).goOffline(step.phone ? 'phone' : undefined);
        return;
      case 'choose':
        await this.calls(who, step.wire).choose({ status: step.status });
        return this.told((change) => change.kind === 'custom' && change.userId === this.id(who));
      case 'chooseHere':
        await this.devices.get(socket)?.choose({ status: step.status });
        return this.told((change) => change.kind === 'custom' && change.userId === this.id(who));
      case 'say': {
        const { text } = step;
        await this.calls(who, 'graphql').choose(text === null ? { clearMessage: true } : { message: { text } });
        return this.told((change) => change.kind === 'custom' && change.userId === this.id(who));
      }
      case 'type': {
        const calls = step.nth === null ? this.calls(who, 'graphql') : this.devices.get(socket);
        await (step.start ? calls?.startTyping(this.room) : calls?.stopTyping(this.room));
        return;
      }
      case 'showOnline':
        return this.hide(who, 'graphql', { online: step.to });
      case 'showLastSeen':
        return this.hide(who, step.wire, { lastSeen: step.to });
      case 'showTyping':
        return this.hide(who, 'graphql', { typing: step.shown });
      case 'never':
        return this.hide(who, 'graphql', { neverUserIds: step.other === null ? [] : [this.id(step.other)] });
      case 'block': {
        const calls = this.calls(who, 'graphql');
        await (step.blocked ? calls.block(this.id(step.other)) : calls.unblock(this.id(step.other)));
        return this.told((change) => change.kind === 'block' && change.userId === this.id(who));
      }
      case 'contact': {
        const { directory } = this.stage;
        if (step.has) await directory.putContact(this.id(who), this.id(step.other));
        else await directory.deleteContact(this.id(who), this.id(step.other));
        return this.told((change) => change.kind === 'contact' && change.userId === this.id(who));
      }
      case 'look':
        return this.look(who, step.wire);
    }
  }

  /** What the viewer was told of the subject, each time that they looked. */
  seen(viewer: Who, subject: Who): { readonly wire: LiveWire; readonly views: readonly View[] }[] {
    const id = this.id(subject);
    return (this.eyes.get(viewer) ?? []).map(({ wire, views }) => ({
      wire,
      views: views.views.filter(({ userId }) => userId === id),
    }));
  }

  heard(viewer: Who, typist: Who): boolean[] | null {
    const ears = this.ears.get(viewer);
    const id = this.id(typist);
    return ears?.views.filter(({ userId }) => userId === id).map(({ isTyping }) => isTyping) ?? null;
  }

  /** The connections that somebody has, as they are told themselves. */
  async claims(who: Who): Promise<string[]> {
    const { connections } = await this.calls(who, 'graphql').me();
    return connections.map(({ platform, active }) => `${platform} ${active ? 'active' : 'idle'}`).sort();
  }

  async disperse(): Promise<void> {
    for (const stop of this.stops) stop();
    await Promise.all(this.open.map((device) => device.leave()));
  }

  private wire(wire: LiveWire): LiveWire {
    return this.everybodyOnGraphql ? 'graphql' : wire;
  }

  private calls(who: string, wire: CallWire): Calls {
    const driver = this.everybodyOnGraphql || wire === 'back end' ? graphql : { graphql, grpc, rest }[wire];
    return driver.calls(this.home(who), this.id(who));
  }

  /** People live on the instances in turn. */
  private home(who: string): TestApp {
    return this.stage.place(PEOPLE.indexOf(who as Who) + 1);
  }

  private async connect(who: string, wire: LiveWire, opening: Parameters<Driver['connect']>[2]): Promise<Device> {
    // Every other connection goes to the other instance.
    const place = this.stage.place(PEOPLE.indexOf(who as Who) + this.open.length);
    const device = await DRIVERS[wire].connect(place, this.id(who), opening);
    this.open.push(device);
    return device;
  }

  private async look(who: Who, wanted: LiveWire): Promise<void> {
    const wire = this.wire(wanted);
    const before = this.eyes.get(who) ?? [];
    before.at(-1)?.views.close();
    await before.at(-1)?.device.leave();
    const device = await this.connect(who, wire, { presence: false });
    const others = PEOPLE.filter((other) => other !== who).map((other) => this.id(other));
    // The older sockets tell of everybody around without being asked.
    const named = wire === 'graphql' || wire === 'grpc';
    const views = device.watch(named ? { userIds: others, snapshot: true } : {});
    this.eyes.set(who, [...before, { wire, device, views }]);
    if (named) while (views.all.length < others.length) await views.next(HEARD_MS);
  }

  private async listen(who: Who, wanted: LiveWire): Promise<void> {
    const device = await this.connect(who, this.wire(wanted), { presence: false });
    const heard = device.watchTyping(null);
    this.ears.set(who, heard);
    const probe = this.calls(PROBE, 'graphql');
    for (const deadline = performance.now() + HEARD_MS; heard.all.length === 0;) {
      if (performance.now() > deadline) throw new Error(`${this.id(who)} does not hear anybody type`);
      await probe.startTyping(this.room);
      await heard.next(100).catch(() => {});
      await probe.stopTyping(this.room);
    }
  }

  private async lease({ who, wire, active, platform, phone }: Extract<Step, { do: 'lease' }>): Promise<void> {
    if (wire === 'back end' && !this.everybodyOnGraphql) return this.override(who, active ? 'ONLINE' : 'IDLE');
    await this.calls(who, wire).heartbeat({ active, platform, ...(phone && { deviceId: 'phone' }) });
  }

  private override(who: Who, status: 'ONLINE' | 'IDLE' | 'OFFLINE'): Promise<void> {
    const headers = { 'x-secret-token': this.home(who).config.serviceToken ?? '', 'x-user-id': this.id(who) };
    return this.put(who, '/api/user/realtime', headers, { status });
  }

  private async hide(who: Who, wire: CallWire, input: Readonly<Record<string, unknown>>): Promise<void> {
    if (wire === 'rest' && !this.everybodyOnGraphql) {
      const headers = { authorization: `Bearer ${this.home(who).token(this.id(who))}` };
      await this.put(who, '/api/v1/users/me/privacy', headers, { show_last_seen: input['lastSeen'] === 'EVERYONE' });
    } else await this.calls(who, 'graphql').setPrivacy(input);
    await this.told((change) => change.kind === 'privacy' && change.userId === this.id(who));
  }

  private async put(who: Who, path: string, headers: Readonly<Record<string, string>>, body: object): Promise<void> {
    const answer = await fetch(`${this.home(who).url}${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status}`);
  }

  /** Until every instance has heard of the change, and forgets those that were heard. */
  private async told(of: (change: Change) => boolean): Promise<void> {
    for (const heard of this.changed) {
      const deadline = performance.now() + HEARD_MS;
      while (!heard.some(of)) {
        if (performance.now() > deadline) throw new Error('An instance has not heard of a change');
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      heard.length = 0;
    }
  }
}
