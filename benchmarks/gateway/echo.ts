// The bare fastify of the gateway benchmark: parses a JSON body and answers a small object, and does nothing else. What an
// HTTP round trip costs here, whatever is behind it.

import Fastify from "fastify";

const app = Fastify();
app.post("/v1/decisions", (request) => {
  const { sessionId } = request.body as { sessionId: string };
  return { status: "decided", decisionId: `d-${sessionId}`, incentive: null };
});
const address = await app.listen({ host: "127.0.0.1", port: 0 });
console.log(JSON.stringify({ event: "listening", address }));
process.once("SIGTERM", () => void app.close());
