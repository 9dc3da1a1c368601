// LMDB stores
// The stores of a kind's tasks on this machine, a folder a partition: opened, or thrown away and begun anew.

import { chmodSync, existsSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../domain/error-message.ts";
import { isBelievable, setMark } from "./boot-mark.ts";
import { failingAs, LmdbStore, type FreeBytes } from "./lmdb-store.ts";
import type { DueIndex, OpenStore } from "./local-store.ts";
import { holdStores } from "./store-holder.ts";
import { systemBoot } from "../system-clock.ts";
import { countOpen, uncleanOpens } from "./unclean-opens.ts";

const MAX_UNCLEAN_OPENS = 3;

export interface LmdbOptions {
  /** Names this start of the machine. */
  readonly boot?: string;
  readonly freeBytes?: FreeBytes;
  /** Told of each store that is thrown away. */
  readonly onTrouble?: (text: string) => void;
}

/**
 * Stores below `folder`, one a partition; while one of them is open, the folder is this process's alone (store-holder.ts). A
 * store that cannot be opened, read or written, that has ended three processes in a row, or that a power cut may have left
 * in part, is thrown away: the changelog has it all.
 */
export function lmdbStores(
  folder: string,
  { boot = systemBoot(), freeBytes = freeBytesOf, onTrouble = () => undefined }: LmdbOptions = {},
): OpenStore {
  // A task that was given up closes its store late, when the next may have opened it: the mark is the next one's then.
  const users = new Map<string, number>();
  const damaged = new Map<string, string>();
  const leave = (path: string): boolean => {
    const left = (users.get(path) ?? 1) - 1;
    users.set(path, left);
    return left === 0;
  };
  const throwAway = (path: string, because: string): void => {
    onTrouble(`local store ${path} is thrown away and restored from the changelog: ${because}`);
    rmSync(path, { recursive: true, force: true });
    damaged.delete(path);
  };
  const open = (path: string, index: DueIndex, release: () => void): LmdbStore => {
    makeFolder(path, boot);
    countOpen(path);
    return new LmdbStore({
      folder: path,
      index,
      freeBytes,
      isLast: () => leave(path),
      release,
      damaged: (error) => damaged.set(path, errorMessage(error)),
    });
  };
  return (partition, index) => {
    const path = join(folder, String(partition));
    const release = holdStores(folder);
    try {
      const because = existsSync(path) ? (damaged.get(path) ?? faultOf(path, boot)) : null;
      if (because !== null) throwAway(path, because);
      const store = openOrReplace(
        () => open(path, index, release),
        (error) => throwAway(path, errorMessage(error)),
      );
      users.set(path, (users.get(path) ?? 0) + 1);
      return store;
    } catch (error) {
      release();
      throw error;
    }
  };
}

function faultOf(path: string, boot: string): string | null {
  if (!isBelievable(path, boot)) return "it was open when the machine went down";
  if (uncleanOpens(path) >= MAX_UNCLEAN_OPENS)
    return `${MAX_UNCLEAN_OPENS} processes in a row have ended without closing it`;
  return null;
}

function openOrReplace(open: () => LmdbStore, replace: (error: unknown) => void): LmdbStore {
  try {
    return open();
  } catch (error) {
    replace(error);
    return failingAs("open", open);
  }
}

function makeFolder(path: string, boot: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  setMark(path, boot);
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
