// Gateway metrics
// What Prometheus is told of a gateway, at its /metrics. Labels are bounded: routes as they are declared, statuses, and the
// reasons of dead letters.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { Problem } from "../http/problem.ts";
import type { HttpApp } from "../http/server.ts";

/** Every name of ours with its meaning; deploy/'s alert rules and board are held against this table. */
export const GATEWAY_METRICS = {
  stipend_gateway_requests_total:
    "Requests by route and status; POST /v1/decisions: 200 is decided, 202 pending, and 422 refused by a dead letter",
  stipend_gateway_request_seconds: "Time of a request by route, from its first byte to the end of its answer",
  stipend_gateway_in_flight: "Requests that are being answered",
  stipend_gateway_waiting: "Requests for a decision that wait for it; --max-in-flight bounds them",
  stipend_gateway_refused_total: "Requests for a decision that were answered with a dead letter's reason",
  stipend_gateway_follow_lag_seconds: "How old the latest decision was when this gateway read it",
  stipend_gateway_log_troubled: "1 while the log cannot be read or does not take what is written",
} as const;

/** Of requests, seconds: what is waited for by default is 50 ms, and ten seconds at most. */
const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface GatewayState {
  readonly waiting: () => number;
  readonly isTroubled: () => boolean;
}

export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<"route" | "status">;
  readonly #seconds: Histogram<"route">;
  readonly #inFlight: Gauge;
  readonly #refused: Counter<"reason">;
  readonly #lag: Gauge;

  constructor({ waiting, isTroubled }: GatewayState) {
    const registers = [this.#registry];
    const of = (name: keyof typeof GATEWAY_METRICS) => ({ name, help: GATEWAY_METRICS[name], registers });
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({ ...of("stipend_gateway_requests_total"), labelNames: ["route", "status"] });
    const seconds = { ...of("stipend_gateway_request_seconds"), labelNames: ["route"] as const, buckets: SECONDS };
    this.#seconds = new Histogram(seconds);
    this.#inFlight = new Gauge(of("stipend_gateway_in_flight"));
    this.#refused = new Counter({ ...of("stipend_gateway_refused_total"), labelNames: ["reason"] });
    this.#lag = new Gauge(of("stipend_gateway_follow_lag_seconds"));
    const asked = (name: keyof typeof GATEWAY_METRICS, value: () => number): void =>
      void new Gauge({
        ...of(name),
        collect() {
          this.set(value());
        },
      });
    asked("stipend_gateway_waiting", waiting);
    asked("stipend_gateway_log_troubled", () => (isTroubled() ? 1 : 0));
  }

  request(route: string, status: number, ms: number): void {
    this.#requests.inc({ route, status: String(status) });
    this.#seconds.observe({ route }, ms / 1_000);
  }

  followed(lagMs: number): void {
    this.#lag.set(Math.max(0, lagMs) / 1_000);
  }

  async scrape(): Promise<{ readonly text: string; readonly contentType: string }> {
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }

  /** Counts what the app answers, and answers /metrics; before any route is added. */
  addTo(app: HttpApp): void {
    app.addHook("onRequest", async () => this.#inFlight.inc());
    app.addHook("onResponse", async ({ method, routeOptions: { url } }, reply) => {
      this.#inFlight.dec();
      this.request(url === undefined ? "none" : `${method} ${url}`, reply.statusCode, reply.elapsedTime);
    });
    app.addHook("onError", async (_request, _reply, error) => {
      if (error instanceof Problem && error.code === "refused")
        this.#refused.inc({ reason: String(error.details.more?.["reason"]) });
    });
    app.get("/metrics", { schema: { hide: true } }, async (_request, reply) => {
      const { text, contentType } = await this.scrape();
      return await reply.type(contentType).send(text);
    });
  }
}
