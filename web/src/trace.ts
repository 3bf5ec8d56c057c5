// From the runs of a mask to its edges as closed rings.

/** x, y, x, y … of a ring's corners, in mask pixels. */
export type Corners = number[];

/**
 * The edges between object and background as closed rings, which fill by the even-odd rule.
 *
 * Every corner joins one level and one upright edge. Where two pixels touch at a corner alone both edges go straight on,
 * so there is no corner.
 */
export function ringsOf(runs: readonly number[], width: number, height: number): Corners[] {
  const xs: number[] = [];
  const ys: number[] = [];
  const upright: number[] = []; // the corner at the other end of the upright edge; of a level edge it is the neighbour
  const since = new Int32Array(width + 1); // the corner in which the upright edge at a column began
  let above: number[] = [];
  rowsOf(runs, width, height).forEach((here, y) => {
    for (let i = 0, j = 0; i < above.length || j < here.length; ) {
      const x = Math.min(above[i] ?? Infinity, here[j] ?? Infinity);
      const ends = above[i] === x;
      const begins = here[j] === x;
      if (ends) i++;
      if (begins) j++;
      if (ends && begins) continue; // the upright edge goes on
      const corner = xs.length;
      xs.push(x);
      ys.push(y);
      upright.push(corner);
      if (begins) since[x] = corner;
      else {
        upright[corner] = since[x]!;
        upright[since[x]!] = corner;
      }
    }
    above = here;
  });
  const rings: Corners[] = [];
  const passed = new Uint8Array(xs.length);
  for (let start = 0; start < xs.length; start++) {
    if (passed[start]) continue;
    const ring: Corners = [];
    for (let corner = start; !passed[corner]; corner = upright[corner ^ 1]!) {
      passed[corner] = passed[corner ^ 1] = 1;
      ring.push(xs[corner]!, ys[corner]!, xs[corner ^ 1]!, ys[corner ^ 1]!);
    }
    rings.push(ring);
  }
  return rings;
}

/** As a path; corners nearer than `step` mask pixels to the one before are left out. */
export function pathOf(rings: readonly Corners[], step: number): Path2D {
  const path = new Path2D();
  for (const ring of rings) {
    let [x, y] = ring as [number, number];
    path.moveTo(x, y);
    for (let i = 2; i < ring.length; i += 2) {
      if (Math.max(Math.abs(ring[i]! - x), Math.abs(ring[i + 1]! - y)) < step) continue;
      path.lineTo((x = ring[i]!), (y = ring[i + 1]!));
    }
    path.closePath();
  }
  return path;
}

/** Columns at which each row changes between background and object; one row more, without any. */
function rowsOf(runs: readonly number[], width: number, height: number): number[][] {
  const rows = Array.from({ length: height + 1 }, (): number[] => []);
  let start = 0;
  runs.forEach((length, index) => {
    const end = start + length;
    if (index % 2 === 1) {
      for (let from = start; from < end; ) {
        const y = Math.floor(from / width);
        const to = Math.min(end, (y + 1) * width);
        rows[y]!.push(from - y * width, to - y * width);
        from = to;
      }
    }
    start = end;
  });
  return rows;
}
