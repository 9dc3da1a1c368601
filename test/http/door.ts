// A door for tests: an app with a route for anybody, one for each scope and one with a body, on a free port of the loopback.

import { z } from "zod";
import { createHttp, listen, type HttpApp, type HttpSettings } from "../../src/http/server.ts";

export interface Door {
  readonly app: HttpApp;
  readonly address: string;
  readonly troubles: readonly string[];
  /** Resolves when GET /waits was asked for; that is answered once `answer` was called. */
  readonly asked: Promise<void>;
  readonly answer: () => void;
}

export async function openDoor(change: Partial<HttpSettings> = {}): Promise<Door> {
  const troubles: string[] = [];
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const settings: HttpSettings = {
    host: "127.0.0.1",
    port: 0,
    tokens: null,
    tls: null,
    onTrouble: (text) => troubles.push(text),
    ...change,
  };
  const app = createHttp(settings);
  app.get("/open", () => ({ ok: true }));
  for (const scope of ["decide", "read", "command"] as const)
    app.get(`/${scope}`, { config: { scope } }, (request) => ({ caller: request.caller?.name ?? null }));
  app.post(
    "/echo",
    { schema: { body: z.strictObject({ age: z.number(), deep: z.array(z.object({ a: z.string() })).optional() }) } },
    (request) => request.body,
  );
  app.get("/of/:id", (request) => request.params);
  app.get("/broken", () => {
    throw new Error("a detail that stays here");
  });
  app.get("/waits", async () => {
    asked.resolve();
    await answered.promise;
    return { ok: true };
  });
  return { asked: asked.promise, answer: answered.resolve, app, address: await listen(app, settings), troubles };
}
