// `stipend evaluate` on what does not fit the table: refused with what differs and what to do.

import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tinyRelease, writeRelease } from "../../serve/tiny-release.ts";
import { offerCsv, OFFER_MAPPING } from "../offer-log.ts";
import { openOfferTable, rows, type Printed } from "./offer-table.ts";

const { shell, line, evaluated, pathOf } = openOfferTable();

describe("what does not fit is refused", () => {
  test("other arms, by their names", async () => {
    await writeRelease(tinyRelease("other", ["none", "small", "huge"]), pathOf("other-arms"));
    const { code, err } = await shell.run(`${line} --release ${pathOf("other-arms")}`);
    expect(code).toBe(2);
    expect(err).toMatch(/its arms are not the mapping's: only the release has huge; only the mapping has large/);
    await writeRelease(tinyRelease("turned", ["none", "large", "small"]), pathOf("turned"));
    expect((await shell.run(`${line} --release ${pathOf("turned")}`)).err).toMatch(/its arms are in another order/);
  });

  test("other features, by their names and kinds", async () => {
    const run = async (from: string, to: string) => {
      const mapping = pathOf("other.yaml");
      writeFileSync(mapping, OFFER_MAPPING.replace(from, to));
      return await shell.run(`evaluate --data ${pathOf("log.csv")} --mapping ${mapping} --release ${pathOf("first")}`);
    };
    const renamed = await run("vip: boolean", "vips: { kind: boolean, column: vip }");
    expect([renamed.code, renamed.err]).toEqual([
      2,
      expect.stringMatching(/the mapping has no feature vip; only the mapping has vips/),
    ]);
    expect((await run("vip: boolean", "vip: numeric")).err).toMatch(
      /vip \(boolean in the release, numeric in the mapping\)/,
    );
  });

  test("features in another order, and more of them, are no obstacle", async () => {
    const mapping = pathOf("turned.yaml");
    const turned = OFFER_MAPPING.replace(
      "  visits: numeric\n  vip: boolean",
      "  user: categorical\n  vip: boolean\n  visits: numeric",
    );
    writeFileSync(mapping, turned);
    const { json } = await shell.run(
      `evaluate --data ${pathOf("log.csv")} --mapping ${mapping} --release ${pathOf("first")} --json`,
    );
    const plain = await evaluated(`--release ${pathOf("first")}`);
    expect((json[0] as unknown as Printed).releases).toEqual(plain.releases);
  });

  test("too few rows to say anything", async () => {
    writeFileSync(pathOf("few.csv"), offerCsv(rows.slice(0, 60)));
    const { code, err } = await shell.run(`evaluate --data ${pathOf("few.csv")} --mapping ${pathOf("mapping.yaml")}`);
    expect([code, err]).toEqual([2, expect.stringMatching(/60 rows are too few to judge by; 100 at least/)]);
  });

  test.each([
    ["evaluate", /--data: name the randomised log, or say --live/],
    ["evaluate --data x.csv", /--mapping: say what the columns of --data mean/],
    ["evaluate --data x.csv --mapping no.yaml", /--mapping no\.yaml: ENOENT/],
    ["evaluate --live --data x.csv", /--live reads the campaign's own log/],
    ["evaluate --data x.csv --mapping m.yaml --campaign spring", /--campaign belongs to --live/],
    ["evaluate --live --rows test", /--rows: a campaign's own log has no test rows/],
    ["evaluate --live", /STIPEND_DIR: there is no log in/],
  ])("%s", async (typed, message) => {
    const { code, err } = await shell.run(typed);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test("a folder that is no release, and the same one twice", async () => {
    expect((await shell.run(`${line} --release ${pathOf("nowhere")}`)).err).toMatch(/nowhere: no release: ENOENT/);
    expect((await shell.run(`${line} --release ${pathOf("first")} ${pathOf("first")}`)).err).toMatch(/is named twice/);
  });
});
