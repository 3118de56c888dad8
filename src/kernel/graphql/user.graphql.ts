import { Field, ID, ObjectType } from '@nestjs/graphql';
import type { User } from '../directory/directory.types.js';

@ObjectType('User')
export class UserType implements User {
  @Field(() => ID)
  readonly id: string;

  @Field(() => String)
  readonly username: string;

  @Field(() => String)
  readonly displayName: string;

  @Field(() => String, { nullable: true })
  readonly avatarUrl: string | null;
}
