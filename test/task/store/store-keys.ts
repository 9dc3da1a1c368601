// What store-worker.ts writes in each cycle, for its test.

export const STORE_WORKER_KEYS = 300;
export const LARGE_BYTES = 30_000;
export const largeKey = (cycle: number): string => `large-${cycle}`;
