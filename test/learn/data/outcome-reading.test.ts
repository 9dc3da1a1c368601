// Outcomes of a log are read or refused, never in part.

import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../../src/domain/campaign/campaign.ts";
import { csvFile, figuresOf, logCsv, MAPPING, mappingOf, open, openCsv } from "../log-files.ts";

const ROWS = 600;
const CSV = logCsv(ROWS, 3);
const LINES = CSV.trimEnd().split("\n");
const [, ...BODY] = LINES;

const plain = async () => await figuresOf([await csvFile(CSV)]);

const AMOUNT = MAPPING.replace("ordered: { kind: binary, weight: 10 }", "basket: { kind: amount }").replace(
  "given: ordered",
  "given: basket",
);
/** A basket for each order. */
const baskets = (of: (row: number) => string, none = "0"): string =>
  LINES.map((line, i) => {
    const basket = i === 0 ? "basket" : line.split(",")[5] === "1" ? of(i) : none;
    return `${line.replaceAll(",", ";")};${basket}`;
  }).join("\n");

async function basketOf(csv: string, mapping: string): Promise<number> {
  const dataset = await open([await csvFile(csv)], { mapping: mappingOf(mapping) });
  const { rewards, n } = await dataset.sample(1_000_000, 1);
  const { rewards: tasks } = dataset.tasks;
  let sum = 0;
  for (let i = 0; i < n * tasks.length; i += 1) sum += (rewards[i] ?? 0) * (tasks[i % tasks.length]?.weight ?? 0);
  return sum;
}

