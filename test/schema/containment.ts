import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isScalarType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { inspect } from 'node:util';

type Described = { readonly description?: string | null | undefined };

/**
 * Everything of the contract that `printed` does not have: each type, field, argument, enum value, type with its
 * nullability, default and description. More may be there; an argument or input field that is more must be optional.
 */
export function missing(contractText: string, printed: GraphQLSchema): string[] {
  const contract = buildSchema(contractText);
  const ours = Object.values(contract.getTypeMap()).filter((type) => !type.name.startsWith('__'));
  return ours.flatMap((type) => {
    const other = printed.getType(type.name);
    if (!other) return [`${type.name}: no such type`];
    return [...description(type.name, type, other), ...members(type, other)];
  });
}

function members(type: GraphQLNamedType, other: GraphQLNamedType): string[] {
  if (isScalarType(type)) return isScalarType(other) ? [] : [`${type.name}: no scalar`];
  if (isEnumType(type)) {
    if (!isEnumType(other)) return [`${type.name}: no enum`];
    const words = (one: typeof type) => one.getValues().map((value) => value.name);
    return same(type.name, words(type).toSorted(), words(other).toSorted());
  }
  if (isInputObjectType(type)) {
    if (!isInputObjectType(other)) return [`${type.name}: no input`];
    return inputs(type.name, Object.values(type.getFields()), Object.values(other.getFields()));
  }
  if (isObjectType(type)) {
    if (!isObjectType(other)) return [`${type.name}: no object`];
    return Object.values(type.getFields()).flatMap((field) => fieldOf(type.name, field, other.getFields()[field.name]));
  }
  return [`${type.name}: a kind that the contract has none of`];
}

function fieldOf(
  owner: string,
  field: GraphQLField<unknown, unknown>,
  other?: GraphQLField<unknown, unknown>,
): string[] {
  const at = `${owner}.${field.name}`;
  if (!other) return [`${at}: no such field`];
  return [
    ...same(at, String(field.type), String(other.type)),
    ...description(at, field, other),
    ...inputs(at, field.args, other.args),
  ];
}

function inputs(
  at: string,
  contract: readonly (GraphQLArgument | GraphQLInputField)[],
  printed: readonly (GraphQLArgument | GraphQLInputField)[],
): string[] {
  const found = contract.flatMap((input) => {
    const other = printed.find((one) => one.name === input.name);
    const path = `${at}(${input.name})`;
    if (!other) return [`${path}: missing`];
    return [
      ...same(path, String(input.type), String(other.type)),
      ...same(`${path} default`, input.defaultValue, other.defaultValue),
      ...description(path, input, other),
    ];
  });
  const more = printed.filter((one) => !contract.some((input) => input.name === one.name));
  return [
    ...found,
    ...more.filter((one) => String(one.type).endsWith('!')).map((one) => `${at}(${one.name}): required`),
  ];
}

/** A description may be added where the contract has none. */
function description(at: string, contract: Described, printed: Described): string[] {
  return contract.description ? same(`${at} description`, contract.description, printed.description) : [];
}

function same(at: string, contract: unknown, printed: unknown): string[] {
  const [wanted, got] = [inspect(contract), inspect(printed)];
  return wanted === got ? [] : [`${at}: ${got} instead of ${wanted}`];
}
