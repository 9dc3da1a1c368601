// Wrong use ends with 2 and says what was wrong and what to do; it never reaches the log, and never shows a stack.

import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TOPICS } from "../../../src/log/topics.ts";
import { openShell, type Shell } from "../shell.ts";
import { writeCampaign, writeRelease } from "../small-campaign.ts";

const SMALL = `
id: spring
currency: EUR
budgetMinor: 1000
timeZone: Europe/Berlin
arms: [{ id: none, faceMinor: 0 }, { id: five, faceMinor: 500 }]
reservation: { ttlMs: 3600000 }
pacing: { expectedSessions: 100 }
`;
let shell: Shell;
let empty: Shell;

beforeAll(async () => {
  empty = openShell();
  shell = openShell();
  expect(await shell.run("topics create")).toMatchObject({ code: 0 });
  writeFileSync(join(shell.folder, "not-yaml"), "id: [");
  writeFileSync(join(shell.folder, "latin1.yaml"), Buffer.from(SMALL.replace("five", "fünf"), "latin1"));
  writeFileSync(join(shell.folder, "wrong.yaml"), "id: spring\ncurrency: euro\n");
  for (const [name, startMs, endMs] of [
    ["seconds", 1767225600, 1798761600],
    ["micro", 1767225600000, 1798761600000000],
    ["past", "2019-01-01", "2020-01-01"],
    ["june", "2026-01-01", "2036-06-31"],
  ])
    writeFileSync(join(shell.folder, `${name}.yaml`), SMALL + `startMs: ${startMs}\nendMs: ${endMs}\n`);
});

afterAll(() => {
  shell.close();
  empty.close();
});

describe("a line that says what there is not", () => {
  test.each([
    ["", /^$/],
    ["fly", /unknown command 'fly'/],
    ["releases", /Usage: stipend releases/],
    ["releases fly", /unknown command 'fly'/],
    ["tail", /missing required argument 'topic'/],
    ["tail decisions --from yesterday", /Expected beginning, end, an offset, or a time.* got "yesterday"/],
    ["tail decisions --from 2026-05-01", /Expected beginning, end, an offset, or a time/],
    ["tail decisions --from 2026-02-30T00:00:00Z", /February 2026 has 28 days/],
    ["tail decisions --from 1767225600", /--from: decisions has no offset 1767225600, the next one is 0; a time is/],
    ["campaign create FOLDER/seconds.yaml", /seconds.yaml: startMs: 1767225600 looks like seconds \(2026-01-01T/],
    ["campaign create FOLDER/micro.yaml", /micro.yaml: endMs: 1798761600000000 looks like microseconds \(2027-01-01T/],
    [
      "campaign create FOLDER/past.yaml",
      /past.yaml: endMs: 2019-12-31T23:00:00.000Z is past: the campaign would be over/,
    ],
    ["campaign create FOLDER/june.yaml", /june.yaml: endMs: 2036-06-31: June 2036 has 30 days/],
    ["tail decisions --limit 0", /Expected at least 1, got 0/],
    ["tail decisions --partition 9", /--partition: decisions has partitions 0 to 1, not 9/],
    ["tail nothing", /there is no topic nothing; there are sessions, outcomes/],
    ["send nothing", /there is no topic nothing; there are sessions, outcomes/],
    ["send", /missing required argument 'topic'/],
    ["send sessions --file nowhere", /--file: ENOENT/],
    ["send sessions --file .", /--file: \. is no file/],
    ["send treasury-state --force", /treasury-state is the changelog of a task/],
    ["run --workers 0", /Expected at least 1, got 0/],
    ["run --workers 2", /--workers: the embedded log gives all partitions to one process/],
    [
      "run --standby",
      /--standby: the embedded log gives all partitions to one process: there is nothing to stand by for/,
    ],
    ["verify --show none", /Expected an integer, got "none"/],
    ["verify now", /too many arguments/],
    ["releases show", /missing required argument 'release'/],
    ["releases show abc", /there is no release abc: `stipend releases list` shows/],
    ["releases promote abc --campaign spring", /there is no release abc of spring/],
    ["releases promote abc --expect -1", /Expected at least 0, got -1/],
    ["releases promote abc --timeout soon", /Expected a time such as 500ms, 30s, 5m or 1h, got "soon"/],
    ["releases promote abc --timeout 25d", /Expected at most 24d, got "25d"/],
    ["dead-letters skip --topic sessions --at 0@1 --timeout 720h", /Expected at most 24d, got "720h"/],
    ["releases rollback", /there is no campaign yet: `stipend campaign create FILE` makes one/],
    ["releases publish nowhere --campaign spring", /nowhere: no release: ENOENT/],
    ["releases publish nowhere", /required option '--campaign <id>' not specified/],
    ["campaign create", /missing required argument 'file'/],
    ["campaign create nowhere.yaml", /ENOENT.*nowhere.yaml/],
    ["campaign create FOLDER/latin1.yaml", /latin1.yaml: no campaign file: it is not UTF-8/],
    ["campaign create FOLDER/not-yaml", /not-yaml: /],
    ["campaign create FOLDER/wrong.yaml", /wrong.yaml: currency: "euro" is no currency[^]*wrong.yaml: arms: /],
    ["dead-letters list --reason dunno", /Expected one of wrong_partition, undecodable, contract/],
    ["dead-letters list --at 17", /Expected partition@offset as `dead-letters list` shows it, got "17"/],
    ["dead-letters list --topic nope", /--topic.*Expected one of sessions, outcomes.*got "nope"/s],
    ["dead-letters redrive --topic nope", /--topic.*Expected one of sessions, outcomes.*got "nope"/s],
    ["dead-letters redrive", /say which: --reason, --topic or --at/],
    ["dead-letters skip --topic sessions --at 17", /Expected partition@offset/],
    ["dead-letters skip --topic decisions --at 0@1", /no task reads decisions; there are grants/],
    ["retrain --once", /there is no campaign yet/],
    ["retrain --once --data a.csv", /--data and --mapping belong together/],
    ["retrain", /STIPEND_RETRAIN_ROWS and STIPEND_RETRAIN_PERIOD_MS are both 0/],
    ["topics check --fix", /unknown option '--fix'/],
  ])("stipend %s", async (line, message) => {
    const { code, out, err } = await shell.run(line.replaceAll("FOLDER", shell.folder));
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
    expect(code).toBe(2);
    if (line !== "") expect(out).toBe("");
  });
});

describe("a log that is not there yet is refused, and not made by who only reads or sends", () => {
  test.each([
    "tail decisions",
    "send sessions",
    "verify",
    "topics check",
    "releases list",
    "releases rollback --campaign spring",
    "campaign create CAMPAIGN",
    "releases publish RELEASE --campaign spring",
    "dead-letters list",
    "dead-letters redrive --all",
    "retrain --once",
  ])("stipend %s", async (line) => {
    const typed = line
      .replace("CAMPAIGN", writeCampaign(empty.folder))
      .replace("RELEASE", writeRelease(empty.folder, "release").folder);
    const { code, err } = await empty.run(typed);
    expect([code, err]).toEqual([2, expect.stringMatching(/STIPEND_DIR: there is no log in .*topics create/)]);
  });
});

test("a log without topics is told from one with them", async () => {
  const bare = openShell();
  const { openEmbeddedLog } = await import("../../../src/log/embedded/log.ts");
  const log = await openEmbeddedLog({ folder: join(bare.folder, "log"), now: Date.now, newToken: () => "token" });
  await log.close();
  const { code, err } = await bare.run("verify");
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/lacks the topics sessions, .*`stipend topics create` makes them/),
  ]);
  const checked = await bare.run("topics check --json");
  expect(checked.code).toBe(1);
  expect(checked.json[0]?.["differences"]).toHaveLength(Object.keys(TOPICS).length);
  bare.close();
});

