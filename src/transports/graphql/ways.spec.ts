import { Controller, createParamDecorator, type ExecutionContext, ParseIntPipe, UseGuards } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { Args, Context, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import type { GraphQLField, GraphQLResolveInfo } from 'graphql';
import { describe, expect, it } from 'vitest';

import { CallerGuard } from '../../kernel/auth/caller.guard.js';
import { Ways } from './ways.js';

const Named = createParamDecorator((data: string, context: ExecutionContext) => {
  return `${data} ${context.getType()} ${context.getClass().name}.${context.getHandler().name}`;
});

@Resolver()
class Greetings {
  readonly greeting = 'hello';

  @Query(() => String)
  greet(@Named('by') by: string, @Args('name', { type: () => String }) name: string) {
    return `${this.greeting} ${name} ${by}`;
  }

  @Query(() => String)
  whole(@Args() all: object) {
    return all;
  }

  @Query(() => String)
  @UseGuards(CallerGuard)
  guarded() {
    return 'guarded';
  }

  @Query(() => String)
  piped(@Args('number', { type: () => Number }, ParseIntPipe) number: number) {
    return number;
  }

  @Query(() => String)
  aware(@Context() context: object) {
    return context;
  }

  @Mutation(() => String, { name: 'change' })
  renamed() {
    return 'renamed';
  }

  @Subscription(() => String, { resolve: (said: string) => said })
  follow(@Args('name', { type: () => String }) name: string) {
    return `following ${name}`;
  }

  @Subscription(() => String, { filter: () => true })
  sift() {
    return 'sifted';
  }

  undecorated() {
    return 'undecorated';
  }
}

@Resolver()
@UseGuards(CallerGuard)
class Guarded {
  @Query(() => String)
  inside() {
    return 'inside';
  }
}

@Controller()
class Elsewhere {
  @Query(() => String)
  outside() {
    return 'outside';
  }
}

const instances = [new Elsewhere(), new Greetings(), new Guarded(), null, 'a value'];
const providers = new Map(instances.map((instance, at) => [at, { instance }]));
const ways = new Ways(new Map([['module', { providers }]]) as unknown as ModulesContainer);

const nests = () => 'by Nest';
const KNOWN = { caller: { userId: 'alice', expiresAt: 0 } };

function ask(parent: string, name: string, args: object = {}, context: object = KNOWN): unknown {
  const behind = parent === 'Subscription' ? { subscribe: nests } : { resolve: nests };
  const field = { name, ...behind } as unknown as GraphQLField<unknown, unknown>;
  return ways.to(parent, field)?.(undefined, args, context, {} as GraphQLResolveInfo);
}

describe('the way to a resolver', () => {
  it('is a direct one where nothing stands in it but decorators of ours and arguments', () => {
    expect(ask('Query', 'greet', { name: 'Bob' })).toBe('hello Bob by graphql Greetings.greet');
    expect(ask('Query', 'whole', { a: 1 })).toEqual({ a: 1 });
    expect(ask('Subscription', 'follow', { name: 'Bob' })).toBe('following Bob');
  });

  it("is Nest's for whoever has yet to be proven", () => {
    expect(ask('Query', 'greet', { name: 'Bob' }, {})).toBe('by Nest');
  });

  it.each([
    ['a guard of its own', 'Query', 'guarded'],
    ['a pipe', 'Query', 'piped'],
    ['a filter', 'Subscription', 'sift'],
    ['something else than arguments', 'Query', 'aware'],
    ['another type', 'Mutation', 'greet'],
    ['another name', 'Mutation', 'renamed'],
    ['a name that is not its own', 'Mutation', 'change'],
    ['no decorator', 'Query', 'undecorated'],
    ['a guard before its class', 'Query', 'inside'],
    ['a class that is no resolver', 'Query', 'outside'],
    ['nothing behind it', 'Query', 'toString'],
  ])("is Nest's for a method with %s", (_what, parent, name) => {
    expect(ask(parent, name)).toBe('by Nest');
  });
});
