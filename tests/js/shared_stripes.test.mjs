// Stripes in the margin, on a canvas that only notes what is drawn: twenty pixels a line, ten characters a line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const s = await load("shared.js", "shared_looks.js", "shared_text.js", "shared_stripes.js");
const rect = (a, b) => ({ top: 100 + 20 * Math.floor(a / 10), bottom: 120 + 20 * Math.floor((b - 1) / 10) });

function drawn(codings, group = {}) {
  const names = [], bars = [], samples = [], pen = { setTransform() {}, setLineDash() {}, beginPath() {}, stroke() {}, measureText: t => ({ width: t.length * 6 }), fillText: (t, x, y) => names.push([t, x, y - 1]),
    moveTo(x, y) { this.from = [x, y]; }, lineTo(x, y) { if (x === this.from[0]) bars.push([x, this.from[1], y]); else samples.push([this.strokeStyle, y]); } };
  const g = { start: 0, end: 1000, codings: new Set(codings), el: { getBoundingClientRect: () => ({ top: 100, height: 2000 }) }, canvas: { style: {}, getContext: () => pen }, ...group };
  const v = { margin: 210, dark: false, colours: {}, rect, shows: c => !c.hidden, doc: { groups: [g], team: new Set(codings.map(c => c.coder)) }, active: null };
  s.drawStripes(v, g);
  return { v, g, names, bars, samples };
}
const coding = (name, start, end, more = {}) => ({ id: start * 1000 + end, start, end, lane: 0, code: s.dress({ name }), ...more });

test("names stand in the order of the text, whatever order the codings came in, each beside its own begin or below", () => {
  const [a, b, c] = [coding("first", 0, 30), coding("second", 5, 12, { lane: 1 }), coding("third", 41, 60)];
  for (const order of [[a, b, c], [c, b, a], [b, c, a]]) {
    const { names } = drawn(order);
    assert.deepEqual(names.map(n => n[0]), ["first", "second", "third"]);
    assert.deepEqual(names.map(n => n[2]), [2, 16, 82], "the second is pushed down by a line of small text");
  }
});

test("of codings that begin on one line, the one that begins first has its name first, in whichever lane it stands", () => {
  for (const [one, two] of [[0, 1], [1, 0]]) {
    const { names } = drawn([coding("right", 3, 9, { lane: one }), coding("left", 0, 30, { lane: two })]);
    assert.deepEqual(names.map(n => n[0]), ["left", "right"]);
  }
});

test("a bar reaches from the first line of its coding to the last, in its own lane; what is filtered out has none", () => {
  const { bars, names } = drawn([coding("one", 0, 30), coding("two", 12, 18, { lane: 2 }), coding("gone", 0, 90, { hidden: true })]);
  assert.deepEqual(bars, [[3.5, 2, 58], [3.5 + 2 * s.LANE, 22, 38]]);
  assert.ok(names.every(n => n[0] !== "gone" && n[1] > 3 * s.LANE), "names stand right of all lanes");
});

test("a coding that began in an earlier group goes on without its name", () => {
  const far = coding("far", 0, 30), here = coding("here", 14, 20);
  const { names } = drawn([far, here], { start: 12, other: true });
  assert.deepEqual(names.map(n => n[0]), ["far", "here"], "the first group of a text names what it shows");
  const g = { start: 12, end: 1000 }, again = drawn([far, here], g);
  again.v.doc.groups.unshift({ start: 0, end: 12 });
  again.names.length = 0;
  s.drawStripes(again.v, again.g);
  assert.deepEqual(again.names.map(n => n[0]), ["here"]);
});

test("one more coding is drawn alone where it has room, and asks for a new drawing where it has none", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { below } = dice(seed), { v, g, names, bars } = drawn([coding("one", 0, 30)]), lane = below(3), c = coding("new", 10 * below(40), 995, { lane });
    const n = bars.length, fits = (lane + 1) * s.LANE + 8 <= g.namesAt;
    assert.equal(s.drawOne(v, g, c), fits);
    assert.equal(bars.length, n + Number(fits));
    if (fits) assert.deepEqual(names.filter(x => x[0] === "new").length, 1);
  }
});

test("each name stands behind a piece of its own stripe, and of several coders it says whose it is", () => {
  const alone = drawn([coding("first", 0, 30, { coder: "MB" }), coding("second", 41, 60, { coder: "MB", lane: 1, code: s.dress({ name: "second", look: 16 }) })]);
  assert.deepEqual(alone.names.map(([t, , y]) => [t, y]), [["first", 2], ["second", 82]]);
  assert.deepEqual(alone.samples.map(([ink, y]) => [ink, Math.floor(y)]), [[s.INKS[0][0], 9], [s.SHADES[1][0][0], 89]]);
  const two = drawn([coding("first", 0, 30, { coder: "MB" }), coding("second", 41, 60, { coder: "JK", lane: 1 }), coding("long ".repeat(5), 81, 90, { coder: "JK" })]);
  assert.deepEqual(two.names.map(([t]) => t).slice(0, 2), ["first · MB", "second · JK"]);
  assert.ok(!two.names[2][0].includes("JK"), "where there is no room for both, the code comes first");
});

test("a double line is a wide one with a gap", () => {
  const drawnBars = look => drawn([coding("one", 0, 30, { code: s.dress({ name: "one", look }) })]).bars.length;
  assert.equal(drawnBars(3), 2);
  assert.deepEqual([0, 1, 2].map(drawnBars), [1, 1, 1]);
});
