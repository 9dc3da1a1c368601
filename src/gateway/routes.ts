// Routes: what is asked of the gateway over HTTP, read by the schemas of contract.ts.

import { z } from "zod";
import { InvalidInput } from "../domain/campaign/campaign.ts";
import type { HttpApp } from "../http/server.ts";
import { Problem } from "../http/problem.ts";
import { recordFrom, ValueTooLarge, valueFrom } from "../log/codec/sending.ts";
import { partitionOf, type Placement } from "../log/partitioner.ts";
import * as contract from "./contract.ts";
import type { Decisions } from "./decisions.ts";
import { decisionIdOf } from "../domain/ids.ts";
import type { PublishedSession } from "./recorded.ts";
import type { RewardNames } from "./reward-names.ts";
import type { SessionWriter } from "./writer.ts";

export interface RouteParts {
  readonly decisions: Decisions;
  readonly recorded: PublishedSession;
  readonly rewardNames: RewardNames;
  readonly writer: SessionWriter;
  readonly placement: Placement;
  readonly nowMs: () => number;
  /** Why it cannot do its work now; null: it can. */
  readonly troubles: () => string | null;
}

const PROBLEMS = {
  400: contract.problem.describe("the request is wrong: `field` says where"),
  401: contract.problem.describe("no token, or an unknown one"),
  403: contract.problem.describe("the token lacks the scope"),
  429: contract.problem.describe("too many at a time; Retry-After says when to come again"),
  503: contract.problem.describe("the log is away; Retry-After says when to come again"),
};
/** Of a request with a body. */
const BODY_PROBLEMS = {
  413: contract.problem.describe("larger than 16 KiB for a session, an outcome or a profile, or than a request may be"),
  415: contract.problem.describe("the body is not JSON, or content-type does not say so"),
};
/** Of a request with an id in its path. */
const PATH_PROBLEMS = { 414: contract.problem.describe("the id is too long") };

const DECIDE = { config: { scope: "decide" } } as const;
const READ = { config: { scope: "read" } } as const;
const MiB = 1024 * 1024;

