// However a log's files are named and written, its rows are read as they are, or the file is refused with what to do.

import { copyFile, link, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { csvFile, figuresOf, logCsv, MAPPING, open, openCsv, parquetOf, temporaryFolder } from "../log-files.ts";

const ROWS = 600;
const CSV = logCsv(ROWS, 3);
const LINES = CSV.trimEnd().split("\n");
const [HEADER = "", ...BODY] = LINES;

async function fileOf(name: string, content: string | Buffer): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

const plain = async () => await figuresOf([await csvFile(CSV)]);

describe("a path is a path", () => {
  test.each(["log[1].csv", "a*b.csv", "a{b,c}?.csv", "%20 $x'\".csv", "glob.csv"])("%s is that file", async (name) => {
    const file = await fileOf(name, CSV);
    for (const other of ["log1.csv", "axb.csv", "ab1.csv"]) await writeFile(join(file, "..", other), logCsv(50, 9));
    expect(await figuresOf([file])).toMatchObject({ n: ROWS, orders: (await plain()).orders });
  });

  test("a folder called city=Rome or offer=small says nothing of the rows in it", async () => {
    const parquet = await parquetOf(await csvFile(CSV));
    const folder = await temporaryFolder();
    for (const name of ["city=Rome", "offer=small"]) {
      await mkdir(join(folder, name));
      await copyFile(parquet, join(folder, name, "log.parquet"));
      const { n, orders, cities } = await figuresOf([join(folder, name, "log.parquet")]);
      expect({ n, orders, cities }).toEqual({ ...(await plain()), sources: undefined });
    }
  });

  test("a pattern is one where it is asked for, and its files come in the order of their names", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "b.csv"), [HEADER, ...BODY.slice(200)].join("\n"));
    await writeFile(join(folder, "a.csv"), [HEADER, ...BODY.slice(0, 200)].join("\n"));
    const { n, orders, sources } = await figuresOf([`glob:${folder}/*.csv`]);
    expect({ n, orders }).toEqual({ n: ROWS, orders: (await plain()).orders });
    expect(sources.map((told) => told.slice(folder.length + 1, folder.length + 6))).toEqual(["a.csv", "b.csv"]);
    await expect(open([join(folder, "*.csv")])).rejects.toThrow(`for a pattern say glob:${folder}/*.csv`);
    await expect(open([`glob:${folder}/*.tsv`])).rejects.toThrow("no file matches");
  });

  test("two names of one file are refused: its rows would count twice", async () => {
    const file = await csvFile(CSV);
    const other = join(file, "..", "other.csv");
    await link(file, other);
    for (const second of [file, join(file, "..", ".", "log.csv"), other])
      await expect(open([file, second])).rejects.toThrow("are one file");
  });

  test("files that hold the same rows are refused, in whatever order and format: they would count twice", async () => {
    const file = await csvFile(CSV);
    for (const copy of [await csvFile([HEADER, ...BODY.toReversed()].join("\n")), await parquetOf(await csvFile(CSV))])
      await expect(open([file, copy])).rejects.toThrow(`${file} and ${copy} hold the same ${ROWS} rows`);
    const other = await csvFile(CSV.replace("Rome", "Oslo"));
    expect((await open([file, other])).rows).toBe(2 * ROWS);
  });

  test("a folder, an empty file, and files of another kind are refused by what they are", async () => {
    const folder = await temporaryFolder();
    await expect(open([folder])).rejects.toThrow(`${folder} is a folder`);
    await expect(open([await fileOf("log.csv", "")])).rejects.toThrow("is empty");
    await expect(open([await fileOf("log.csv", "PK\u0003\u0004rest of it")])).rejects.toThrow("a ZIP archive");
    await expect(open([await fileOf("log.csv", "Obj\u0001avro.schema")])).rejects.toThrow("an Avro file");
    for (const json of ['{"age": 3}', '\ufeff{ "age": 3}', '[\n  {\n    "age": 3'])
      await expect(open([await fileOf("log.csv", json)])).rejects.toThrow("JSON: export it as CSV");
    for (const page of ["<!doctype html>", "\n\n<HTML>"])
      await expect(open([await fileOf("log.csv", page)])).rejects.toThrow("a download that failed");
    await expect(open([await fileOf("log.csv", "ARROW1\0\0")])).rejects.toThrow("an Arrow or Feather file");
    const tape = Buffer.alloc(1024);
    tape.write("ustar", 257);
    await expect(open([await fileOf("log.tar", tape)])).rejects.toThrow("a tape archive");
    await expect(open([await fileOf("log.tgz", gzipSync(tape))])).rejects.toThrow("inside gzip it is a tape archive");
    await expect(open([await fileOf("log.gz", gzipSync(gzipSync(CSV)))])).rejects.toThrow("packed once more, by gzip");
    await expect(open([await fileOf("log.gz", gzipSync("PAR1"))])).rejects.toThrow("inside gzip it is Parquet");
    await expect(open([await fileOf("log.parquet", "PAR1 and no more")])).rejects.toThrow("was cut short");
  });
});

