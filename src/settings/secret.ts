// Secret
// A setting that must not be said, or that changes together with one: typed in the environment, or in a file that is read
// again each time it is needed, so that it can be changed while the program runs.

import { readFileSync } from "node:fs";
import { InvalidInput } from "../domain/campaign/campaign.ts";

export interface Secret {
  /** As it is now. */
  value(): string;
}

export function typedSecret(value: string): Secret {
  return { value: () => value };
}

/** Throws when the file cannot be read; one that cannot be read later has what it had. */
export function secretFile(path: string): Secret {
  const read = (): string => {
    const text = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    if (text === "") throw new InvalidInput(`${path} is empty`);
    return text;
  };
  let last = read();
  return {
    value() {
      try {
        last = read();
      } catch {
        // Between two writes, or gone: the connection says whether the old one still does.
      }
      return last;
    },
  };
}
