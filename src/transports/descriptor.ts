import { writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** The system's number of a connection, as long as that is open; NONE: only its stream may be written to. */
export type Descriptor = number;
export const NONE: Descriptor = -1;

/** Of plain TCP: where something between us and the system changes the bytes, they have to go through it. */
export function descriptorOf(socket: Socket): Descriptor {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: unknown } | null };
  const isPlain = Object.getPrototypeOf(socket) === Socket.prototype;
  return isPlain && typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : NONE;
}

/**
 * How many of the bytes the system takes at once: none where its buffer for the peer is full, as Node lets no connection
 * block, and none where something is wrong, which the stream then finds out and tells.
 */
export function writeNow(descriptor: Descriptor, bytes: Buffer): number {
  try {
    return writeSync(descriptor, bytes);
  } catch {
    return 0;
  }
}