describe("a file is told by its first bytes", () => {
  test.each(["LOG.PARQUET", "log.pq", "log.csv", "log"])("Parquet called %s", async (name) => {
    const parquet = await parquetOf(await csvFile(CSV));
    const file = join(await temporaryFolder(), name);
    await copyFile(parquet, file);
    expect(await figuresOf([file])).toMatchObject({ n: ROWS, orders: (await plain()).orders });
  });

  test("compressed by gzip, in one member or two, or by zstd, whatever it is called", async () => {
    const half = CSV.indexOf("\n", CSV.length / 2) + 1;
    const members = Buffer.concat([gzipSync(CSV.slice(0, half)), gzipSync(CSV.slice(half))]);
    for (const packed of [gzipSync(CSV), members, zstdCompressSync(CSV)])
      expect(await figuresOf([await fileOf("log.csv", packed)])).toMatchObject({ n: ROWS });
  });
});

const CITY = "Württemberg";

describe("encodings", () => {
  const umlauts = CSV.replaceAll("Rome", CITY);

  test("Latin-1 that is not named is refused with the line, the byte and the encoding that it may be", async () => {
    const file = await fileOf("log.csv", Buffer.from(umlauts, "latin1"));
    const line = umlauts.split("\n").findIndex((text) => text.includes(CITY)) + 1;
    const byte = (umlauts.split("\n")[line - 1] ?? "").indexOf("ü") + 1;
    await expect(open([file])).rejects.toThrow(`not UTF-8: line ${line}, byte ${byte} is 0xfc; it may be latin-1`);
    await expect(open([file])).rejects.toThrow("say `encoding: latin-1` in the mapping");
  });

  test.each([
    { encoding: "latin-1", content: Buffer.from(umlauts, "latin1") },
    { encoding: "windows-1252", content: Buffer.from(umlauts, "latin1") },
    { encoding: "utf-16le", content: Buffer.from(umlauts, "utf16le") },
    { encoding: null, content: Buffer.from(`\ufeff${umlauts}`, "utf16le") },
    { encoding: null, content: Buffer.from(`\ufeff${umlauts}`, "utf16le").swap16() },
    { encoding: null, content: Buffer.from(`\ufeff${umlauts}`) },
  ])("$encoding, or a byte order mark, reads it", async ({ encoding, content }) => {
    const mapping = encoding === null ? MAPPING : `${MAPPING}encoding: ${encoding}\n`;
    const { n, cities } = await figuresOf([await fileOf("log.csv", content)], mapping);
    expect([n, cities.includes(CITY)]).toEqual([ROWS, true]);
  });

  test("UTF-8 that is called Latin-1 is refused: its categories would be other ones than the sessions'", async () => {
    const opened = openCsv(umlauts, `${MAPPING}encoding: latin-1\n`);
    await expect(opened).rejects.toThrow("but the file is UTF-8");
  });

  test("UTF-16 without a mark is told from broken UTF-8", async () => {
    const file = await fileOf("log.csv", Buffer.from(CSV, "utf16le"));
    await expect(open([file])).rejects.toThrow("say `encoding: utf-16le` in the mapping");
  });

  test("a character that two reads cut in two stays whole", async () => {
    const many = [
      HEADER,
      ...Array.from({ length: 60 }, () => BODY.map((line) => line.replace(/Rome|Oslo/, "Ü€𝄞"))).flat(),
    ];
    expect((await figuresOf([await csvFile(many.join("\n"))])).cities).toEqual(["Graz", "Lyon", "Ü€𝄞"]);
  });
});

const join2 = (delimiter: string): string => LINES.map((line) => line.replaceAll(",", delimiter)).join("\n");
const inCity = (city: (row: number) => string): string =>
  [HEADER, ...BODY.map((line, row) => line.replace(/Rome|Lyon|Graz|Oslo/, () => city(row)))].join("\n");

