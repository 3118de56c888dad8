import { type Asked, askedOf, type Message, parsed, readMessage } from './messages.js';

/** How the reference client begins what it asks, on both sides of an id. */
const BEFORE_ID = '{"id":"';
const AFTER_ID = '","type":"subscribe","payload":';
/** In which nothing is escaped. */
const PLAIN_ID = /^[\w-]+$/;
const BEFORE_LIST = '["';
/** A list of ids of people as they nearly always are: nothing in it is escaped, and nothing stands between them. */
const LIST = /\["[\w.@-]+"(?:,"[\w.@-]+")*\]/y;
/** Stands for a list in the text around it; no JSON has it. */
const GAP = '\0';
const PAYLOAD_MAX = 2048;
/** Characters of payloads kept; with what is made of them a few times as many bytes. */
const KEPT_MAX = 512 * 1024;

interface Kept {
  readonly asked: Asked;
  /** The variable whose list is not kept; null: all of it is. */
  readonly list: string | null;
}

/**
 * Reads messages. Clients ask the same again and again under another id, or about other people: what was asked, but for
 * a list of ids in it, is read once.
 */
export class Reader {
  private kept = new Map<string, Kept>();
  private characters = 0;

  /** As `readMessage`. */
  read(text: string): Message | null {
    const end = text.startsWith(BEFORE_ID) ? text.indexOf('"', BEFORE_ID.length) : -1;
    if (end < 0 || !text.startsWith(AFTER_ID, end)) return readMessage(text);
    const id = text.slice(BEFORE_ID.length, end);
    if (!PLAIN_ID.test(id)) return readMessage(text);
    const payload = this.payload(text.slice(end + AFTER_ID.length));
    return payload ? { type: 'subscribe', id, payload } : readMessage(text);
  }

  /** `rest`: a payload and the end of the message. Null for all else. */
  private payload(rest: string): Asked | null {
    const begin = rest.indexOf(BEFORE_LIST);
    LIST.lastIndex = begin;
    if (begin >= 0 && LIST.test(rest)) return this.around(rest, begin, LIST.lastIndex);
    const known = this.kept.get(rest);
    if (known) return known.asked;
    const asked = payloadOf(rest);
    if (asked) this.keep(rest, { asked, list: null });
    return asked;
  }

  /** The list in it is put in the place of the one that came with the same words before. */
  private around(rest: string, begin: number, end: number): Asked | null {
    const words = rest.slice(0, begin) + GAP + rest.slice(end);
    const known = this.kept.get(words);
    if (!known?.list) return this.learn(words, rest, begin, end);
    const { query, operationName, variables } = known.asked;
    const ids = rest.slice(begin + 2, end - 2).split('","');
    return { query, operationName, variables: { ...variables, [known.list]: ids } };
  }

  private learn(words: string, rest: string, begin: number, end: number): Asked | null {
    const asked = payloadOf(rest);
    const without = asked && payloadOf(`${rest.slice(0, begin)}[]${rest.slice(end)}`);
    const list = asked && without && emptied(asked, without);
    if (list) this.keep(words, { asked: without, list });
    return asked;
  }

  private keep(key: string, kept: Kept): void {
    if (key.length > PAYLOAD_MAX) return;
    if (this.characters + key.length > KEPT_MAX) {
      this.kept = new Map();
      this.characters = 0;
    }
    this.kept.set(key, kept);
    this.characters += key.length;
  }
}

function payloadOf(rest: string): Asked | null {
  return rest.endsWith('}') ? askedOf(parsed(rest.slice(0, -1))) : null;
}

/** The variable whose list is empty without what was cut out of the text: that is the list which stood there. */
function emptied(asked: Asked, without: Asked): string | undefined {
  const size = (value: unknown) => (Array.isArray(value) ? value.length : null);
  return Object.keys(asked.variables ?? {}).find(
    (name) => size(asked.variables?.[name]) !== 0 && size(without.variables?.[name]) === 0,
  );
}
