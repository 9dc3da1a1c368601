// A real Prometheus on the rules of deploy/, with their times made short: what fires there fires here, and sooner.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const RULES = path.resolve(import.meta.dirname, "../../deploy/prometheus/alerts.yml");

export const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;

export interface Prometheus {
  /** Names of the alerts that fire now. */
  firing(): Promise<ReadonlySet<string>>;
  /** Whether it has read so many targets some times: what rises before that has, to it, not risen. */
  scrapes(count: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** Of all rules, by name. */
export function alertNames(): string[] {
  return [...readFileSync(RULES, "utf8").matchAll(/alert: (\w+)/g)].map(([, name = ""]) => name);
}

export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  const dir = mkdtempSync(path.join(tmpdir(), "stipend-prometheus-"));
  const rules = readFileSync(RULES, "utf8")
    .replaceAll(/for: \d+[sm]/g, "for: 1s")
    .replaceAll(/\[\d+m\]/g, "[12s]");
  writeFileSync(path.join(dir, "alerts.yml"), rules);
  const config = {
    global: { scrape_interval: "1s", scrape_timeout: "900ms", evaluation_interval: "1s" },
    rule_files: ["alerts.yml"],
    scrape_configs: [{ job_name: "stipend", static_configs: [{ targets }] }],
  };
  // JSON is YAML.
  writeFileSync(path.join(dir, "prometheus.yml"), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    "prometheus",
    [
      `--config.file=${path.join(dir, "prometheus.yml")}`,
      `--storage.tsdb.path=${path.join(dir, "data")}`,
      `--web.listen-address=${address}`,
      "--log.level=error",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  await untilReady(child, address);
  return {
    async firing() {
      const response = await fetch(`http://${address}/api/v1/alerts`);
      const { data } = (await response.json()) as {
        data: { alerts: { state: string; labels: { alertname: string } }[] };
      };
      return new Set(data.alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname));
    },
    async scrapes(count) {
      const query = `sum(sum_over_time(up[1m])) >= ${3 * count}`;
      const response = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(query)}`);
      return ((await response.json()) as { data: { result: unknown[] } }).data.result.length > 0;
    },
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function untilReady(child: ChildProcess, address: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`);
    const answer = await fetch(`http://${address}/-/ready`).catch(() => null);
    if (answer?.ok === true) return;
    await sleep(100);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
