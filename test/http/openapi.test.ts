// The document says what the routes take, for it is made of what checks them.

import { expect, it } from "vitest";
import { z } from "zod";
import { withOpenApi } from "../../src/http/openapi.ts";
import { createHttp } from "../../src/http/server.ts";

it("GET /openapi.json tells a route with its body, and that it takes a token", async () => {
  const app = createHttp({ host: "127.0.0.1", port: 0, tokens: null, tls: null, onTrouble: () => undefined });
  await withOpenApi(app, { title: "A door", description: "for a test" });
  app.post(
    "/v1/things",
    { config: { scope: "read" }, schema: { body: z.strictObject({ size: z.number().max(3) }) } },
    () => ({}),
  );
  const answer = await app.inject({ url: "/openapi.json", headers: { host: "localhost" } });
  expect(answer.json()).toMatchObject({
    openapi: "3.1.0",
    info: { title: "A door" },
    paths: {
      "/v1/things": {
        post: {
          security: [{ token: [] }, {}],
          requestBody: {
            content: {
              "application/json": {
                schema: { required: ["size"], properties: { size: { type: "number", maximum: 3 } } },
              },
            },
          },
        },
      },
    },
  });
  await app.close();
});
