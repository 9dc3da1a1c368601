// Being built: the signature that the other steps integrate against.

export type BackendPreference = "native" | "wasm" | "auto";
export type BackendName = "tensorflow-native" | "wasm";

export function useBackend(_preference: BackendPreference = "auto"): Promise<BackendName> {
  throw new Error("not yet");
}
