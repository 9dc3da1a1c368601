// Methods: which an app's routes have for a path, so that a wrong one is told from a path that there is not.

import { METHODS } from "node:http";

export class KnownMethods {
  readonly #routes: { readonly path: RegExp; readonly methods: readonly string[] }[] = [];

  /** A route's pattern, and its method or methods. */
  add(url: string, methods: string | readonly string[]): void {
    this.#routes.push({ path: pathOf(url), methods: [methods].flat() });
  }

  /** Of a request's path; none where no route has it. */
  of(url: string): readonly string[] {
    const [path = ""] = url.split(/[?#]/);
    const found = new Set(this.#routes.filter((route) => route.path.test(path)).flatMap(({ methods }) => methods));
    return METHODS.filter((method) => found.has(method));
  }
}

/** Of a route's pattern: `/users/:id`, `/campaigns/*`. */
function pathOf(url: string): RegExp {
  const parts = url.split("/").map((part) => {
    if (part.startsWith(":")) return "[^/]+";
    return part === "*" ? ".*" : part.replaceAll(/[^\w-]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("/")}$`);
}
