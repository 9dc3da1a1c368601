// What store-worker.ts writes in each cycle, for its test.

export const STORE_WORKER_KEYS = 300;
