// Fuzz of the log's reader: mutated logs and mappings, each read rightly or refused.
//
//   npm run fuzz:reader -- --cases 10000 --seed reader

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runScript } from "../../fixtures/script.ts";
import { withDefault } from "../../src/cli/options.ts";
import { asInteger, asText } from "../../src/settings/parse.ts";
import { fuzzReader } from "./reader-fuzz.ts";

await runScript(
  import.meta.url,
  {
    name: "fuzz:reader",
    summary: "Mutated logs and mappings, each read rightly or refused. Ends with 1 when one was read wrongly.",
    options: {
      cases: withDefault("number", "how many", asInteger({ min: 1 }), 10_000),
      seed: withDefault("text", "the same logs again", asText, "reader"),
    },
  },
  async ({ cases, seed }) => {
    const folder = await mkdtemp(join(tmpdir(), "stipend-fuzz-"));
    const ended = { read: 0, refused: 0 };
    let wrong = 0;
    for (let at = 0; at < cases; at += 1) {
      try {
        ended[await fuzzReader(`${seed}:${at}`, folder)] += 1;
      } catch (error) {
        wrong += 1;
        console.error(error instanceof Error ? error.message : String(error));
      }
      if ((at + 1) % 500 === 0) console.error(`${at + 1} of ${cases}: ${JSON.stringify({ ...ended, wrong })}`);
    }
    await rm(folder, { recursive: true });
    console.log(JSON.stringify({ cases, seed, ...ended, wrong }));
    return wrong > 0 ? 1 : 0;
  },
);
