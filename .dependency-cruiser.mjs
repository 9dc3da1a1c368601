// House rules
// Who may import whom. The rooms are those of docs/ARCHITECTURE.md; each rule's comment says why it is there, for it is
// what a person sees who breaks it. test/house/imports.test.ts shows that the rules catch what they forbid.

// The port, and how it is read from either end.
const PORT = "^src/log/(reading/)?[^/]+\\.ts$";
const CODEC = "^src/log/codec/";
const TASK = "^src/task/";

/** What each room may import of the house besides domain/ and itself. */
const ROOMS = {
  task: {
    may: [PORT],
    why:
      "task/ makes any processor exactly-once. It knows the log's port and nothing of incentives, so that its laws can " +
      "be tested with a processor of three lines.",
  },
  serve: {
    may: [PORT, CODEC, TASK],
    why:
      "serve/ is a processor: it speaks to the world through the log and meets the other rooms only in records. " +
      "It meets learn/ through a release, so that a training can neither break nor slow a decision.",
  },
  treasury: {
    may: [PORT, CODEC, TASK],
    why:
      "treasury/ is a processor: it speaks to the shards through grants and reports only, because they may run in " +
      "another process on another machine.",
  },
  learn: {
    // What a policy is worth on a log is worked out in one place, for a training's evidence as for `evaluate`.
    may: ["^src/evaluate/policy/"],
    why:
      "learn/ works offline, from a table to a release. It knows no topics, so that a release can be trained wherever " +
      "the data is.",
  },
  retrain: {
    may: [PORT, CODEC],
    why:
      "retrain/ decides when to learn again and moves rows and releases between topics and files. The training itself " +
      "runs in a process of its own, which workflows/ starts, and so never on the thread of a live program.",
  },
  evaluate: {
    may: [PORT, CODEC],
    why:
      "evaluate/ looks back at topics and tables. An auditor that shared code with the ledger would share its errors: " +
      "it proves the money from the records alone.",
  },
  simulate: {
    may: [PORT, CODEC],
    why:
      "simulate/ plays the world around the allocator. It is handed the parts it plays with, and sees of them only " +
      "what a real producer sees: topics.",
  },
  http: {
    may: [],
    why:
      "http/ is what every HTTP door is built on: bounds, tokens, errors. It knows no topic and no campaign, so that " +
      "what guards one door guards all.",
  },
  gateway: {
    may: [PORT, CODEC, "^src/http/", "^src/observe/gateway-metrics\\.ts$"],
    why:
      "gateway/ is a client of the log like any other: it writes sessions and reads decisions. What knew the treasurer " +
      "or a shard could give money past them.",
  },
  report: {
    may: [],
    why:
      "report/ draws pages from figures that it is handed. It reads no topic and no table, so that the same page can be " +
      "made of a day, a table or a live campaign.",
  },
  observe: {
    may: [PORT, CODEC, "^src/task/observer\\.ts$", "^src/http/"],
    why:
      "observe/ shows running programs from outside: it reads topics like any consumer, and watches tasks through the " +
      "observer that they are given.",
  },
  settings: {
    may: ["^src/log/partitioner\\.ts$", "^src/terminal/output\\.ts$"],
    why: "settings/ turns environment variables and typed texts into values, and does nothing with them.",
  },
  terminal: {
    may: ["^src/settings/config\\.ts$"],
    why: "terminal/ is how anything reaches a terminal or comes from it; it knows nothing of what is said.",
  },
  console: {
    may: [
      PORT,
      CODEC,
      "^src/http/",
      "^src/observe/",
      "^src/workflows/(control|topics|evaluate|look-back)/",
      "^src/evaluate/(policy|verify)/",
      "^src/terminal/(progress|signals)\\.ts$",
    ],
    why:
      "console/ shows people what is on the log, and steers as any operator does: by commands on a topic. It has no way " +
      "around the treasurer, and never touches what a task holds.",
  },
};

/** Packages that one place alone may know, because no client's type may leak out of its adapter. */
const PACKAGES = {
  lmdb: { in: "^src/task/", why: "LMDB is how the local store keeps its bytes" },
  sqlite: {
    in: "^src/(log/embedded|task)/",
    why: "SQLite, which is in Node, is how the embedded log keeps its bytes, and a folder of stores its holder",
  },
  kafkajs: { in: "^src/log/kafka/", why: "Kafka is one adapter of the log's port" },
  avsc: { in: "^src/log/codec/", why: "Avro is how values are written on a topic; the rooms see nouns" },
  commander: { in: "^src/cli/", why: "the command line is cli/'s" },
  "@duckdb/node-api": {
    in: "^src/(learn|retrain|evaluate|simulate|workflows)/",
    why: "live rooms read topics, not tables",
  },
  "@tensorflow/.+": { in: "^src/learn/", why: "training is offline: live rooms classify with a release's ONNX graph" },
  "ml-kmeans": { in: "^src/learn/", why: "clusters are made offline" },
  "prom-client": { in: "^src/observe/", why: "tasks tell an observer what they do; how it is counted is observe/'s" },
  highs: { in: "^src/learn/", why: "plans are solved offline; live rooms read a release's frontier" },
  fastify: { in: "^src/(http|gateway|console)/", why: "HTTP is spoken at the doors alone" },
  opossum: { in: "^src/serve/", why: "the breaker belongs to the call of the feature service" },
};

