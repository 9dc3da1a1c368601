// An auditor for the book. It shares no code with it: it keeps every row that the book answered with, and works the
// balances out again from the rows alone, in plain numbers.

export interface AuditRow {
  readonly what: "granted" | "returned" | "reserved" | "posted" | "voided" | "expired";
  readonly account: string;
  readonly reservation?: string;
  readonly face?: number;
  readonly send?: number;
  readonly amount?: number;
  readonly released?: number;
}

export interface Balance {
  granted: number;
  returned: number;
  held: number;
  spent: number;
}

export class Auditor {
  readonly rows: AuditRow[] = [];

  add(row: AuditRow): void {
    this.rows.push(row);
  }

  /** All rows once more, from the first. Throws at the first thing that cannot be. */
  balances(): Map<string, Balance> {
    const accounts = new Map<string, Balance>();
    const holds = new Map<string, { account: string; face: number; open: boolean }>();
    for (const [index, row] of this.rows.entries()) {
      const balance = accounts.get(row.account) ?? { granted: 0, returned: 0, held: 0, spent: 0 };
      accounts.set(row.account, balance);
      if (row.what === "granted") balance.granted = Math.max(balance.granted, row.amount ?? 0);
      else if (row.what === "returned") balance.returned += row.amount ?? 0;
      else if (row.what === "reserved") this.#reserved(row, balance, holds);
      else this.#ended(row, balance, holds);
      if (balance.held + balance.spent > balance.granted - balance.returned)
        throw new Error(`row ${index}: ${row.account} holds ${balance.held} and has spent ${balance.spent}`);
    }
    return accounts;
  }

  #reserved(row: AuditRow, balance: Balance, holds: Map<string, { account: string; face: number; open: boolean }>) {
    const id = row.reservation ?? "";
    if (holds.has(id)) throw new Error(`${id} was reserved twice`);
    holds.set(id, { account: row.account, face: row.face ?? 0, open: true });
    balance.held += row.face ?? 0;
    balance.spent += row.send ?? 0;
  }

  #ended(row: AuditRow, balance: Balance, holds: Map<string, { account: string; face: number; open: boolean }>) {
    const id = row.reservation ?? "";
    const hold = holds.get(id);
    if (hold === undefined) throw new Error(`${id} ended and was never reserved`);
    if (!hold.open) throw new Error(`${id} ended twice`);
    if (hold.account !== row.account) throw new Error(`${id} ended on ${row.account}`);
    const spent = row.what === "posted" ? (row.amount ?? 0) : 0;
    if (spent < 0 || spent + (row.released ?? 0) !== hold.face)
      throw new Error(`${id} does not add up to ${hold.face}`);
    hold.open = false;
    balance.held -= hold.face;
    balance.spent += spent;
  }
}
