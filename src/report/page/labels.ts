// Labels: names beside the points of a picture, none printed over another.

export interface NamedPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** What a plot shows, and how large it is, in pixels. */
export interface Plot {
  readonly x: readonly [from: number, to: number];
  readonly y: readonly [from: number, to: number];
  readonly width: number;
  readonly height: number;
}

export interface Placed extends NamedPoint {
  readonly place: Place;
}

/** Where a name may stand beside its point, the better place first. */
export const PLACES = [
  { align: "left", dx: 7, dy: -8 },
  { align: "left", dx: 7, dy: 10 },
  { align: "right", dx: -7, dy: -8 },
  { align: "right", dx: -7, dy: 10 },
] as const;
type Place = (typeof PLACES)[number];

const FONT = 12;
/** Of a letter, of the font's size; on the large side. */
const LETTER = 0.62;

/** The names for which there is room; a table below the picture has them all. */
export function placeLabels(points: readonly NamedPoint[], plot: Plot): Placed[] {
  const taken: Box[] = [];
  return points.flatMap((point) => {
    for (const place of PLACES) {
      const box = boxOf(point, place, plot);
      if (box.left < 0 || box.right > plot.width || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      return [{ ...point, place }];
    }
    return [];
  });
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function boxOf({ name, x, y }: NamedPoint, { align, dx, dy }: Place, plot: Plot): Box {
  const at = (value: number, [from, to]: readonly [number, number]): number => (value - from) / (to - from || 1);
  const wide = name.length * FONT * LETTER;
  const left = at(x, plot.x) * plot.width + dx - (align === "right" ? wide : 0);
  const middle = (1 - at(y, plot.y)) * plot.height + dy;
  return { left, right: left + wide, top: middle - FONT / 2, bottom: middle + FONT / 2 };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
