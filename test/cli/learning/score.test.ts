// `stipend score`: every row comes back, in its place, with what the release would do with it when it serves.

import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileRowEncoder } from "../../../src/domain/session/features.ts";
import { positionForBudget, sharesAt } from "../../../src/domain/release/frontier.ts";
import { loadClassifier } from "../../../src/serve/classify/onnx.ts";
import { parquetOf } from "../../learn/log-files.ts";
import { tinyRelease, writeRelease } from "../../serve/tiny-release.ts";
import { offerCsv, OFFER_MAPPING, offerRows } from "../offer-log.ts";
import { openShell, type Shell } from "../shell.ts";

/** More than one batch. */
const ROWS = 9_000;
const rows = offerRows(ROWS, 1);
const release = tinyRelease("served");
const { manifest } = release;
let shell: Shell;
let options: string;
const place = (name: string): string => join(shell.folder, name);

beforeAll(async () => {
  shell = openShell();
  writeFileSync(place("log.csv"), offerCsv(rows));
  writeFileSync(place("mapping.yaml"), OFFER_MAPPING);
  await writeRelease(release, place("release"));
  options = `--mapping ${place("mapping.yaml")} --release ${place("release")}`;
});

afterAll(() => shell.close());

async function scored(data: string, out: string, more = ""): Promise<Record<string, unknown>> {
  const { code, err, json } = await shell.run(`score --data ${data} ${options} --out ${place(out)} ${more} --json`);
  expect(code, err).toBe(0);
  expect(json).toHaveLength(1);
  return json[0] ?? {};
}

/** Lines of a CSV whose cells hold no commas. */
function table(text: string): Record<string, string>[] {
  const [head = "", ...lines] = text.trimEnd().split("\n");
  const names = head.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, index) => [names[index] ?? "", cell])));
}

/** As an allocator would classify them. */
async function served(): Promise<{ clusters: Int32Array; probabilities: Float32Array }> {
  const encoder = compileRowEncoder(manifest.features);
  const x = new Float32Array(ROWS * encoder.width);
  rows.forEach(({ visits, vip }, row) => encoder.encode({ visits, vip }, x, row * encoder.width));
  const classifier = await loadClassifier(release, encoder.width);
  const answer = await classifier.classify(x, ROWS);
  await classifier.close();
  return answer;
}

describe("what is written", () => {
  test("each row, in its place and with all its columns, gets the cluster that serving gives it", async () => {
    await scored(place("log.csv"), "plain.csv");
    const { clusters, probabilities } = await served();
    const written = table(readFileSync(place("plain.csv"), "utf8"));
    expect(written).toHaveLength(ROWS);
    expect(Object.keys(written[0] ?? {})).toEqual([
      ...["user", "visits", "vip", "offer", "ordered", "stipend_row", "stipend_cluster", "stipend_probability"],
      ...["stipend_share_none", "stipend_share_small", "stipend_share_large"],
    ]);
    written.forEach((line, row) => {
      expect(line["user"]).toBe(`user ${row}`);
      expect(line["stipend_row"]).toBe(String(row + 1));
      expect(line["stipend_cluster"]).toBe(String(clusters[row]));
      expect(Number(line["stipend_probability"])).toBeCloseTo(probabilities[row] ?? 0, 5);
    });
  });

  test("the shares are those of the plan that the budget buys on these rows' own clusters", async () => {
    const budget = 300_000;
    const json = await scored(place("log.csv"), "budget.csv", `--budget ${budget}`);
    const counts = [0, 1].map((cluster) => rows.filter((row) => row.cluster === cluster).length);
    const { frontier, values } = manifest;
    const { position } = positionForBudget(frontier, values, counts, budget / ROWS);
    expect(json).toMatchObject({ rows: ROWS, clusters: 2, rowsByCluster: counts, release: release.hash });
    expect(json["plan"]).toMatchObject({
      position,
      budgetPerRow: budget / ROWS,
      expectedSpend: expect.closeTo(budget, 4),
    });
    for (const line of table(readFileSync(place("budget.csv"), "utf8"))) {
      const shares = sharesAt(frontier, position, Number(line["stipend_cluster"]));
      const found = ["none", "small", "large"].map((arm) => Number(line[`stipend_share_${arm}`]));
      expect(found).toEqual(shares.map((share) => expect.closeTo(share, 6)));
    }
  });

  test("CSV, compressed CSV and Parquet say the same, from CSV and from Parquet", async () => {
    const parquet = await parquetOf(place("log.csv"));
    await scored(place("log.csv"), "one.csv");
    await scored(place("log.csv"), "one.csv.gz");
    await scored(parquet, "one.parquet");
    const plain = readFileSync(place("one.csv"), "utf8");
    expect(gunzipSync(readFileSync(place("one.csv.gz"))).toString("utf8")).toBe(plain);
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      `SELECT "user", stipend_row, stipend_cluster, stipend_share_large FROM '${place("one.parquet")}'`,
    );
    const lines = table(plain);
    expect(reader.getRows()).toHaveLength(ROWS);
    reader.getRows().forEach(([user, row, cluster, share], index) => {
      expect([user, String(row), String(cluster)]).toEqual(
        ["user", "stipend_row", "stipend_cluster"].map((name) => lines[index]?.[name]),
      );
      expect(share).toBe(Number(lines[index]?.["stipend_share_large"]));
    });
    connection.closeSync();
    instance.closeSync();
  });

  test("rows of which nothing but the features is known are scored; what is missing takes the default and is told", async () => {
    writeFileSync(place("users.csv"), "id,visits,vip\na,5,1\nb,NA,0\nc,many,\n");
    const { code, err, json } = await shell.run(
      `score --data ${place("users.csv")} ${options} --out ${place("users-scored.csv")} --json`,
    );
    expect(code).toBe(0);
    expect(err).toContain("50.0 % of the features were missing or could not be read, and took their defaults");
    expect(json[0]).toMatchObject({ rows: 3, missingShare: 0.5 });
    const clusters = table(readFileSync(place("users-scored.csv"), "utf8")).map((line) => line["stipend_cluster"]);
    expect(clusters).toEqual(["1", "0", "0"]);
  });

  test("a line that is no row of the table is counted and told", async () => {
    writeFileSync(place("broken.csv"), "id,visits,vip\na,5,1\nb,1,0,7,8,9\nc,2,0\n");
    const { code, err, json } = await shell.run(
      `score --data ${place("broken.csv")} ${options} --out ${place("broken-scored.csv")} --json`,
    );
    expect(code).toBe(0);
    expect(err).toContain("1 lines are no rows of the table and are left out: line 3 (6 fields in place of 3)");
    expect(json[0]).toMatchObject({ rows: 2, badLines: 1 });
  });

  test("an id that is whole in one file and a float in the next keeps its digits", async () => {
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    for (const [name, id] of [
      ["whole", "9007199254740993"],
      ["small", "7::INTEGER"],
      ["float", "1.5::DOUBLE"],
    ])
      await connection.run(`COPY (SELECT ${id} AS id, 5 AS visits, 1 AS vip) TO '${place(`${name}.parquet`)}'`);
    connection.closeSync();
    const idsOf = async (...names: string[]): Promise<unknown[]> => {
      await scored(names.map((name) => place(`${name}.parquet`)).join(" "), `${names.join("-")}.csv`);
      return table(readFileSync(place(`${names.join("-")}.csv`), "utf8")).map(({ id }) => id);
    };
    expect(await idsOf("whole", "float", "small")).toEqual(["9007199254740993", "1.5", "7"]);
    expect(await idsOf("whole", "small")).toEqual(["9007199254740993", "7"]);
  });

  test("several files come back as one, in their order", async () => {
    writeFileSync(place("a.csv"), "id,visits,vip\na,5,1\n");
    writeFileSync(place("b.csv"), "id,vip,visits,more\nb,0,1,x\n");
    await scored(`${place("a.csv")} ${place("b.csv")}`, "both.csv");
    const lines = table(readFileSync(place("both.csv"), "utf8"));
    expect(lines.map(({ id, more, stipend_row: row, stipend_cluster: cluster }) => [id, more, row, cluster])).toEqual([
      ["a", "", "1", "1"],
      ["b", "x", "2", "0"],
    ]);
  });
});

