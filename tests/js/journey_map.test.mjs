// What the journey map decides by itself: where arrows lead, what the curve's pieces are, where something dropped comes to stand, what is strong enough.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const m = await load("shared.js", "journey_map.js");
const GRID = [[1, 1, 1], [2, 1, 3], [1, 4, 1]]; // stops of each cell

test("arrows go through a cell, then to the cell below or above", () => {
  assert.deepEqual(m.arrow(GRID, [0, 0, 0], "arrowdown"), [1, 0, 0]);
  assert.deepEqual(m.arrow(GRID, [1, 0, 0], "arrowdown"), [1, 0, 1]);
  assert.deepEqual(m.arrow(GRID, [1, 0, 1], "arrowdown"), [2, 0, 0]);
  assert.deepEqual(m.arrow(GRID, [2, 0, 0], "arrowdown"), [2, 0, 0]);
  assert.deepEqual(m.arrow(GRID, [2, 2, 0], "arrowup"), [1, 2, 2]);
  assert.deepEqual(m.arrow(GRID, [0, 1, 0], "arrowup"), [0, 1, 0]);
});

test("sideways they stay in the lane, at the same height where there is one", () => {
  assert.deepEqual(m.arrow(GRID, [1, 2, 2], "arrowleft"), [1, 1, 0]);
  assert.deepEqual(m.arrow(GRID, [1, 0, 1], "arrowright"), [1, 1, 0]);
  assert.deepEqual(m.arrow(GRID, [2, 0, 0], "arrowleft"), [2, 0, 0]);
  assert.deepEqual(m.arrow(GRID, [1, 0, 0], "end"), [1, 2, 0]);
  assert.deepEqual(m.arrow(GRID, [2, 1, 3], "home"), [2, 0, 0]);
  assert.deepEqual(m.arrow(GRID, [2, 1, 3], "mod+home"), [0, 0, 0]);
  assert.deepEqual(m.arrow(GRID, [0, 0, 0], "mod+end"), [2, 2, 0]);
});

test("whatever is pressed, there is a stop, and down to the end passes every stop of a column once", () => {
  const d = dice(7), keys = ["arrowup", "arrowdown", "arrowleft", "arrowright", "home", "end", "mod+home", "mod+end"];
  for (let n = 0; n < 200; n++) {
    const columns = 1 + d.below(5), grid = Array.from({ length: 1 + d.below(6) }, () => Array.from({ length: columns }, () => 1 + d.below(4)));
    let at = [0, 0, 0];
    for (let k = 0; k < 30; k++) { at = m.arrow(grid, at, keys[d.below(keys.length)]); assert.ok(grid[at[0]][at[1]] > at[2] && at[2] >= 0); }
    at = [0, at[1], 0];
    const seen = [at];
    for (;;) { const next = m.arrow(grid, at, "arrowdown"); if (String(next) === String(at)) break; seen.push(next); at = next; }
    assert.equal(seen.length, grid.reduce((sum, row) => sum + row[at[1]], 0));
  }
});

test("the curve has straight pieces to the middle of a neighbour, and none to a blank", () => {
  assert.deepEqual([m.level(2), m.level(0), m.level(-2)], [0, 50, 100]);
  assert.deepEqual(m.pieces([1, -1, null], 0), { left: null, right: 50 });
  assert.deepEqual(m.pieces([1, -1, null], 1), { left: 50, right: null });
  assert.deepEqual(m.pieces([1, null, 2], 1), { left: null, right: null });
  const means = [2, 0, -1];
  assert.equal(m.pieces(means, 0).right, m.pieces(means, 1).left, "neighbours meet");
});

test("what is dropped stands before those whose middle is below it", () => {
  const boxes = [{ top: 0, height: 10 }, { top: 10, height: 10 }];
  assert.deepEqual([-5, 6, 14, 99].map(y => m.dropPlace(boxes, y)), [1, 2, 2, 3]);
  assert.equal(m.dropPlace([], 3), 1);
});

test("a filter keeps what is strong enough; names are short and on one line", () => {
  assert.deepEqual(m.strongEnough([{ rank: 0 }, { rank: 2 }, { rank: 3 }], 2).map(i => i.rank), [2, 3]);
  assert.equal(m.called("a\n  b"), "“a b”");
  assert.ok(m.called("x".repeat(200)).length < 60);
  assert.equal(m.DOTS.length, 4);
});
