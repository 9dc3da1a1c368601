// Assertions that stay on: an invariant that does not hold stops the task rather than going on with wrong money.

export class AssertionFailed extends Error {
  override name = "AssertionFailed";
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}

/** The value, or an AssertionFailed that says what should have been there. */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new AssertionFailed(`${what} is missing`);
  return value;
}

/**
 * The item at an index; an AssertionFailed where there is none. A default would make a plausible figure of a wrong index.
 * Where the bounds of a loop give the index, `list[at]!` is enough: a wrong one gives NaN, which no gate takes for a figure.
 */
export function itemAt<T>(list: ArrayLike<T>, index: number): T {
  const item = list[index];
  if (item === undefined) throw new AssertionFailed(`index ${index} of ${list.length}`);
  return item;
}

/** Closes an exhaustive switch: does not compile while a case is open. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable: ${JSON.stringify(value)}`);
}
