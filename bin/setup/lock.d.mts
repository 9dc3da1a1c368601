// For TypeScript, which does not read the plain scripts.

export declare function withLock<T>(
  folder: string,
  work: () => T | Promise<T>,
  waiting: (owner: number | null) => void,
): Promise<T>;
