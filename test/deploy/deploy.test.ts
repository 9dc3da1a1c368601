// No container engine runs in the tests: what can be held without one is that the files parse, that they say of ports,
// settings, topics and metrics what the code says, and that the image's steps work in a bare folder.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { isPinnedNode } from "../../bin/setup/node.mjs";
import { CATALOGUE } from "../../src/cli/catalogue.ts";
import { unknownSettings } from "../../src/settings/config.ts";
import { TOPICS } from "../../src/log/topics.ts";
import { GATEWAY_METRICS } from "../../src/observe/gateway-metrics.ts";
import { METRICS } from "../../src/observe/metric-names.ts";
import { LIFECYCLE } from "../../src/task/lifecycle.ts";
import { VERDICTS } from "../../src/task/cycle/verdicts.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");
const PINNED_NODE = /PINNED_NODE = "([^"]+)"/.exec(read("bin/setup/node.mjs"))?.[1];
const ours = (names: Iterable<string>): string[] => [...names].filter((name) => /^(STIPEND|KAFKA|SCHEMA)_/.test(name));

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly build?: { readonly context: string; readonly dockerfile: string };
        readonly environment?: Readonly<Record<string, unknown>>;
        readonly command?: readonly string[];
        readonly stop_grace_period?: string;
        readonly volumes?: readonly string[];
      }
    >
  >;
}

interface Manifest {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: { readonly spec: PodSpec };
    readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: PodSpec } } };
  };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: { readonly runAsNonRoot: boolean };
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
}

