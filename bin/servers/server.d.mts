// For TypeScript, which does not read the plain scripts.

export declare function freePorts(wanted: readonly number[]): Promise<number[]>;
