import { Injectable, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { GqlParamtype } from '@nestjs/graphql/dist/enums/gql-paramtype.enum.js';
import {
  PARAM_ARGS_METADATA,
  RESOLVER_NAME_METADATA,
  RESOLVER_TYPE_METADATA,
  SUBSCRIPTION_OPTIONS_METADATA,
  SUBSCRIPTION_TYPE,
} from '@nestjs/graphql/dist/graphql.constants.js';
import type { GraphQLField, GraphQLFieldResolver } from 'graphql';
import type { GraphqlContext } from './apollo.options.js';

type Resolve = GraphQLFieldResolver<unknown, unknown>;
type Method = (...values: readonly unknown[]) => unknown;
type Parameter = (host: ExecutionContextHost) => unknown;

/** What stands on a resolver and its methods that Nest has nothing more to do for. */
const ORDINARY: ReadonlySet<unknown> = new Set([
  RESOLVER_TYPE_METADATA,
  RESOLVER_NAME_METADATA,
  SUBSCRIPTION_OPTIONS_METADATA,
  '__entryProvider__',
  'design:type',
  'design:paramtypes',
  'design:returntype',
]);

/**
 * The way from a field of Query, Mutation or Subscription to the method of a resolver. Nest's own asks for guards, pipes,
 * interceptors and filters with every call, and makes a dozen promises of it. The one guard that stands before
 * everything lets a proven caller through: those are taken to the method directly. Whoever has yet to be proven, and
 * what has more to it than that guard, is left to Nest.
 */
@Injectable()
export class Ways {
  constructor(private readonly modules: ModulesContainer) {}

  /**
   * As `field.resolve`, or `field.subscribe` of a subscription, with the same outcome, but that a failure may be thrown
   * at once.
   */
  to(parent: string, field: GraphQLField<unknown, unknown>): Resolve | undefined {
    const resolve = parent === SUBSCRIPTION_TYPE ? field.subscribe : field.resolve;
    const found = resolve && this.methodBehind(parent, field.name);
    if (!resolve || !found) return resolve;
    const { resolver, method } = found;
    const type = resolver.constructor as Type<unknown>;
    const parameters = parametersOf(type, method);
    if (!parameters) return resolve;
    return (root, args, context, info) => {
      if (!(context as GraphqlContext).caller) return resolve(root, args, context, info);
      const host = new ExecutionContextHost([root, args, context, info], type, method);
      host.setType('graphql');
      return method.apply(
        resolver,
        parameters.map((parameter) => parameter(host)),
      );
    };
  }

  private methodBehind(parent: string, name: string): { readonly resolver: object; readonly method: Method } | null {
    for (const resolver of this.resolvers()) {
      const prototype = Object.getPrototypeOf(resolver) as Record<string, Method>;
      const method = Object.getOwnPropertyDescriptor(prototype, name)?.value as Method | undefined;
      if (method && isOrdinary(method) && isFor(parent, name, method)) return { resolver, method };
    }
    return null;
  }

  private *resolvers(): Iterable<object> {
    for (const { providers } of this.modules.values()) {
      for (const { instance } of providers.values()) {
        const type: unknown = instance?.constructor;
        if (typeof type === 'function' && Reflect.hasMetadata(RESOLVER_TYPE_METADATA, type) && isOrdinary(type))
          yield instance as object;
      }
    }
  }
}

const isOrdinary = (decorated: object) =>
  Reflect.getMetadataKeys(decorated).every((key) => ORDINARY.has(key)) && !isFiltered(decorated);

/** Nest puts a filter around what a subscription answers. */
function isFiltered(decorated: object): boolean {
  const options: unknown = Reflect.getMetadata(SUBSCRIPTION_OPTIONS_METADATA, decorated);
  return typeof options === 'object' && options !== null && 'filter' in options;
}

function isFor(parent: string, name: string, method: Method): boolean {
  const given = (Reflect.getMetadata(RESOLVER_NAME_METADATA, method) as string | undefined) ?? name;
  return given === name && Reflect.getMetadata(RESOLVER_TYPE_METADATA, method) === parent;
}

interface Decorated {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes: readonly unknown[];
  /** Of a decorator of our own. */
  readonly factory?: (data: unknown, host: ExecutionContextHost) => unknown;
}

/** Null: one of them is no argument and none of ours, or has a pipe. */
function parametersOf(type: object, { name, length }: Method): readonly Parameter[] | null {
  const decorated = Reflect.getMetadata(PARAM_ARGS_METADATA, type, name) as Record<string, Decorated> | undefined;
  const parameters = new Array<Parameter>(length).fill(() => undefined);
  for (const [key, { index, data, pipes, factory }] of Object.entries(decorated ?? {})) {
    if (pipes.length > 0) return null;
    if (factory) parameters[index] = (host) => factory(data, host);
    else if (!key.startsWith(`${GqlParamtype.ARGS}:`)) return null;
    else if (typeof data !== 'string') parameters[index] = (host) => host.getArgByIndex(1);
    else parameters[index] = (host) => host.getArgByIndex<Record<string, unknown>>(1)[data];
  }
  return parameters;
}
