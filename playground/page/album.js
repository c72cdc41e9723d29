// How the photos of an album share a bubble: in rows of full width, as even as their shapes allow.

const NARROWEST = 0.66;
const WIDEST = 1.78;
const ROW = 0.55; // of the width: the height that a row would best have
const TALLEST = 1.15; // of the width: the height that an album would best not pass
const MOST_IN_A_ROW = 3;

/** A photo's width by its height, as shown: what is longer is cropped. */
export const shownRatio = (ratio) => Math.min(WIDEST, Math.max(NARROWEST, ratio));

/** How many photos stand in each row, for their ratios in order. */
export function rowsOf(ratios) {
  let best = { cost: Infinity, rows: [] };
  const place = (start, rows, height, cost) => {
    if (start === ratios.length) {
      const total = cost + 0.3 * Math.max(0, height - TALLEST);
      if (total < best.cost) best = { cost: total, rows };
      return;
    }
    for (let count = 1; count <= Math.min(MOST_IN_A_ROW, ratios.length - start); count++) {
      const row = 1 / ratios.slice(start, start + count).reduce((sum, ratio) => sum + ratio, 0);
      place(start + count, [...rows, count], height + row, cost + (row - ROW) ** 2);
    }
  };
  place(0, [], 0, 0);
  return best.rows;
}
