// Disk room
// What is left on the disks of some folders; a folder that is not there yet, or whose disk cannot be asked, is left out.

import { statfsSync } from "node:fs";
import type { DiskRoom } from "../../observe/surroundings.ts";

type Folder = Pick<DiskRoom, "of" | "folder">;

export function diskRoom(folders: readonly Folder[]): () => readonly DiskRoom[] {
  return () => folders.flatMap(({ of, folder }) => roomOf(of, folder));
}

function roomOf(of: string, folder: string): DiskRoom[] {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder);
    return [{ of, folder, freeBytes: bavail * bsize, sizeBytes: blocks * bsize }];
  } catch {
    return [];
  }
}
