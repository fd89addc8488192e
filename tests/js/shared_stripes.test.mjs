// Stripes in the margin, on a canvas that only notes what is drawn: twenty pixels a line, ten characters a line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const s = await load("shared.js", "shared_text.js", "shared_stripes.js");
const rect = (a, b) => ({ top: 100 + 20 * Math.floor(a / 10), bottom: 120 + 20 * Math.floor((b - 1) / 10) });

function drawn(codings, group = {}) {
  const names = [], bars = [], pen = { setTransform() {}, setLineDash() {}, beginPath() {}, stroke() {}, measureText: t => ({ width: t.length * 6 }), fillText: (t, x, y) => names.push([t, x, y - 1]),
    moveTo(x, y) { this.from = y; }, lineTo(x, y) { bars.push([x, this.from, y]); } };
  const g = { start: 0, end: 1000, codings: new Set(codings), el: { getBoundingClientRect: () => ({ top: 100, height: 2000 }) }, canvas: { style: {}, getContext: () => pen }, ...group };
  const v = { margin: 210, inks: [], colours: {}, rect, shows: c => !c.hidden, doc: { groups: [g] }, active: null };
  s.drawStripes(v, g);
  return { v, g, names, bars };
}
const coding = (name, start, end, more = {}) => ({ id: start * 1000 + end, start, end, lane: 0, code: { name, look: { ink: 0, line: 0 } }, ...more });

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
  again.v.doc.groups.unshift({ start: 0 });
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
