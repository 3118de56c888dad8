import type { Config } from './config.js';

const LOCAL = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

/** Whether a browser's page of this origin may call and open sockets. No Origin header at all is for the caller. */
export function allowsOrigin(config: Pick<Config, 'allowedOrigins' | 'allowLocalOrigins'>, origin: string): boolean {
  const asked = origin.toLowerCase();
  return config.allowedOrigins.includes(asked) || (config.allowLocalOrigins && LOCAL.test(asked));
}
