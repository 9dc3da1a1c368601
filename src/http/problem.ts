// Problem: a request that is not answered with what it asked for, as the client reads it:
// `{"error": code, "message": text, "field"?: path}` with the status, and what else the code's answer carries.

export interface ProblemDetails {
  /** Where in the request; left out where it is not about one place. */
  readonly field?: string;
  /** Seconds after which it may be tried again: the header Retry-After. */
  readonly retryAfter?: number;
  /** Methods that the path has: the header Allow. */
  readonly allow?: readonly string[];
  /** More fields of the answer. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export class Problem extends Error {
  override name = "Problem";
  readonly status: number;
  /** For programs: a word that does not change. */
  readonly code: string;
  readonly details: ProblemDetails;

  constructor(status: number, code: string, message: string, details: ProblemDetails = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }

  body(): object {
    const { field, more } = this.details;
    return { error: this.code, message: this.message, ...(field === undefined ? {} : { field }), ...more };
  }
}
