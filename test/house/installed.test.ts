// What is installed, and from where: no file of the project names a host to fetch from, or the machine it was written on.

import { describe, expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { files, read } from "./files.ts";

/** Loopback, words that stand for a host, and names of formats that look like addresses and are never fetched. */
const HOSTS_NAMED = ["127.0.0.1", "[::1]", "localhost", "host", "prometheus", "maven.apache.org", "www.w3.org"];

/** Written in parts, so that this file does not name them. */
const MACHINE_PATHS = [
  ["", "root", ""],
  ["", "work", "main"],
  ["", "work", "shared"],
  ["", "tmp", "team"],
].map((parts) => parts.join("/"));

describe("what is installed and from where", () => {
  test("the lock file names no registry: packages come from whichever npm is told to use, and their hashes hold them", () => {
    expect(read("package-lock.json")).not.toMatch(/registry|resolved/);
    const lock = JSON.parse(read("package-lock.json")) as {
      readonly packages: Record<string, { readonly integrity?: string }>;
    };
    const packages = Object.entries(lock.packages).filter(([name]) => name !== "");
    expect(packages.length).toBeGreaterThan(100);
    expect(packages.filter(([, { integrity }]) => integrity === undefined).map(([name]) => name)).toEqual([]);
  });

  test("no file names a host to fetch from, nor a folder of the machine that it was written on", () => {
    expect(files.length).toBeGreaterThan(300);
    const texts = files.filter((file) => file !== "package-lock.json").map((file) => [file, read(file)] as const);
    const hosts = texts.flatMap(([file, text]) =>
      [...text.matchAll(/https?:\/\/(?:[^\s/@"]*@)?(\[[0-9a-f:]+\]|[\w.-]+)/g)]
        .map(([, host]) => must(host, "a host"))
        .filter((host) => !HOSTS_NAMED.includes(host))
        .map((host) => `${file}: ${host}`),
    );
    expect(hosts).toEqual([]);
    const paths = texts.filter(([, text]) => MACHINE_PATHS.some((path) => text.includes(path)));
    expect(paths.map(([file]) => file)).toEqual([]);
  });
});
