// TensorFlow
// Chooses what computes: libtensorflow through tfjs-node's addon where that loads, else the wasm backend. The code above
// is the same; which one it was belongs in the log and in the evidence, for the same seed gives the same weights only
// on the same backend.

import { createRequire } from "node:module";
import util from "node:util";
import * as tf from "@tensorflow/tfjs";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";

export type BackendPreference = "native" | "wasm" | "auto";
export type BackendName = "tensorflow-native" | "wasm";

const require = createRequire(import.meta.url);

/** Makes the backend current; `auto` takes the native one when it loads, `native` refuses to go on without it. */
export async function useBackend(preference: BackendPreference = "auto"): Promise<BackendName> {
  if (preference !== "wasm") {
    const failure = loadNative();
    if (failure === null) return activate("tensorflow", "tensorflow-native");
    if (preference === "native")
      throw new InvalidInput(
        `backend native: tfjs-node's addon does not load (npm run tfjs:build builds it): ${failure}`,
      );
  }
  await import("@tensorflow/tfjs-backend-wasm");
  return activate("wasm", "wasm");
}

/** Reads a preference as written in a configuration, where `name` is the setting. */
export function parseBackend(text: string, name: string): BackendPreference {
  if (text === "native" || text === "wasm" || text === "auto") return text;
  throw new InvalidInput(`${name}: native, wasm or auto, not ${text}`);
}

/** Lets the rest of the process have its turn in the middle of long computations. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function activate(backend: string, name: BackendName): Promise<BackendName> {
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js could not start its ${backend} backend`);
  await tf.ready();
  return name;
}

/** Null when it loaded, else why not. */
function loadNative(): string | null {
  // tfjs-node 4.22 calls two functions that Node takes out of node:util.
  const old: { isNullOrUndefined?: (value: unknown) => boolean; isArray?: (value: unknown) => boolean } = util;
  old.isNullOrUndefined = (value) => value === null || value === undefined;
  old.isArray = Array.isArray; // deprecated where it still is
  // Read when libtensorflow starts. One thread within an operation: sums in one order, so the same seed gives the same
  // weights; our operations are too small to gain from more.
  process.env["TF_NUM_INTRAOP_THREADS"] ??= "1";
  process.env["TF_NUM_INTEROP_THREADS"] ??= "1";
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  try {
    require("@tensorflow/tfjs-node");
    return null;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  }
}
