// Assets: the page, its style and its modules, as the browser gets them: client files are TypeScript whose types Node strips,
// packages come from node_modules through an import map. Nothing but what is listed here is served.

import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { HttpApp } from "../../http/server.ts";

const CLIENT = fileURLToPath(new URL("../client/", import.meta.url));
/** What the client shares with the rest of the house: files that import nothing. */
const SHARED = Object.fromEntries(
  ["glossary.ts", "figures.ts"].map((name) => [
    `/src/domain/${name}`,
    fileURLToPath(new URL(`../../domain/${name}`, import.meta.url)),
  ]),
);
/** Modules of packages, by the name under which the client imports them. */
const MODULES = {
  preact: "preact/dist/preact.mjs",
  "preact/hooks": "preact/hooks/dist/hooks.mjs",
  htm: "htm/dist/htm.module.js",
  uplot: "uplot/dist/uPlot.esm.js",
} as const;

interface Asset {
  readonly type: string;
  readonly text: string;
  readonly etag: string;
}

const PACKAGES = nodeModules();

/** The paths at which the page itself is answered: the client finds out which view it is. */
const PAGES = ["/", "/campaigns/*", "/changes", "/users", "/releases", "/look-back", "/health", "/report"];

export function addAssets(app: HttpApp): void {
  const importMap = JSON.stringify({
    imports: Object.fromEntries(Object.keys(MODULES).map((name) => [name, moduleUrl(name)])),
  });
  const headers = headersOf(importMap);
  app.addHook("onRequest", async (_request, reply) => void reply.headers(headers));
  const page = assetOf(
    "text/html; charset=utf-8",
    client("index.html").replace(/\s*IMPORT_MAP\s*/, () => importMap),
  );
  for (const [url, asset] of [...PAGES.map((url) => [url, page] as const), ...files()])
    app.get(url, async (request, reply) => {
      void reply.header("etag", asset.etag).header("cache-control", "no-cache");
      if (request.headers["if-none-match"] === asset.etag) return await reply.code(304).send();
      return await reply.type(asset.type).send(asset.text);
    });
}

/** Of a page of our own making, with its style inside: in a frame of the console, and without any script. */
export const REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

export function addReport(app: HttpApp, report: string): void {
  app.get(
    "/report.html",
    async (_request, reply) =>
      await reply.header("content-security-policy", REPORT_POLICY).type("text/html; charset=utf-8").send(report),
  );
}

function files(): [string, Asset][] {
  const scripts = [
    ...clientFiles(".ts").map((file) => [`/src/console/client/${file}`, path.join(CLIENT, file)] as const),
    ...Object.entries(SHARED),
  ];
  return [
    ...clientFiles(".css").map((file): [string, Asset] => [
      `/${file}`,
      assetOf("text/css; charset=utf-8", client(file)),
    ]),
    ["/modules/uplot.css", assetOf("text/css; charset=utf-8", ofPackage("uplot/dist/uPlot.min.css"))],
    ["/icon.svg", assetOf("image/svg+xml", client("icon.svg"))],
    ...scripts.map(([url, file]): [string, Asset] => [url, scriptOf(stripTypeScriptTypes(readFileSync(file, "utf8")))]),
    ...Object.entries(MODULES).map(([name, file]): [string, Asset] => [moduleUrl(name), scriptOf(ofPackage(file))]),
  ];
}

/** Of all the client's rooms, as an address has them. */
function clientFiles(ending: string): readonly string[] {
  const found = readdirSync(CLIENT, { recursive: true, encoding: "utf8" });
  return found.filter((file) => file.endsWith(ending)).map((file) => file.replaceAll(path.sep, "/"));
}

function moduleUrl(name: string): string {
  return `/modules/${name.replace("/", "-")}.js`;
}

function client(file: string): string {
  return readFileSync(path.join(CLIENT, file), "utf8");
}

/** Its maps are not served. */
function ofPackage(file: string): string {
  return readFileSync(path.join(PACKAGES, file), "utf8").replace(/\n\/\/# sourceMappingURL=.*$/m, "");
}

function nodeModules(): string {
  const preact = createRequire(import.meta.url).resolve("preact");
  return preact.slice(0, preact.lastIndexOf(`${path.sep}preact${path.sep}`));
}

function scriptOf(text: string): Asset {
  return assetOf("text/javascript; charset=utf-8", text);
}

function assetOf(type: string, text: string): Asset {
  return { type, text, etag: `"${hash("sha256", text, "hex").slice(0, 32)}"` };
}

/** No script but ours, no request to anywhere else, no frame; what data says stays text. */
function headersOf(importMap: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash("sha256", importMap, "base64")}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-src 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
  };
}