export function addRoutes(app: HttpApp, parts: RouteParts): void {
  const { decisions, recorded, rewardNames, writer, placement, nowMs, troubles } = parts;
  app.post(
    "/v1/decisions",
    {
      ...DECIDE,
      schema: {
        operationId: "decide",
        summary: "Ask for a decision",
        body: contract.decisionRequest,
        response: {
          200: contract.decided,
          202: contract.pending,
          ...PROBLEMS,
          ...BODY_PROBLEMS,
          409: contract.problem.describe("the session id names another session"),
          422: contract.problem.describe("the allocator has refused the session: `reason` says why"),
        },
      },
    },
    async (request, reply) => {
      const { timeoutMs, ...said } = request.body;
      const now = nowMs();
      const session = checked(() => valueFrom("sessions", { ...said, atMs: said.atMs ?? now }, now));
      const isTimeGiven = said.atMs !== undefined;
      const answer = await checkedAsync(() => decisions.decide({ session, isTimeGiven, timeoutMs }));
      if (answer !== null) return answer;
      return await reply.code(202).send(pendingOf(decisionIdOf(session.sessionId)));
    },
  );

  app.get(
    "/v1/decisions/:id",
    {
      ...DECIDE,
      schema: {
        operationId: "getDecision",
        summary: "A decision by its id, when it was pending or later",
        params: z.object({ id: z.string() }),
        querystring: z.strictObject({
          userId: z.string().optional().describe("spares reading other users' partitions"),
        }),
        response: {
          200: contract.decided,
          202: contract.pending,
          ...PROBLEMS,
          ...PATH_PROBLEMS,
          404: contract.problem.describe("no such decision among the latest 200,000 records of a partition"),
          409: contract.problem.describe("the session id names another session"),
          422: contract.problem.describe("the allocator has refused the session: `reason` says why"),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const answer = await decisions.find(id, request.query.userId);
      if (answer !== null) return answer;
      return await reply.code(202).send(pendingOf(id));
    },
  );

  app.get(
    "/v1/users/:id/history",
    {
      ...READ,
      schema: {
        operationId: "getHistory",
        summary: "What a user was given lately, and what became of it",
        params: z.object({ id: z.string() }),
        querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
        response: { 200: contract.history, ...PROBLEMS, ...PATH_PROBLEMS },
      },
    },
    async (request) => {
      const { id } = request.params;
      const partition = partitionOf(Buffer.from(id), placement);
      return contract.historyOf(id, await recorded.history(id, partition, request.query.limit));
    },
  );

  app.post(
    "/v1/outcomes",
    {
      ...DECIDE,
      bodyLimit: MiB,
      schema: {
        operationId: "tellOutcomes",
        summary: "Tell what became of decisions; all of them are taken, or none",
        body: contract.outcomesRequest,
        response: { 202: contract.accepted, ...PROBLEMS, ...BODY_PROBLEMS },
      },
    },
    async (request, reply) => {
      const { outcomes } = request.body;
      const now = nowMs();
      const records = outcomes.map((outcome, index) =>
        checked(
          () => recordFrom("outcomes", { ...outcome, atMs: outcome.atMs ?? now }, placement, now),
          ["outcomes", index],
        ),
      );
      for (const [index, { decisionId, rewards }] of outcomes.entries()) {
        const fault = rewardNames.faultOf(rewards, decisions.campaignOf(decisionId));
        if (fault === null) continue;
        const field = `outcomes.${index}.rewards.${fault.name}`;
        throw new Problem(400, "unknown_reward", fault.text, { field });
      }
      await writer.write(records);
      return await reply.code(202).send({ accepted: outcomes.length });
    },
  );

  app.put(
    "/v1/profiles/:userId",
    {
      ...DECIDE,
      schema: {
        operationId: "setProfile",
        summary: "Set a user's slow attributes; the latest count",
        params: z.object({ userId: z.string() }),
        body: contract.profileRequest,
        response: { 202: contract.accepted, ...PROBLEMS, ...BODY_PROBLEMS, ...PATH_PROBLEMS },
      },
    },
    async (request, reply) => {
      const { attributes, atMs } = request.body;
      const now = nowMs();
      const profile = { userId: request.params.userId, attributes, atMs: atMs ?? now };
      await writer.write([checked(() => recordFrom("profiles", profile, placement, now))]);
      return await reply.code(202).send({ accepted: 1 });
    },
  );

  app.get("/healthz", { schema: { hide: true } }, () => ({ status: "ok" }));
  app.get("/readyz", { schema: { hide: true } }, () => {
    const trouble = writer.isStuck ? "the log does not answer" : troubles();
    if (trouble !== null) throw new Problem(503, "log_unavailable", trouble, { retryAfter: 1 });
    return { status: "ready" };
  });
}

function pendingOf(decisionId: string): contract.Pending {
  return { status: "pending", decisionId, incentive: null };
}

/** What `send` refuses too, as an answer with the field. */
function checked<T>(make: () => T, above: readonly (string | number)[] = []): T {
  try {
    return make();
  } catch (error) {
    throw problemOf(error, above);
  }
}

async function checkedAsync<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw problemOf(error, []);
  }
}

function problemOf(error: unknown, above: readonly (string | number)[]): unknown {
  if (!(error instanceof InvalidInput)) return error;
  const [, field, text = error.message] = /^\w+: (?:([^\s:]+): )?(.*)$/s.exec(error.message) ?? [];
  const path = [...above, ...(field === undefined ? [] : [field])].join(".");
  const at = path === "" ? {} : { field: path };
  return error instanceof ValueTooLarge
    ? new Problem(413, "too_large", text, at)
    : new Problem(400, "invalid", text, at);
}
