// OpenAPI: the document of an app's routes, made of the zod schemas that check them.

import swagger from "@fastify/swagger";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import type { HttpApp } from "./server.ts";
import type { Scope } from "./tokens.ts";

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
    transform: (route) => withScope(jsonSchemaTransform(route), route.route.config?.scope),
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}

/** Where nobody is asked who they are, a token is not needed. */
function withScope(told: ReturnType<typeof jsonSchemaTransform>, scope: Scope | undefined) {
  const security = [{ token: [] }, {}];
  return scope === undefined ? told : { ...told, schema: { ...told.schema, security } };
}
