// What every peer is given by its environment.
import { createSecretKey } from 'node:crypto';

export const PORT = Number(process.env.PORT);
export const REDIS_PORT = Number(process.env.REDIS_PORT);
/** A key object: from a text, jsonwebtoken tries to make a public key with every token it verifies. */
export const KEY = createSecretKey(Buffer.from(process.env.JWT_SECRET));
export const LEASE_SECONDS = 45;
/** How many handshakes may wait to be accepted. */
export const BACKLOG = 4096;

process.on('SIGTERM', () => process.exit(0));