describe("outcomes are read or refused, never in part", () => {
  const cents = (row: number): number => (row % 2 ? 1250 : 1000) + 100_000 * (row % 3);
  const total = BODY.reduce((sum, line, i) => sum + (line.split(",")[5] === "1" ? cents(i + 1) : 0), 0) / 100;
  const comma = (row: number): string => (cents(row) / 100).toFixed(2).replace(".", ",").replace(",00", "");

  test("decimal commas", async () => {
    await expect(openCsv(baskets(comma), AMOUNT)).rejects.toThrow('say `decimal: ","` in the mapping');
    expect(await basketOf(baskets(comma), `${AMOUNT}decimal: ","\n`)).toBeCloseTo(total, 2);
  });

  test("points between thousands", async () => {
    const grouped = (row: number): string => (cents(row) / 100).toLocaleString("de", { minimumFractionDigits: 2 });
    await expect(openCsv(baskets(grouped), AMOUNT)).rejects.toThrow('say `decimal: ","` and `thousands: "."`');
    const mapping = `${AMOUNT}decimal: ","\nthousands: "."\n`;
    expect(await basketOf(baskets(grouped), mapping)).toBeCloseTo(total, 2);
    await expect(
      openCsv(
        baskets(() => "12.50"),
        mapping,
      ),
    ).rejects.toThrow("no amount of 0 or more");
  });

  test.each(["1e30", "-1e30", "9007199254740993"])("amounts and costs beyond exact whole numbers: %s", async (text) => {
    const one = baskets((row) => (row === 1 ? text : "12"), text);
    const mappings = ["kind: amount", "kind: amount, negative: allowed", "kind: count"];
    for (const kind of mappings)
      await expect(openCsv(one, AMOUNT.replace("kind: amount", kind))).rejects.toThrow(
        /basket: \d+ rows have more than 9007199254740991.*fault of the file/s,
      );
    const paid = LINES.map((line, i) => `${line},${i === 0 ? "paid" : i === 5 ? text.replace("-", "") : "1"}`).join(
      "\n",
    );
    const cost = MAPPING.replace(/^redeemed.*$/m, "cost: { column: paid }");
    await expect(openCsv(paid, cost)).rejects.toThrow(/paid: 1 row has a cost of more than 9007199254740991/);
  });

  test("net revenue: what is below nothing counts, with the opposite weight, where it is allowed", async () => {
    const net = (row: number): string => String(row % 4 === 0 ? -cents(row) : cents(row));
    const want = BODY.reduce((sum, line, i) => sum + (line.split(",")[5] === "1" ? Number(net(i + 1)) : 0), 0);
    await expect(openCsv(baskets(net), AMOUNT)).rejects.toThrow("`negative: allowed` at rewards.basket");
    const mapping = AMOUNT.replace("kind: amount", "kind: amount, negative: allowed");
    expect(await basketOf(baskets(net), mapping)).toBeCloseTo(want, 0);
  });

  test("counts: atLeast 1 is whether it happened, a count is how often", async () => {
    const counts = baskets((row) => String(1 + (row % 3)));
    const orders = BODY.filter((line) => line.split(",")[5] === "1").length;
    const binary = AMOUNT.replace("kind: amount", "kind: binary");
    await expect(openCsv(counts, binary)).rejects.toThrow("say `atLeast: 1` at rewards.basket");
    expect(await basketOf(counts, binary.replace("kind: binary", "kind: binary, atLeast: 1"))).toBe(orders);
    const want = BODY.reduce((sum, line, i) => sum + (line.split(",")[5] === "1" ? 1 + ((i + 1) % 3) : 0), 0);
    expect(await basketOf(counts, AMOUNT.replace("kind: amount", "kind: count"))).toBe(want);
    await expect(
      openCsv(
        baskets(() => "1.5"),
        AMOUNT.replace("kind: amount", "kind: count"),
      ),
    ).rejects.toThrow("no whole number of 0 or more");
  });

  test("no value is nothing where the mapping says so", async () => {
    const joined = baskets(() => "10", "");
    await expect(openCsv(joined, AMOUNT)).rejects.toThrow("say `missing: zero` at rewards.basket");
    const orders = BODY.filter((line) => line.split(",")[5] === "1").length;
    expect(await basketOf(joined, AMOUNT.replace("kind: amount", "kind: amount, missing: zero"))).toBe(10 * orders);
    const redeemed = CSV.replaceAll(/,0$/gm, ",");
    await expect(openCsv(redeemed)).rejects.toThrow("say `missing: zero` at redeemed");
    const dataset = await openCsv(redeemed, MAPPING.replace("column: redeemed", "column: redeemed, missing: zero"));
    const same = await openCsv(CSV);
    expect((await dataset.sample(ROWS, 1)).cost).toEqual((await same.sample(ROWS, 1)).cost);
  });

  test("a cost that a left join left out is nothing where the mapping says so, also where a column says whether it was paid", async () => {
    const paid = LINES.map((line, i) => `${line},${i === 0 ? "paid,used" : line.endsWith(",1") ? "3,1" : ","}`).join(
      "\n",
    );
    const cost = (more: string): string =>
      MAPPING.replace(/^redeemed.*$/m, `cost: { column: paid, when: used${more} }`);
    await expect(openCsv(paid, cost(""))).rejects.toThrow("column used: ");
    await expect(openCsv(paid, cost(""))).rejects.toThrow("say `missing: zero` at cost");
    const { cost: costs } = await (await openCsv(paid, cost(", missing: zero"))).sample(ROWS, 1);
    const redeemed = BODY.filter((line) => line.endsWith(",1")).length;
    expect(costs.reduce((sum, value) => sum + value, 0)).toBe(3 * redeemed);
  });

  test("no value can be the control, where the mapping says so", async () => {
    const csv = CSV.replaceAll(",none,", ",,");
    await expect(openCsv(csv)).rejects.toThrow("`value: null` at an arm");
    for (const value of ["null", '""']) {
      const mapping = MAPPING.replace("id: none,", `id: none, value: ${value},`);
      expect(await figuresOf([await csvFile(csv)], mapping)).toMatchObject({ orders: (await plain()).orders });
    }
    const named = MAPPING.replace("id: none,", "id: none, value: NA,");
    expect(await figuresOf([await csvFile(CSV.replaceAll(",none,", ",NA,"))], named)).toMatchObject({ n: ROWS });
  });

  test("digits that begin with 0 are text, and the mapping is to have them in quotes", async () => {
    const csv = CSV.replaceAll(",small,", ",007,");
    await expect(openCsv(csv, MAPPING.replace("id: small,", "id: small, value: 007,"))).rejects.toThrow('value: "007"');
    const quoted = MAPPING.replace("id: small,", 'id: small, value: "007",');
    expect(await figuresOf([await csvFile(csv)], quoted)).toMatchObject({ orders: (await plain()).orders });
  });

  test("a number that is written otherwise than the mapping has it is text, and is to be in quotes", async () => {
    const csv = CSV.replaceAll(",small,", ",1e5,");
    await expect(openCsv(csv, MAPPING.replace("id: small,", "id: small, value: 1e5,"))).rejects.toThrow('value: "1e5"');
    expect((await openCsv(csv, MAPPING.replace("id: small,", 'id: small, value: "1e5",'))).badRows).toBe(0);
  });

  test("what is refused is an InvalidInput, for whoever reads the exit code", async () => {
    await expect(openCsv(CSV.replaceAll(/,1$/gm, ",x"))).rejects.toThrow(InvalidInput);
  });
});
