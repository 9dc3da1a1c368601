// Feature check: whether a feature service is there, asked once before the allocator starts. A wrong address would
// otherwise be a breaker that is open for good, and decisions that lack features for ever.

import { readAnswer } from "./feature-answer.ts";
import { failureText } from "./feature-service.ts";

/** How long the answer may take: it is no decision that waits. */
const PATIENCE_MS = 5_000;

/**
 * good: it answers as the protocol says. wrong: the setting is, and no waiting will change that. away: it cannot be asked
 * now, and may be back.
 */
export type FeatureCheck = { readonly found: "good" } | { readonly found: "wrong" | "away"; readonly because: string };

/** Asks for no users. */
export async function checkFeatureService(url: string, patienceMs = PATIENCE_MS): Promise<FeatureCheck> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ users: [] }),
      signal: AbortSignal.timeout(patienceMs),
      redirect: "manual",
    });
  } catch (error) {
    return { found: isForGood(error) ? "wrong" : "away", because: failureText(error) };
  }
  const text = await response.text().catch(() => "");
  const { status } = response;
  if (status >= 300 && status < 400) return wrong(`${status}: it answers with another address, which is not followed`);
  if (status === 401 || status === 403)
    return wrong(`${status}: it asks who is there, and the protocol has no such thing`);
  if ([404, 405, 410, 415, 501].includes(status)) return wrong(`${status}: there is no feature service at this path`);
  if (!response.ok) return { found: "away", because: `it answers ${status}` };
  return isAnswer(text) ? { found: "good" } : wrong('its answer is not {"users": {…}}');
}

function wrong(because: string): FeatureCheck {
  return { found: "wrong", because };
}

function isAnswer(text: string): boolean {
  try {
    readAnswer(text, []);
    return true;
  } catch {
    return false;
  }
}

/** A name that nobody knows, a port that fetch refuses, an address with a user in it. */
function isForGood(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  if (cause instanceof Error && "code" in cause) return cause.code === "ENOTFOUND";
  return error instanceof TypeError && (!(cause instanceof Error) || cause.message === "bad port");
}
