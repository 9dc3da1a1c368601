// OpenAPI: the document of an app's routes, made of the zod schemas that check them.

import swagger from "@fastify/swagger";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import type { HttpApp } from "./server.ts";

/** Answers GET /openapi.json; to be called before the routes are added. */
export async function withOpenApi(
  app: HttpApp,
  info: { readonly title: string; readonly description: string },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { ...info, version: "1" },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    },
    transform: jsonSchemaTransform,
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}
