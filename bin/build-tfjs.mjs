#!/usr/bin/env node
// TensorFlow addon
// Builds the native addon of @tensorflow/tfjs-node, whose own install script fetches from a server that refuses everybody.
// Does nothing when the addon loads already. Plain JavaScript, so that it needs no Node flags.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const WHEEL = "tensorflow-cpu==2.15.1";
const LIBRARIES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const home = join(root, ".tfjs");
const kept = join(home, WHEEL.replace("==", "-"));
const tfjsNode = join(root, "node_modules", "@tensorflow", "tfjs-node");
const headers = join(root, "node_modules", "node-api-headers", "include");
const addon = join(tfjsNode, "lib", "napi-v8", "tfjs_binding.node");

const UNPACK = `
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
wanted = [n for n in wheel.namelist() if n.startswith(("tensorflow/libtensorflow", "tensorflow/include/"))]
wheel.extractall(sys.argv[2], wanted)
`;

main();

function main() {
  const force = process.argv.includes("--force");
  if (process.argv.includes("--help")) {
    console.log(
      "bin/build-tfjs.mjs [--force | --check]\n\nBuilds TensorFlow's native addon (Linux x64; needs python3 with pip, and g++); --check only tells whether it loads.",
    );
    return;
  }
  if (process.argv.includes("--check")) {
    if (!loads().ok) fail("the native addon does not load: npm run tfjs:build builds it");
    return tell("the native addon is there and loads");
  }
  if (!force && loads().ok) return tell("the native addon is there and loads");
  if (process.platform !== "linux" || process.arch !== "x64")
    fail(
      `there is no build for ${process.platform} ${process.arch}: training runs on the wasm backend, which needs none`,
    );
  for (const [folder, name] of [
    [tfjsNode, "@tensorflow/tfjs-node"],
    [headers, "node-api-headers"],
  ])
    if (!existsSync(folder)) fail(`${name} is not installed: run npm ci first`);
  need("g++", ["--version"], "install a C++ compiler (Debian: apt-get install g++)");
  if (!libraryKept()) fetchLibrary();
  link();
  compile();
  const result = loads();
  if (!result.ok) fail(`it compiled, but does not load:\n${result.output}`);
  tell("the native addon is built and loads");
}

function libraryKept() {
  return (
    LIBRARIES.every((name) => existsSync(join(kept, "lib", name))) && existsSync(join(kept, "include", "tensorflow"))
  );
}

/** From the wheel of tensorflow-cpu. It is kept outside node_modules, so that a reinstall only compiles again (seconds). */
function fetchLibrary() {
  need("python3", ["-m", "pip", "--version"], "install Python 3 with pip (Debian: apt-get install python3-pip)");
  mkdirSync(home, { recursive: true });
  const work = mkdtempSync(join(home, "fetch-"));
  try {
    tell(`fetching ${WHEEL} through pip (207 MB)`);
    // Said in full, so that it does not matter which Python this machine has.
    const which = ["--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux_2_17_x86_64"];
    run("python3", [
      "-m",
      "pip",
      "download",
      "--quiet",
      "--no-deps",
      "--only-binary=:all:",
      ...which,
      "--dest",
      work,
      WHEEL,
    ]);
    const wheel = readdirSync(work).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) fail("pip said it is done, but there is no wheel");
    tell("unpacking the libraries and headers");
    run("python3", ["-c", UNPACK, join(work, wheel), work]);
    mkdirSync(join(work, "kept", "lib"), { recursive: true });
    for (const name of LIBRARIES) renameSync(join(work, "tensorflow", name), join(work, "kept", "lib", name));
    renameSync(join(work, "tensorflow", "include"), join(work, "kept", "include"));
    addNames(join(work, "kept", "lib"));
    // Last and in one step: what is under its final name is whole.
    rmSync(kept, { recursive: true, force: true });
    renameSync(join(work, "kept"), kept);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The names under which the linker and the addon look for the wheel's two libraries. */
function addNames(folder) {
  symlinkSync("libtensorflow_cc.so.2", join(folder, "libtensorflow.so.2"));
  symlinkSync("libtensorflow_cc.so.2", join(folder, "libtensorflow.so"));
  symlinkSync("libtensorflow_framework.so.2", join(folder, "libtensorflow_framework.so"));
}

function link() {
  const deps = join(tfjsNode, "deps");
  rmSync(deps, { recursive: true, force: true });
  symlinkSync(kept, deps);
}

function compile() {
  tell("compiling the addon");
  const built = `${addon}.${process.pid}`;
  mkdirSync(dirname(addon), { recursive: true });
  run("g++", [
    ...["-O2", "-std=c++17", "-fPIC", "-shared"],
    ...["-DNAPI_VERSION=8", "-DNODE_GYP_MODULE_NAME=tfjs_binding", "-DBUILDING_NODE_EXTENSION"],
    ...["-I.", "-I..", `-I${headers}`, "-Ideps/include"],
    ...["binding/tfjs_backend.cc", "binding/tfjs_binding.cc"],
    ...["-Ldeps/lib", "-Wl,-rpath,$ORIGIN/../../deps/lib", "-ltensorflow", "-ltensorflow_framework"],
    ...["-o", built],
  ]);
  renameSync(built, addon);
}

/** In a process of its own: a half-built addon may take its process down. */
function loads() {
  const script =
    "const u = require('node:util'); u.isNullOrUndefined ??= (v) => v == null; u.isArray ??= Array.isArray;" +
    "const tf = require('@tensorflow/tfjs-node'); if (tf.getBackend() !== 'tensorflow') process.exit(1);" +
    "if (tf.tidy(() => tf.sum(tf.ones([2, 2])).dataSync()[0]) !== 4) process.exit(1);";
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" };
  const result = spawnSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8", env });
  return { ok: result.status === 0, output: `${result.stdout}${result.stderr}` };
}

function need(command, args, advice) {
  if (spawnSync(command, args, { stdio: "ignore" }).status !== 0)
    fail(`${command} is missing or does not work: ${advice}`);
}

function run(command, args) {
  const result = spawnSync(command, args, { cwd: tfjsNode, encoding: "utf8", maxBuffer: 1 << 28 });
  if (result.status !== 0)
    fail(`${command} ${args[0]} failed:\n${result.stdout ?? ""}${result.stderr ?? result.error}`);
}

function tell(message) {
  console.error(`tfjs:build: ${message}`);
}

function fail(message) {
  console.error(`tfjs:build: ${message}`);
  process.exit(1);
}
