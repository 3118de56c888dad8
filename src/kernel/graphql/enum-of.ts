/** A list of words as the object that a GraphQL enum is made from, so that the words are written once. */
export function enumOf<T extends string>(words: readonly T[]): { readonly [word in T]: word } {
  return Object.fromEntries(words.map((word) => [word, word])) as { readonly [word in T]: word };
}
