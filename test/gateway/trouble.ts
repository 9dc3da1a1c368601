// What befalls a gateway, on whichever log: it is killed under load, or the log is away. What is held of it is the same.

import { expect } from "vitest";
import { Program } from "../cli/programs/program-process.ts";
import { doorOf, type Answered, type Door, type World } from "./world.ts";

/** Every decision on the topic, by session; one that is there twice fails. */
async function decisionsOf(world: World): Promise<Map<string, Record<string, unknown>>> {
  const { json } = await world.shell.run("tail decisions --json");
  const rows = json.map((row) => row["value"] as Record<string, unknown>);
  const bySession = new Map(rows.map((row) => [String(row["sessionId"]), row]));
  expect(rows).toHaveLength(bySession.size);
  return bySession;
}

/** Clients whose gateway dies ask the other one, with the same ids: each session is decided once, and that is the answer. */
export async function killedUnderLoad(world: World, requests: number): Promise<void> {
  const doomed = new Program(world.shell, "gateway --port 0 --json");
  try {
    await doomed.said(`"listening"`);
    const line = doomed.out.split("\n").find((one) => one.includes(`"listening"`)) ?? "";
    const first = doorOf((JSON.parse(line) as { address: string }).address);
    const second = await world.gateway();
    let answered = 0;
    const ask = async (sessionId: string): Promise<[string, Record<string, unknown>]> => {
      for (let door: Door = first; ; door = second) {
        const answer = await door.decide(sessionId).catch((): Answered | null => null);
        if (answer?.status !== 200) continue;
        answered += 1;
        if (answered === Math.floor(requests / 3)) void doomed.kill();
        return [sessionId, answer.body];
      }
    };
    // So many at a time that some are under way when it dies.
    const ids = Array.from({ length: requests }, (_, number) => `killed ${number}`);
    const answers: [string, Record<string, unknown>][] = [];
    const work = async (): Promise<void> => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) answers.push(await ask(id));
    };
    await Promise.all(Array.from({ length: 25 }, work));
    expect(doomed.child.signalCode).toBe("SIGKILL");
    const decided = await decisionsOf(world);
    expect(answers).toHaveLength(requests);
    for (const [id, { decisionId, reason, release }] of answers)
      expect(decided.get(id)).toMatchObject({ decisionId, reason, release });
  } finally {
    await doomed.kill();
  }
}

/** While the log is away nothing is promised; when it is back, what was asked is decided once. */
export async function logAway(
  world: World,
  door: Door,
  away: () => Promise<void>,
  back: () => Promise<void>,
): Promise<void> {
  expect((await door.decide("before")).status).toBe(200);
  await away();
  const first = await door.decide("away", { timeoutMs: 300 });
  expect(first).toMatchObject({
    status: 503,
    body: { error: expect.stringMatching(/unacknowledged|log_unavailable/) },
  });
  expect(Number(first.headers.get("retry-after"))).toBeGreaterThan(0);
  // Once it is known, others are told at once, whatever they would wait.
  await expect
    .poll(async () => (await door.decide(`stuck ${Math.random()}`, { timeoutMs: 300 })).body["error"], {
      timeout: 20_000,
    })
    .toBe("log_unavailable");
  expect(await door.ask("POST", "/v1/outcomes", { outcomes: [outcomeOf("d-before")] })).toMatchObject({ status: 503 });
  expect(await door.ask("GET", "/readyz")).toMatchObject({ status: 503, body: { error: "log_unavailable" } });
  expect(await door.ask("GET", "/healthz")).toMatchObject({ status: 200 });
  await back();
  for (const sessionId of ["away", "after"])
    await expect
      .poll(async () => (await door.decide(sessionId, { timeoutMs: 5_000 })).status, { timeout: 60_000 })
      .toBe(200);
  await expect.poll(async () => (await door.ask("GET", "/readyz")).status, { timeout: 30_000 }).toBe(200);
  const decided = await decisionsOf(world);
  for (const id of ["before", "away", "after"]) expect([...decided.keys()]).toContain(id);
}

function outcomeOf(decisionId: string) {
  return { outcomeId: `o-${decisionId}`, decisionId, userId: "user of before", kind: "converted" };
}