interface Container {
  readonly args: readonly string[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly resources?: object;
  readonly securityContext?: object;
  readonly livenessProbe?: { readonly httpGet: { readonly path: string } };
  readonly readinessProbe?: { readonly httpGet: { readonly path: string } };
}

const compose = parse(read("deploy/compose.yaml"), { merge: true }) as Compose;
const allocators = Object.entries(compose.services).filter(([name]) => name.startsWith("allocator-"));
const KUBERNETES = ["stipend.yaml", "training.yaml", "secret.example.yaml", "gateway.yaml"].map(
  (file) => `deploy/kubernetes/${file}`,
);
const manifests = KUBERNETES.flatMap((file) =>
  parseAllDocuments(read(file)).map((document) => document.toJS() as Manifest),
);
const pod = manifests.find(({ kind }) => kind === "StatefulSet")?.spec.template.spec;
const gateway = manifests.find(({ kind }) => kind === "Deployment")?.spec.template.spec;
const training = manifests.find(({ kind }) => kind === "CronJob")?.spec.jobTemplate.spec.template.spec;
const portOf = (address: unknown): string => String(address).split(":").at(-1) ?? "";
const imageHttp = /STIPEND_HTTP=(\S+)/.exec(read("deploy/Dockerfile"))?.[1];

describe("the files for deployment", () => {
  it("name only settings that there are", () => {
    const named = [
      ...allocators.flatMap(([, { environment }]) => Object.keys(environment ?? {})),
      ...manifests.flatMap(({ data, stringData }) => [...Object.keys(data ?? {}), ...Object.keys(stringData ?? {})]),
      ...[...read("deploy/Dockerfile").matchAll(/\b(STIPEND_[A-Z_]+)=/g)].map(([, name]) => name ?? ""),
    ];
    expect(ours(named).length).toBeGreaterThan(8);
    expect(unknownSettings(Object.fromEntries(ours(named).map((name) => [name, "x"])))).toEqual([]);
  });

  it("run only commands that there are", () => {
    const run = [
      ...Object.values(compose.services),
      ...(pod?.initContainers ?? []),
      ...(pod?.containers ?? []),
      ...(training?.containers ?? []),
      ...(gateway?.containers ?? []),
    ].flatMap((each) => {
      const line = "args" in each ? each.args : each.command;
      return line === undefined ? [] : [line.join(" ").replace(/ --.*$/, "")];
    });
    expect(run.length).toBeGreaterThan(2);
    expect(run.filter((line) => !Object.hasOwn(CATALOGUE, line))).toEqual([]);
  });

  it("agree on the port and the paths of the probes", () => {
    const port = portOf(imageHttp);
    expect(read("deploy/Dockerfile")).toContain(`EXPOSE ${port}`);
    expect(portOf(manifests.find(({ kind }) => kind === "ConfigMap")?.data?.["STIPEND_HTTP"])).toBe(port);
    const [container] = pod?.containers ?? [];
    expect(container?.ports?.map(({ containerPort }) => String(containerPort))).toEqual([port]);
    expect(container?.livenessProbe?.httpGet.path).toBe("/healthz");
    expect(container?.readinessProbe?.httpGet.path).toBe("/readyz");
    const scraped = parse(read("deploy/prometheus/prometheus.yml")) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    expect(scraped.scrape_configs[0]?.static_configs[0]?.targets).toEqual(
      allocators.map(([name]) => `${name}:${port}`),
    );
  });

  it("run three brokers and three allocators, each with a volume of its own, on the versions that are tested", () => {
    const brokers = Object.entries(compose.services).filter(([name]) => name.startsWith("kafka-"));
    expect([brokers.length, allocators.length]).toEqual([3, 3]);
    const volumes = [...brokers, ...allocators].map(([, { volumes: mounts }]) => mounts?.[0]?.split(":")[0]);
    expect(new Set(volumes).size).toBe(6);
    const tested = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(read("deploy/kafka/pom.xml"))?.[1];
    for (const [, { image }] of brokers) expect(image).toBe(`apache/kafka:${tested}`);
    expect(/^ARG NODE_IMAGE=node:(\S+?)-/m.exec(read("deploy/Dockerfile"))?.[1]).toBe(PINNED_NODE);
    expect(existsSync(path.join(ROOT, "deploy", compose.services["allocator-1"]?.build?.context ?? ""))).toBe(true);
  });

  it("mount only files that there are", () => {
    const mounted = Object.values(compose.services)
      .flatMap(({ volumes }) => volumes ?? [])
      .filter((mount) => mount.startsWith("./"))
      .map((mount) => path.join("deploy", mount.split(":")[0] ?? ""));
    expect(mounted.length).toBeGreaterThan(3);
    expect(mounted.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it("ask only for metrics that there are, and the board shows each kind of them", () => {
    const rules = parse(read("deploy/prometheus/alerts.yml")) as { groups: { rules: { alert: string }[] }[] };
    expect(rules.groups[0]?.rules.length).toBeGreaterThan(5);
    const asked = new Set(
      [
        ...(read("deploy/prometheus/alerts.yml") + read("deploy/grafana/board.json")).matchAll(/\bstipend_[a-z_]+/g),
      ].map(([name]) => name.replace(/_(bucket|sum|count)$/, "")),
    );
    const known = { ...METRICS, ...GATEWAY_METRICS };
    expect([...asked].filter((name) => !Object.hasOwn(known, name))).toEqual([]);
    const unused = Object.keys(known).filter((name) => !asked.has(name));
    expect(unused).toEqual(["stipend_campaign_revision", "stipend_campaigns_not_shown", "stipend_gateway_in_flight"]);
  });

  it("watch only topics, states, verdicts and ways that there are", () => {
    const watching = read("deploy/prometheus/alerts.yml") + read("deploy/grafana/board.json");
    const labels = [...watching.matchAll(/\b(topic|state|verdict|way)=\\?"(\w[\w-]*)/g)];
    const known: Readonly<Record<string, readonly string[]>> = {
      topic: Object.keys(TOPICS),
      state: Object.keys(LIFECYCLE),
      verdict: Object.values(VERDICTS),
      way: ["came", "went"],
    };
    expect(new Set(labels.map(([, label]) => label)).size).toBe(4);
    for (const [, label = "", value] of labels) expect(known[label]).toContain(value);
  });

  it("name the version of each image, and never the latest", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };
    const images = [
      ...KUBERNETES.map(read)
        .join("\n")
        .matchAll(/^ *image: (\S+)$/gm),
    ].map(([, image]) => image);
    expect(new Set(images)).toEqual(new Set([`stipend:${version}`, `stipend-training:${version}`]));
    for (const [, { image }] of Object.entries(compose.services)) expect(image).toMatch(/:v?\d[\w.-]*$/);
  });

  it("keep the user's secret apart from what is applied again and again, and read it from files that change", () => {
    const [applied = "", ...others] = KUBERNETES.map(read);
    expect(applied).not.toMatch(/^kind: Secret$/m);
    expect(others.join("\n")).toMatch(/^kind: Secret$/m);
    for (const text of [applied, others[0] ?? ""]) expect(text).toContain("secretName: stipend-kafka");
    expect(applied).toContain("KAFKA_SASL_PASSWORD_FILE: /run/secrets/kafka/password");
    expect(applied).toMatch(/mountPath: \/run\/secrets\/kafka,/);
  });

  it("let a gateway in the open ask who comes, with probes that it answers, and without rights of its own", () => {
    const [container] = gateway?.containers ?? [];
    for (const line of [container?.args, compose.services["gateway"]?.command])
      expect(line?.join(" ")).toMatch(/^gateway --host 0\.0\.0\.0 --tokens \/run\/secrets\//);
    expect(container?.ports).toEqual([{ name: "http", containerPort: 8_080 }]);
    expect(container?.livenessProbe?.httpGet.path).toBe("/healthz");
    expect(container?.readinessProbe?.httpGet.path).toBe("/readyz");
    expect(container?.securityContext).toEqual(pod?.containers[0]?.securityContext);
    expect(gateway?.securityContext).toEqual(pod?.securityContext);
    expect(read("deploy/kubernetes/gateway.yaml")).not.toContain("secretName: stipend-kafka,");
  });

  it("spread the allocators, let in only who scrapes them, and train apart from them", () => {
    const kinds = manifests.map(({ kind }) => kind);
    expect(kinds).toContain("NetworkPolicy");
    expect(kinds).toContain("PodDisruptionBudget");
    expect(read("deploy/kubernetes/stipend.yaml")).toContain("podAntiAffinity");
    expect(pod?.containers[0]?.args).toContain("--without-retraining");
    expect(training?.containers[0]?.args).toContain("retrain");
  });

  const validator = process.env["KUBERNETES_VALIDATE"] ?? "kubernetes-validate";
  const hasValidator = spawnSync(validator, ["--version"]).status === 0;
  const needs = " [needs kubernetes-validate: pip install kubernetes-validate, or its path in KUBERNETES_VALIDATE]";
  it.skipIf(!hasValidator)(`are manifests as Kubernetes' own schemas have them${hasValidator ? "" : needs}`, () => {
    for (const file of KUBERNETES) {
      const checked = spawnSync(validator, ["--strict", path.join(ROOT, file)], { encoding: "utf8" });
      expect([file, checked.status, checked.stdout + checked.stderr]).toEqual([file, 0, expect.any(String)]);
    }
  });

  it("run it without rights, with what it may use of a machine, and with time to drain", () => {
    expect(read("deploy/Dockerfile")).toMatch(/^USER node$/m);
    expect(pod?.securityContext.runAsNonRoot).toBe(true);
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30);
    for (const [, { stop_grace_period: grace }] of allocators) expect(grace).toBe("30s");
    const [container] = pod?.containers ?? [];
    expect(container?.resources).toMatchObject({ requests: { memory: "1Gi" }, limits: { memory: "2Gi" } });
    expect(container?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });
});

test("the rights of the roles are about every topic that there is", () => {
  const [, all = ""] = /^all="([^"]+)"$/ms.exec(read("deploy/kafka/acls.sh")) ?? [];
  expect(all.replaceAll("\\\n", "").split(/\s+/).toSorted()).toEqual(Object.keys(TOPICS).toSorted());
});

test("a fetched Node is run only when it is the very one that is pinned", () => {
  const other = path.join(mkdtempSync(path.join(tmpdir(), "stipend-node-")), "node");
  writeFileSync(other, "#!/bin/sh\necho v24.21.0\n");
  for (const platform of ["linux-x64", "linux-arm64", "win32-x64"])
    expect([platform, isPinnedNode(other, platform)]).toEqual([platform, false]);
  rmSync(path.dirname(other), { recursive: true });
});
