// For TypeScript, which does not read the plain scripts.

/** Why a Node of these versions cannot run the programs as they are; null when it can. */
export function reasonAgainst(versions: { readonly node: string; readonly sqlite?: string }): string | null;

/** Whether an executable is the one that the pinned version has on a platform (`linux-x64`). */
export function isPinnedNode(file: string, platform?: string): boolean;
