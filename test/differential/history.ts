import type { View } from '../drivers/driver.js';
import type { Face } from './model.js';
import type { LiveWire } from './scenario.js';

/** One thing that a wire has told of somebody, in the words that it has. Times: whether there is one. */
export interface Told {
  readonly status: string;
  readonly platforms?: readonly string[];
  readonly message?: string | null;
  readonly timed: boolean;
}

/** What a wire tells somebody who sees these faces one after the other. */
export function toldOver(wire: LiveWire, faces: readonly Face[]): Told[] {
  switch (wire) {
    case 'graphql':
      return faces.map((face) => ({ ...face }));
    case 'grpc':
      return changes(faces.map(({ status, timed }) => ({ status, timed })));
    case 'ws': {
      const told = changes(faces.map(({ status, timed }) => ({ status, timed })));
      // Nobody is told at first of who is not there.
      return told[0]?.status === 'OFFLINE' ? told.slice(1) : told;
    }
    case 'socketio': {
      const told: Told[] = [];
      for (const { status, timed } of faces) {
        const online = status !== 'OFFLINE';
        const before = told.at(-1)?.status ?? 'OFFLINE';
        if (online !== (before !== 'OFFLINE')) told.push({ status: online ? 'ONLINE' : 'OFFLINE', timed });
      }
      return told;
    }
  }
}

/** What a client was told over the wire, in the same words. */
export function heardOver(wire: LiveWire, views: readonly View[]): Told[] {
  const told = views.map((view): Told => {
    const { status, platforms, message } = view;
    const timed = timeOf(wire, view) !== null;
    return wire === 'graphql' ? { status, platforms, message: message?.text ?? null, timed } : { status, timed };
  });
  // A moving time that a privacy setting shows or hides while somebody is online, and with gRPC a platform, is an event
  // that says nothing more in these words. The older sockets never say a thing twice.
  return wire === 'graphql' || wire === 'grpc' ? changes(told) : told;
}

function timeOf(wire: LiveWire, { status, lastSeen, since }: View): string | null {
  if (status !== 'OFFLINE') return wire === 'socketio' ? status : since;
  return wire === 'grpc' ? since : lastSeen;
}

function changes(told: readonly Told[]): Told[] {
  return told.filter((one, i) => JSON.stringify(one) !== JSON.stringify(told[i - 1]));
}