describe("dialects: every row is read, or the file is refused", () => {
  test.each([
    { what: "CRLF and a byte order mark", csv: `\ufeff${LINES.join("\r\n")}\r\n` },
    { what: "carriage returns alone", csv: LINES.join("\r") },
    { what: "semicolons", csv: join2(";") },
    { what: "pipes", csv: join2("|") },
    { what: "tabs", csv: join2("\t") },
    { what: "lines before the header", csv: `# exported, by "shop"\n\nsep=,\n${CSV}` },
    { what: "a delimiter at each line's end", csv: [HEADER, ...BODY.map((line) => `${line},`)].join("\n") },
    { what: "the same in the header too", csv: LINES.map((line) => `${line},`).join("\n") },
    { what: "blank lines between", csv: LINES.join("\n\n") },
    { what: "everything in quotes", csv: LINES.map((line) => `"${line.replaceAll(",", '","')}"`).join("\n") },
    {
      what: "blanks before and behind quotes",
      csv: LINES.map((line) => `"${line.replaceAll(",", '" , "')}" `).join("\n"),
    },
    { what: "blanks before the quotes of some", csv: CSV.replaceAll(/Rome|"?city"?/g, ' "$&"') },
    {
      what: "a value of many semicolons",
      csv: LINES.map((line, i) => `${i ? "a;b;c;d;e;f;g;h;i;j" : "tags"},${line}`).join("\n"),
    },
  ])("$what", async ({ csv }) => {
    const want = await plain();
    const { n, orders, cities } = await figuresOf([await csvFile(csv)]);
    expect({ n, orders, cities }).toEqual({ n: want.n, orders: want.orders, cities: want.cities });
  });

  test.each([
    {
      what: "inch marks and quotes",
      csv: inCity((row) => ['27" screen', '"two, or ""three"""'][row % 2] ?? ""),
      cities: ['27" screen', 'two, or "three"'],
    },
    {
      what: "backslash escapes",
      csv: inCity((row) => (row % 2 ? '"say \\"hi\\", you"' : "Rome")),
      cities: ["Rome", 'say "hi", you'],
    },
    {
      what: "line breaks in quotes",
      csv: inCity((row) => (row % 2 ? '"Bad\nHall"' : "Rome")),
      cities: ["Bad\nHall", "Rome"],
    },
    { what: "\\N and NA", csv: inCity((row) => (row % 2 ? "\\N" : "NA")), cities: ["NA", "\\N"] },
  ])("$what are the values that they are", async ({ csv, cities }) => {
    expect(await figuresOf([await csvFile(csv)])).toMatchObject({ n: ROWS, cities, orders: (await plain()).orders });
  });

  test("a quote that comes after 25,000 rows without one", async () => {
    const long = Array.from({ length: 45 }, () => BODY).flat();
    const csv = [HEADER, ...long.map((line, row) => (row < 25_000 ? line : line.replace(/Rome/, '"Land, Ost"')))].join(
      "\n",
    );
    const { n, cities } = await figuresOf([await csvFile(csv)]);
    expect([n, cities]).toEqual([27_000, ["Graz", "Land, Ost", "Lyon", "Oslo", "Rome"]]);
  });

  test("a quote that is never closed is refused with its line, and read as text where the mapping says so", async () => {
    const csv = inCity((row) => (row === 300 ? '"open' : "Rome"));
    await expect(openCsv(csv)).rejects.toThrow("line 302: a quote is opened there and never closed");
    expect(await figuresOf([await csvFile(csv)], `${MAPPING}csv: { quote: none }\n`)).toMatchObject({ n: ROWS });
  });

  test("a file none of whose lines is a row of the table is refused with the reason", async () => {
    const csv = [HEADER, ...BODY.map((line) => `${line},,`)].join("\n");
    await expect(openCsv(csv)).rejects.toThrow("none of its 600 lines is one: line 2 (9 fields in place of 7)");
  });

  test("what the mapping names is taken: quote, delimiter, and the names of a file without a header", async () => {
    const csv = BODY.map((line) => line.replaceAll(",", ":").replace("Rome", "'Ro:me'")).join("\n");
    const mapping = `${MAPPING}csv: { delimiter: ":", quote: "'", header: [${HEADER}] }\n`;
    const { n, cities, sources } = await figuresOf([await csvFile(csv)], mapping);
    expect([n, cities.at(-1)]).toEqual([ROWS, "Ro:me"]);
    expect(sources[0]).toMatch(/CSV, UTF-8, delimiter ':', quote ''', no header, 600 rows$/);
  });

  test("a value that cannot be read is told with its own line, also behind line breaks, and its file", async () => {
    const csv = inCity((row) => (row < 10 ? '"Bad\nHall"' : "Rome")).replace(/^(599,.*,\d),\d$/m, "$1,perhaps");
    await expect(openCsv(csv)).rejects.toThrow('column redeemed: 1 row has neither 0 nor 1: "perhaps" in line 611');
    const files = [await csvFile(CSV), await csvFile(csv)];
    await expect(open(files)).rejects.toThrow(`"perhaps" in ${files[1]} line 611`);
  });

  test("a column that is needed and there twice is refused", async () => {
    const csv = LINES.map((line, i) => `${line},${i === 0 ? "age" : "1"}`).join("\n");
    await expect(openCsv(csv)).rejects.toThrow("two columns are called age");
  });

  test("names of columns may differ in case alone", async () => {
    const csv = LINES.map((line, i) => `${line},${i === 0 ? "AGE" : "x"}`).join("\n");
    expect(await figuresOf([await csvFile(csv)])).toMatchObject({ n: ROWS, orders: (await plain()).orders });
  });
});
