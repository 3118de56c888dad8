import type { Config } from '../kernel/config/config.js';

/** What a person in front of a terminal needs to know first. In production one line is enough. */
export function welcome(config: Config, url: string): string {
  if (config.production) return `Lamplight ${config.instanceId} is ready at ${url}`;
  const lines = [
    '',
    `Lamplight is ready at ${url} (development mode)`,
    '',
    `  Demo       ${url}/demo`,
    `  GraphQL    ${url}/graphql`,
    ...(config.apiDocs ? [`  REST       ${url}/api/docs`] : []),
    ...(config.grpcPort > 0 ? [`  gRPC       port ${config.grpcPort}, plaintext`] : []),
    `  Health     ${url}/health/ready`,
    `  Presence   ${config.redisUrls.length > 0 ? 'in Redis' : 'in memory, this instance only'}`,
    `  Data       ${config.databaseUrl === null ? config.dataDir : 'in the Postgres of DATABASE_URL'}`,
    '',
    ...tokenLines(config, url),
  ];
  return lines.join('\n');
}

function tokenLines(config: Config, url: string): string[] {
  if (config.jwtSecret === null) return ['  Tokens come from your identity provider.', ''];
  const who = config.databaseUrl === null ? ' (or bob, or carol)' : ', once alice is in the directory';
  return [
    `  A token for alice${who}:`,
    `  curl -s ${url}/dev/token -H 'content-type: application/json' -d '{"userId":"alice"}'`,
    '',
  ];
}
