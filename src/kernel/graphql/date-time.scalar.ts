import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'ISO 8601 timestamp in UTC with milliseconds, e.g. 2026-01-29T10:30:00.000Z.',
  serialize(value) {
    if (value instanceof Date) return isoOf(value);
    throw new TypeError('DateTime is made from a Date only');
  },
  parseValue: parse,
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : null),
});

const DAY_MS = 86_400_000;
const twoDigits = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));
const threeDigits = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));
let day = NaN;
let dayText = '';

/** As `toISOString`, in a fraction of its time: nearly all times that are told are of the same day. */
export function isoOf(date: Date): string {
  const ms = date.getTime();
  const ofDay = Math.floor(ms / DAY_MS);
  if (ofDay !== day) {
    dayText = date.toISOString().slice(0, -'HH:mm:ss.sssZ'.length);
    day = ofDay;
  }
  const inDay = ms - ofDay * DAY_MS;
  const seconds = Math.floor(inDay / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const time = `${twoDigits[hours]}:${twoDigits[minutes % 60]}:${twoDigits[seconds % 60]}`;
  return `${dayText}${time}.${threeDigits[inDay % 1000]}Z`;
}

function parse(value: unknown): Date {
  const date = typeof value === 'string' && FORM.test(value) ? new Date(value) : null;
  if (!date || Number.isNaN(date.getTime()))
    throw new GraphQLError('DateTime is an ISO 8601 time in UTC with milliseconds');
  return date;
}
