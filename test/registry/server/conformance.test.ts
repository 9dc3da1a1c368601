// A log with a registry keeps all that the port promises.

import { beforeAll } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { httpRegistry, type Registry } from "../../../src/log/codec/registry/http-registry.ts";
import { openRegisteredLog } from "../../../src/log/codec/registry/registered-log.ts";
import type { EventLog } from "../../../src/log/event-log.ts";
import { createSimulatedCluster, type SimulatedLog } from "../../../src/log/simulated/cluster.ts";
import { conformance } from "../../log/conformance.ts";
import { theRegistry } from "../the-registry.ts";
import { createWorld, newPrefix, SPECS } from "./fixture.ts";

const PREFIX = newPrefix();
let url: string;
beforeAll(async () => {
  url = await theRegistry();
  await (await createWorld(url, PREFIX).open()).ensureTopics(SPECS);
}, 240_000);

const OPTIONS = { topicPrefix: PREFIX, onTrouble: () => undefined };
const ids = new Map<string, Promise<number | null>>();

/** The suite opens many logs, and all look the same subjects up. */
function askedOnce(): Registry {
  const registry = httpRegistry({ url });
  const idOf: Registry["idOf"] = async (subject, schema) => {
    const id = ids.get(subject) ?? registry.idOf(subject, schema);
    ids.set(subject, id);
    return await id;
  };
  return { ...registry, idOf };
}

conformance({
  name: "simulated, with a registry",
  async open() {
    const cluster = createSimulatedCluster({ now: () => Date.now() });
    const inside = new Map<EventLog, SimulatedLog>();
    return {
      async connect() {
        const raw = cluster.connect(`process-${inside.size}`);
        const outside = await openRegisteredLog({ ...OPTIONS, registry: askedOnce(), log: raw });
        inside.set(outside, raw);
        return outside;
      },
      kill: async (outside) => must(inside.get(outside), "log").crash(),
      loseSight: async (outside) => must(inside.get(outside), "log").expire(),
      maintain: async (nowMs) => cluster.maintain(nowMs),
      close: async () => undefined,
    };
  },
});