describe("what is not written", () => {
  test("a file that is there stays as it is, unless --force is given", async () => {
    writeFileSync(place("there.csv"), "mine");
    const line = `score --data ${place("log.csv")} ${options} --out ${place("there.csv")}`;
    const { code, err } = await shell.run(line);
    expect([code, err]).toEqual([2, expect.stringContaining("it is there already; --force replaces it")]);
    expect(readFileSync(place("there.csv"), "utf8")).toBe("mine");
    expect((await shell.run(`${line} --force`)).code).toBe(0);
    expect(readFileSync(place("there.csv"), "utf8")).toMatch(/^user,visits/);
  });

  test("nothing is left behind by a command that fails", async () => {
    writeFileSync(place("lacking.csv"), "id,visits\na,5\n");
    const { code, err } = await shell.run(
      `score --data ${place("lacking.csv")} ${options} --out ${place("lacking-scored.csv")}`,
    );
    expect(code).toBe(2);
    expect(err).toMatch(/features\.vip: no column vip in the data[^]*lacking.csv has: id, visits/);
    expect(existsSync(place("lacking-scored.csv"))).toBe(false);
    expect(existsSync(place("lacking-scored.csv.tmp"))).toBe(false);
  });

  test("rows of a file that lacks a feature, whatever the other files have", async () => {
    writeFileSync(place("with.csv"), "id,visits,vip\na,5,1\n");
    writeFileSync(place("without.csv"), "id,visits,VIP\nb,5,1\n");
    const data = `${place("with.csv")} ${place("without.csv")}`;
    const { code, err } = await shell.run(`score --data ${data} ${options} --out ${place("lacks.csv")}`);
    expect(code).toBe(2);
    expect(err).toContain(`features.vip: no column vip in the data\n${place("without.csv")} has: id, visits, VIP`);
  });

  test("a table that was scored before is not scored over", async () => {
    await scored(place("log.csv"), "before.csv");
    const { code, err } = await shell.run(`score --data ${place("before.csv")} ${options} --out ${place("again.csv")}`);
    expect(code).toBe(2);
    expect(err).toMatch(/it has the columns stipend_row, stipend_cluster.* already/);
  });

  test.each([
    ["--out x.txt", /--out x\.txt: end it in \.csv, \.csv\.gz, \.parquet/],
    ["--out no-such-folder/x.csv", /there is no folder no-such-folder/],
    ["", /required option '--out <file>' not specified/],
    ["--out x.csv --budget much", /Expected an integer of minor units/],
  ])("%s", async (more, message) => {
    const { code, err } = await shell.run(`score --data ${place("log.csv")} ${options} ${more}`);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test("the input itself is no place to write to, by whatever name", async () => {
    symlinkSync(place("log.csv"), place("linked.csv"));
    for (const out of ["log.csv", "linked.csv"]) {
      const { code, err } = await shell.run(`score --data ${place("log.csv")} ${options} --out ${place(out)} --force`);
      expect([code, err]).toEqual([2, expect.stringContaining(`it is ${place("log.csv")}, which is read`)]);
    }
  });
});
