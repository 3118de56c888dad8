import { Injectable } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { executeSync, type DocumentNode, type ExecutionArgs, type GraphQLSchema } from 'graphql';
import { explainAll } from './explain.js';
import { selectionOf, type Selection } from './selection.js';
import type { Write } from './writer.js';

type Variables = Readonly<Record<string, unknown>>;

/** Live subscriptions that are answered alike: the same selection with the same values in it. */
export class Group {
  private readonly payloads = new WeakMap<object, Buffer>();
  /** Most members are given the view that the one before was given. */
  private lastView: object | null = null;
  private lastPayload: Buffer = Buffer.alloc(0);
  members = 0;

  constructor(
    readonly key: string,
    private readonly args: ExecutionArgs,
    private readonly write: Write | null,
  ) {}

  /** The payload of one `next` message for a view, made once however many members are given the same view. */
  payload(view: object): Buffer {
    if (view === this.lastView) return this.lastPayload;
    let payload = this.payloads.get(view);
    if (!payload) this.payloads.set(view, (payload = Buffer.from(this.textOf(view))));
    this.lastView = view;
    this.lastPayload = payload;
    return payload;
  }

  private textOf(view: object): string {
    if (!this.write) return this.execute(view);
    try {
      return this.write(view);
    } catch {
      // What is out of the ordinary about it, graphql-js can say.
      return this.execute(view);
    }
  }

  private execute(view: object): string {
    const { errors, ...result } = executeSync({ ...this.args, rootValue: view });
    return JSON.stringify(errors ? { ...result, errors: explainAll(errors, this.args.operationName, {}) } : result);
  }
}

/** Who is answered alike. Kept only while somebody is in it, so there are never more groups than subscriptions. */
@Injectable()
export class Groups {
  private readonly groups = new Map<string, Group>();
  private readonly selections = new WeakMap<DocumentNode, Map<string, Selection>>();
  private readonly numbers = new WeakMap<DocumentNode, number>();
  private documents = 0;

  constructor(private readonly host: GraphQLSchemaHost) {}

  get size(): number {
    return this.groups.size;
  }

  /** The group of a subscription; given back with `leave`. The same text has to come as the same document. */
  join({ document, operationName, variableValues }: ExecutionArgs): Group {
    const { schema } = this.host;
    const selection = this.selectionOf(schema, document, operationName ?? '');
    const given = selection.variables.map((name) => [name, variableValues?.[name]] as const);
    const key = JSON.stringify([this.numberOf(document), operationName ?? '', given]);
    let group = this.groups.get(key);
    if (!group) {
      const values: Variables = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      group = new Group(key, { schema, document: selection.document, variableValues: values }, selection.write);
      this.groups.set(key, group);
    }
    group.members += 1;
    return group;
  }

  leave(group: Group): void {
    group.members -= 1;
    if (group.members === 0) this.groups.delete(group.key);
  }

  private selectionOf(schema: GraphQLSchema, document: DocumentNode, operationName: string): Selection {
    let ofDocument = this.selections.get(document);
    if (!ofDocument) this.selections.set(document, (ofDocument = new Map<string, Selection>()));
    const known = ofDocument.get(operationName);
    if (known) return known;
    const selection = selectionOf(schema, document, operationName || null);
    if (!selection) throw new Error('A subscription without an operation cannot be joined');
    ofDocument.set(operationName, selection);
    return selection;
  }

  private numberOf(document: DocumentNode): number {
    const known = this.numbers.get(document);
    if (known !== undefined) return known;
    this.documents += 1;
    this.numbers.set(document, this.documents);
    return this.documents;
  }
}
