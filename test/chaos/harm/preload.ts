// Loaded before `stipend run` (node --import) in the allocators of a chaos run: puts chaos's own log and local store, which
// wrap the real ones, in their place. The product's files are not changed and know nothing of it.

import { registerHooks } from "node:module";

const INSTEAD: Readonly<Record<string, string>> = {
  "log/kafka/log.ts": new URL("harmed-log.ts", import.meta.url).href,
  "task/store/lmdb-stores.ts": new URL("harmed-store.ts", import.meta.url).href,
};

registerHooks({
  resolve(specifier, context, next) {
    const instead = Object.entries(INSTEAD).find(([file]) => specifier.endsWith(file));
    if (instead === undefined || context.parentURL?.includes("/test/chaos/") === true) return next(specifier, context);
    return next(instead[1], context);
  },
});
