// Legality
// What each event does to a reservation in each state, as data: total, so that a new state does not compile until each
// of its events is decided. The book (book.ts) carries these verdicts out and decides nothing about legality itself.

/** `absent` is the state of an id that was never reserved. */
export type ReservationState = "absent" | "held" | "posted" | "voided" | "expired";

export type LedgerEvent = "reserve" | "post" | "void" | "expire";

/**
 * apply      the event does what it says (if its amounts allow it)
 * compare    the id is known: the same body is `exists`, another body a named conflict
 * ended      the reservation has ended: the event that ended it is compared, any other is `late` and never money
 * not_found  there is nothing under this id
 * none       nothing to do, and nothing wrong
 */
export type LedgerRule = "apply" | "compare" | "ended" | "not_found" | "none";

// prettier-ignore
export const LEGALITY: Readonly<Record<ReservationState, Readonly<Record<LedgerEvent, LedgerRule>>>> = {
  absent:  { reserve: "apply",   post: "not_found", void: "not_found", expire: "not_found" },
  held:    { reserve: "compare", post: "apply",     void: "apply",     expire: "apply" },
  posted:  { reserve: "compare", post: "ended",     void: "ended",     expire: "none" },
  voided:  { reserve: "compare", post: "ended",     void: "ended",     expire: "none" },
  expired: { reserve: "compare", post: "ended",     void: "ended",     expire: "none" },
};