test("a partition count that the log does not have is refused at the start, with the fix", async () => {
  const other = openShell({ ...shell.env, STIPEND_PARTITIONS: "5" });
  const { code, err } = await other.run("run");
  expect(code).toBe(1);
  expect(err).toMatch(/sessions .*2 partitions.*5/);
  other.close();
});

test("a folder that can be none is refused by its setting, with what to do", async () => {
  const file = join(shell.folder, "a-file");
  writeFileSync(file, "");
  for (const [line, env] of [
    ["topics create", { STIPEND_DIR: file }],
    ["topics create", { STIPEND_DIR: join(file, "log") }],
    ["tail decisions", { STIPEND_DIR: file }],
    ["day", { STIPEND_DIR: join(file, "log") }],
    ["log restore FILE", { STIPEND_DIR: join(file, "log") }],
    ["run", { STIPEND_STATE_DIR: join(file, "state") }],
  ] as const) {
    const other = openShell(env);
    const { code, err } = await other.run(line.replace("FILE", file));
    const message = new RegExp(`${Object.keys(env)[0]}: .*a-file.* cannot be a folder: it is a file.*; name a folder`);
    expect([line, code, err]).toEqual([line, 2, expect.stringMatching(message)]);
    other.close();
  }
});

test("a certificate that cannot be used is refused by its option and file, before the door opens", async () => {
  const made = (name: string, text: string | Buffer): string => {
    writeFileSync(join(shell.folder, name), text);
    return join(shell.folder, name);
  };
  const other = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" });
  const [certificate = ""] = rootCertificates;
  const [text, cert, key] = [made("no.pem", "hello"), made("cert.pem", certificate), made("key.pem", other)];
  const broken = made("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  for (const [certFile, keyFile, message] of [
    [text, key, /--tls-cert: .*no.pem is no PEM file/],
    [broken, key, /--tls-cert: .*broken.pem has no certificate in it that can be used/],
    [cert, text, /--tls-key: .*no.pem is no PEM file/],
    [cert, cert, /--tls-key: .*cert.pem has no key .*that can be used/],
    [cert, key, /--tls-cert, --tls-key: the key in .*key.pem is not that of the certificate in .*cert.pem/],
    [cert, "nowhere.pem", /--tls-key: ENOENT/],
  ] as const) {
    const { code, err } = await shell.run(`gateway --port 0 --tls-cert ${certFile} --tls-key ${keyFile}`);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  }
});

test("a broker that is not there is said with its address", async () => {
  const away = openShell({ KAFKA_BROKERS: "127.0.0.1:1" });
  const { code, err } = await away.run("topics check");
  expect([code, err]).toEqual([1, expect.stringContaining("127.0.0.1:1")]);
  away.close();
});
