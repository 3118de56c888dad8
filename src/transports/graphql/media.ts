export const JSON_TYPE = 'application/json; charset=utf-8';
/** Answers are one person's: no cache may keep one. */
export const NEVER_KEPT = ['Cache-Control', 'no-store'] as const;
export const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

/**
 * Whether the client knows only `application/json`. GraphQL over HTTP then wants status 200 for a document that cannot
 * be executed, since such clients take any other status for a failure of the way, not of the request.
 */
export function legacy(accept: string | undefined): boolean {
  return !accept?.includes('application/graphql-response+json');
}
