// Store holder
// Keeps a folder of stores to one process. Without copies that stand by, only the owner of a partition writes its store,
// whatever folders processes share; a copy is written beside the owner, and in one folder the two would write over
// each other. The holder is exchanged in a transaction of LMDB's, so that of two who come at once one is refused.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";

/** Makes this process the holder of the folder; answers null, or the id of a living process that is. */
export async function holdStores(folder: string, pid: number): Promise<number | null> {
  mkdirSync(folder, { recursive: true });
  const root = open<string, string>({ path: join(folder, "holder"), encoding: "string" });
  try {
    return root.transactionSync(() => {
      const [other = "", ...since] = root.get("holder")?.split(" ") ?? [];
      const isOther = other !== "" && Number(other) !== pid;
      if (isOther && processStart(Number(other)) === since.join(" ")) return Number(other);
      root.putSync("holder", `${pid} ${processStart(pid)}`);
      return null;
    });
  } finally {
    await root.close();
  }
}

/** What tells a process from later ones that are given its id; null when there is none. */
export function processStart(pid: number): string | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return null;
  }
  try {
    // Behind the command in parentheses: state and, twenty fields later, the start.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : `${fields[19]}`;
  } catch {
    return "unknown";
  }
}