const roomRules = Object.entries(ROOMS).map(([room, { may, why }]) => ({
  name: `room-${room}`,
  comment: why,
  severity: "error",
  from: { path: `^src/${room}/` },
  to: { path: "^src/", pathNot: ["^src/domain/", `^src/${room}/`, ...may] },
}));

const packageRules = Object.entries(PACKAGES).map(([name, rule]) => ({
  name: `package-${name.replace(/[^a-z-]/g, "")}`,
  comment: `Only ${rule.in} may import it: ${rule.why}.`,
  severity: "error",
  from: { path: "^src/", pathNot: rule.in },
  to: { path: `(^|/)node_modules/${name}/|^(node:)?${name}$` },
}));

export default {
  forbidden: [
    {
      name: "no-circle",
      comment:
        "Two files that need each other are one file, or hide a third: neither can be understood or tested alone.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "domain-alone",
      comment:
        "domain/ holds the nouns that every room exchanges. It imports no room, so that a noun means the same in all " +
        "of them, and no file, network or clock, so that a parser can be tested by a table.",
      severity: "error",
      from: { path: "^src/domain/" },
      to: { pathNot: ["^src/domain/", "(^|/)node_modules/zod/", "^(node:)?crypto$"] },
    },
    {
      name: "live-without-learn",
      comment:
        "Live rooms never import learn/: they meet it through a release. Otherwise a deployment would carry TensorFlow " +
        "and DuckDB to take a decision of microseconds, and a change of training would be a change of serving.",
      severity: "error",
      from: { path: "^src/(serve|treasury|task|log)/" },
      to: { path: "^src/learn/" },
    },
    {
      name: "log-port",
      comment:
        "The port and what belongs to every adapter (topics, partitioner) know no adapter: whoever imports the port " +
        "must not get SQLite or Kafka with it.",
      severity: "error",
      from: { path: PORT },
      to: { path: "^src/", pathNot: ["^src/domain/", PORT] },
    },
    {
      name: "log-adapters-apart",
      comment:
        "An adapter and the codec know the port and themselves. Adapters move bytes and do not know what is in them; " +
        "that is why one conformance suite fits all.",
      severity: "error",
      from: { path: "^src/log/([^/]+)/" },
      to: { path: "^src/", pathNot: ["^src/domain/", PORT, "^src/log/$1/"] },
    },
    {
      name: "task-without-incentives",
      comment: "task/ takes only the tools of domain/, none of its nouns: a cycle must not know what a campaign is.",
      severity: "error",
      from: { path: TASK },
      to: { path: "^src/domain/(money|campaign|session|decision|release)/" },
    },
    {
      name: "workflows-above-rooms",
      comment:
        "workflows/ combine rooms: a day, an evaluation, a run. A room that imported one would know every other room; " +
        "and a workflow knows no command line, so that a web page can start it too.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(workflows|cli|console)/|^src/main\\.ts$" },
      to: { path: "^src/workflows/" },
    },
    {
      name: "cli-is-outermost",
      comment: "cli/ and main.ts are the command line around the workflows: nothing else may need a command line.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(cli/|main\\.ts$)" },
      to: { path: "^src/(cli/|main\\.ts$)" },
    },
    {
      name: "commands-call-workflows",
      comment:
        "A command parses, calls a workflow and prints. What it did itself would be had from the command line only, and " +
        "tested only through it.",
      severity: "error",
      from: { path: "^src/cli/" },
      to: { path: "^src/(task|serve|treasury|learn|retrain|simulate|observe)/" },
    },
    {
      name: "one-door-to-adapters",
      comment:
        "Only workflows/connect/open-log.ts knows which log the settings name (and a day, which plays on an embedded log of its own). " +
        "Whatever else opened an adapter would work on one log and not on another.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(log/|workflows/(connect|day)/)" },
      to: { path: "^src/log/(embedded|kafka|simulated)/" },
    },
    {
      name: "known-rooms",
      comment: "A folder under src/ without a rule here would be free to import everything: give it a room's rule.",
      severity: "error",
      from: {},
      to: { path: "^src/[^/]+/", pathNot: `^src/(domain|log|workflows|cli|${Object.keys(ROOMS).join("|")})/` },
    },
    {
      name: "src-alone",
      comment: "What runs must not need what tests, measures or installs it.",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|benchmarks|fixtures|bin)/" },
    },
    {
      name: "no-dev-packages",
      comment: "A package that src/ imports is a dependency: an installation without development packages must run.",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown", "unknown", "undetermined"] },
    },
    ...roomRules,
    ...packageRules,
  ],
  options: {
    // TypeScript 7 has no parser for other tools to use; swc's sees type imports too.
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      extensions: [".ts", ".mjs", ".js"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
    },
  },
};
