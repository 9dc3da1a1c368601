// Erasure: a user is to be forgotten. The list of them is what every later reading of users' rows leaves out by.

export interface Erasure {
  readonly userId: string;
  /** What was of the user until then is erased. */
  readonly atMs: number;
  /** Who asks for it and why; null: not said. */
  readonly actor: string | null;
  readonly reason: string | null;
}

/** Users by when they were erased. */
export class ErasedUsers {
  readonly #atMs = new Map<string, number>();

  add({ userId, atMs }: Pick<Erasure, "userId" | "atMs">): void {
    this.#atMs.set(userId, Math.max(atMs, this.#atMs.get(userId) ?? -Infinity));
  }

  /** Whether what is of the user at that time is erased. */
  has(userId: string, atMs: number): boolean {
    return atMs <= (this.#atMs.get(userId) ?? -Infinity);
  }
}
