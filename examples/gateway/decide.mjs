// Asks the gateway which incentive to show. Whatever goes wrong, or takes too long, nothing is shown.
//   GATEWAY=http://127.0.0.1:8080 node decide.mjs SESSION USER
const { GATEWAY, GATEWAY_TOKEN = "none", TIMEOUT_MS = "50" } = process.env;

async function incentive(sessionId, userId, attributes) {
  const timeoutMs = Number(TIMEOUT_MS);
  try {
    const answer = await fetch(`${GATEWAY}/v1/decisions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${GATEWAY_TOKEN}` },
      body: JSON.stringify({ sessionId, userId, attributes, timeoutMs }),
      signal: AbortSignal.timeout(timeoutMs + 50),
    });
    return answer.ok ? (await answer.json()).incentive : null;
  } catch {
    return null;
  }
}

const [session, user] = process.argv.slice(2);
console.log(JSON.stringify(await incentive(session, user, { visits: 5, member: true })));
