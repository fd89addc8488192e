// Codings on words and in the margin, on canvases that only note what is drawn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const s = await load("shared.js", "shared_looks.js", "shared_text.js", "shared_stripes.js");
globalThis.devicePixelRatio = 1;
// Words on the page: ten characters a line, twenty pixels high, ten wide.
globalThis.document = { createRange: () => ({ setStart(node, i) { this.a = node.at + i; }, setEnd(node, j) { this.b = node.at + j; }, getClientRects() {
  const found = [];
  for (let at = this.a; at < this.b; at = 10 * Math.floor(at / 10) + 10) {
    const line = Math.floor(at / 10), to = Math.min(this.b, 10 * line + 10);
    found.push({ left: 10 * (at % 10), right: 10 * (to - 10 * line), width: 10 * (to - at), top: 100 + 20 * line, bottom: 120 + 20 * line });
  }
  return found;
} }) };
const page = (start, end) => {
  const words = { nodeType: 3, length: end - start, at: start }, classes = new Set(), classList = { toggle: (name, on) => on ? classes.add(name) : classes.delete(name) };
  return { start, end, classes, say: { firstChild: words, lastChild: words, classList, getBoundingClientRect: () => ({ left: 0, right: 100 }) } };
};
const canvas = pen => { const all = { scale() {}, setLineDash() {}, beginPath() {}, stroke() {}, clearRect() {}, ...pen }; return { style: {}, remove() {}, getContext: () => all }; };

function drawn(codings, group = {}) {
  const names = [], bars = [], samples = [], tints = [], lines = [];
  const stripes = canvas({ measureText: t => ({ width: t.length * 6 }), fillText: (t, x, y) => names.push([t, x, y - 1]), moveTo(x, y) { this.from = [x, y]; },
    lineTo(x, y) { if (x === this.from[0]) bars.push([x, this.from[1], y]); else samples.push([this.strokeStyle, y]); } });
  const ink = canvas({ fillRect(x, y, wide, tall) { tints.push([this.fillStyle, this.globalAlpha, x, y, wide, tall]); } });
  const under = canvas({ moveTo(x, y) { this.from = x; }, lineTo(x, y) { lines.push([this.strokeStyle, this.from, x, y]); } });
  const g = { start: 0, end: 1000, pieces: [page(0, 1000)], codings: new Set(codings), el: { getBoundingClientRect: () => ({ left: 0, top: 100, height: 2000, width: 900 }) }, stripes, ink, lines: under, ...group };
  const v = { margin: 210, dark: false, colours: { tint: 0.25, full: 0.5, bg: [255, 255, 255] }, shows: c => !c.hidden, doc: { groups: [g], team: new Set(codings.map(c => c.coder)) }, active: null, spare: { ink: [], lines: [], stripes: [] } };
  s.drawGroup(v, g);
  return { v, g, names, bars, samples, tints, lines };
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
  const { names } = drawn([far, here], { start: 12, pieces: [page(12, 1000)] });
  assert.deepEqual(names.map(n => n[0]), ["far", "here"], "the first group of a text names what it shows");
  const g = { start: 12, end: 1000, pieces: [page(12, 1000)] }, again = drawn([far, here], g);
  again.v.doc.groups.unshift({ start: 0, end: 12 });
  again.names.length = 0;
  s.drawGroup(again.v, again.g);
  assert.deepEqual(again.names.map(n => n[0]), ["here"]);
});

test("each line of a coding's words is tinted and underlined from its first character to its last, in every piece", () => {
  const { tints, lines, g } = drawn([coding("one", 5, 32)]);
  assert.deepEqual(tints.map(t => t.slice(2)), [[50, 0, 50, 20], [0, 20, 100, 20], [0, 40, 100, 20], [0, 60, 20, 20]]);
  assert.deepEqual(lines.map(l => l.slice(1, 3)), [[50, 100], [0, 100], [0, 100], [0, 20]]);
  assert.ok(lines.every(([ink, , , y], i) => ink === s.INKS[0][0] && y === 20 * (i + 1) + 1), "below the words");
  assert.ok(g.pieces[0].classes.has("pb-coded"));
  const two = drawn([coding("one", 5, 32)], { pieces: [page(0, 10), page(10, 20), page(20, 40), page(40, 50)] });
  assert.deepEqual(two.tints.map(t => t[4]), [50, 100, 100, 20], "each piece by itself");
  assert.deepEqual(two.g.pieces.map(p => p.classes.has("pb-coded")), [true, true, true, false]);
  assert.deepEqual(drawn([coding("one", 5, 32, { hidden: true })]).tints, [], "not what is filtered out");
});

test("lines of three neighbouring lanes stand below each other, none over the words", () => {
  const { lines } = drawn([0, 1, 2, 3].map(lane => coding(`lane ${lane}`, lane, 9, { lane, code: s.dress({ name: "x", look: 12 * lane }) })));
  assert.deepEqual(lines.map(l => l[3]), [21, 24, 27, 21]);
  const twice = drawn([coding("double", 0, 9, { code: s.dress({ name: "x", look: 3 }) }), coding("below", 2, 9, { lane: 1 })]).lines.map(l => l[3]);
  assert.ok(twice.length === 3 && Math.min(...twice) - 0.5 >= 20 && twice[1] + 0.5 <= twice[2] - 1, `${twice}`);
});

test("words behind a mark of no width are tinted, those beyond the edge of a folded turn are not", () => {
  const { createRange } = document, of = rects => { document.createRange = () => ({ ...createRange(), getClientRects: () => rects.map(([left, right]) => ({ left, right, width: right - left, top: 100, bottom: 120 })) }); };
  of([[10, 40], [40, 40], [40, 90]]);
  assert.deepEqual(drawn([coding("mark", 0, 9)]).tints.map(t => t.slice(2)), [[10, 0, 30, 20], [40, 0, 50, 20]]);
  of([[10, 40], [90, 130], [130, 400]]);
  assert.deepEqual(drawn([coding("fold", 0, 9)]).tints.map(t => t.slice(2)), [[10, 0, 30, 20], [90, 0, 10, 20]]);
  of([[10, 100], [0, 60], [10, 100], [0, 60]]);
  assert.equal(drawn([coding("twice", 0, 9)]).tints.length, 2, "a search's mark and the words in it are one");
  document.createRange = createRange;
});

test("a group without codings has no canvas: the next one takes it, for what it was; one of the same size is wiped, not made anew", () => {
  const gone = [], any = { fillRect() {}, moveTo() {}, lineTo() {}, measureText: () => ({ width: 0 }), fillText() {} }, kept = Object.fromEntries(["ink", "lines", "stripes"].map(name => [name, { ...canvas(any), remove: () => { gone.push(name); } }]));
  const none = drawn([], kept), next = drawn([coding("next", 0, 9)]).g;
  assert.ok(!none.g.ink && !none.g.lines && !none.g.stripes && gone.length === 3);
  Object.assign(next, { ink: null, lines: null, stripes: null });
  next.el.appendChild = el => el;
  s.drawGroup(none.v, next);
  for (const name of gone) assert.equal(next[name], kept[name]);
  s.drawGroup(none.v, Object.assign(next, { codings: new Set() }));
  assert.ok(gone.length === 6 && !next.ink, "and gives it back");
  const { v, g, tints } = drawn([coding("one", 0, 9)]), was = g.ink.width = 5;
  s.drawGroup(v, g, true);
  assert.ok(g.ink.width === was && tints.length === 2);
});

test("tints mix ink and page as far as --pb-full allows, a shade is weaker or stronger, and words beyond a folded turn's edge are not tinted", () => {
  const mixed = hex => `rgb(${s.partsOf(hex).map(x => Math.round((x + 255) / 2))})`;
  for (let look = 0; look < 96; look++) {
    const [[colour, alpha]] = drawn([coding("one", 0, 5, { code: s.dress({ name: "one", look }) })]).tints;
    assert.deepEqual([colour, alpha], [mixed(s.INKS[Math.floor(look / 12)][0]), 0.25 * [1, 1.6, 0.6][look % 3]]);
  }
  const [[own]] = drawn([coding("own", 0, 5, { code: s.dress({ name: "own", look: 5, colour: "#cc0000" }) })]).tints;
  assert.equal(own, mixed(s.seenInk("#cc0000", false)));
  const folded = page(0, 1000);
  folded.say.getBoundingClientRect = () => ({ left: 0, right: 70 });
  assert.deepEqual(drawn([coding("one", 5, 10)], { pieces: [folded] }).tints.map(t => t.slice(2)), [[50, 0, 20, 20]]);
});

test("a code's pattern is in its lines and stripes, a coding not stored yet has a thin stripe, the chosen one a thick one and a bold name", () => {
  const dashes = [], widths = [], fonts = [], note = { setLineDash(d) { this.dash = String(d); }, moveTo() {}, lineTo() {}, stroke() { dashes.push(this.dash); widths.push(this.lineWidth); } };
  const stripes = canvas({ ...note, measureText: t => ({ width: t.length * 6 }), fillText() { fonts.push(this.font, this.fillStyle); } }), lines = canvas(note), ink = canvas({ fillRect() {} });
  const draw = (c, chosen) => {
    for (const list of [dashes, widths, fonts]) list.length = 0;
    const g = { start: 0, end: 1000, pieces: [page(0, 1000)], codings: new Set([c]), bars: [], el: { getBoundingClientRect: () => ({ left: 0, top: 100, height: 2000, width: 900 }) }, stripes, ink, lines };
    s.drawGroup({ margin: 210, dark: false, colours: { tint: 0.25, full: 0.5, bg: [255, 255, 255], fg: "fg", dim: "dim" }, shows: () => true, doc: { groups: [g], team: new Set() }, active: chosen ? c : null, spare: {} }, g);
  };
  for (const [look, dash] of [[0, ""], [1, "2,3"], [2, "7,3"], [3, ""]]) {
    draw(coding("one", 0, 9, { code: s.dress({ name: "one", look }) }));
    assert.deepEqual(new Set(dashes), new Set([dash]));
  }
  draw(coding("one", 0, 9));
  assert.deepEqual([widths, fonts], [[2, 3, 3], ["400 11px system-ui, sans-serif", "dim"]]);
  draw(coding("one", 0, 9, { pending: true }));
  assert.deepEqual(widths, [2, 1, 3]);
  draw(coding("one", 0, 9), true);
  assert.deepEqual([widths, fonts], [[2, 5, 5], ["600 11px system-ui, sans-serif", "fg"]]);
});

test("where names have no room there are none, none stands below its group's end, and the chosen one is never left out", () => {
  const many = [0, 1, 2, 3, 4].map(k => coding(`name ${k}`, k, 9, { lane: k }));
  const group = el => ({ start: 0, end: 1000, pieces: [page(0, 1000)], codings: new Set(many), bars: [], el: { getBoundingClientRect: () => ({ left: 0, top: 100, width: 900, ...el }) } });
  const named = (margin, chosen, height = 2000) => {
    const names = [], any = canvas({ fillRect() {}, moveTo() {}, lineTo() {}, measureText: t => ({ width: t.length * 6 }), fillText: (t, x, y) => names.push([t, y - 1]) });
    const g = Object.assign(group({ height }), { stripes: any, ink: any, lines: any });
    s.drawGroup({ margin, dark: false, colours: { tint: 0.25, full: 0.5, bg: [255, 255, 255] }, shows: () => true, doc: { groups: [g], team: new Set() }, active: chosen, spare: {} }, g);
    return names;
  };
  assert.deepEqual(named(100), []);
  assert.deepEqual(named(210).map(n => n[0]), ["name 0", "name 1", "name 2"]);
  assert.deepEqual(named(210, many[4]).map(n => n[0]), ["name 0", "name 1", "name 4"]);
  assert.ok(named(210, null, 31).every(([, y]) => y + 14 <= 31), "the group grows with its words");
});

test("each name stands behind a piece of its own stripe, and of several coders it says whose it is", () => {
  const alone = drawn([coding("first", 0, 30, { coder: "MB" }), coding("second", 41, 60, { coder: "MB", lane: 1, code: s.dress({ name: "second", look: 16 }) })]);
  assert.deepEqual(alone.names.map(([t, , y]) => [t, y]), [["first", 2], ["second", 82]]);
  assert.deepEqual(alone.samples.map(([ink, y]) => [ink, Math.floor(y)]), [[s.INKS[0][0], 9], [s.SHADES[1][0][0], 89]]);
  const two = drawn([coding("first", 0, 30, { coder: "MB" }), coding("second", 41, 60, { coder: "JK", lane: 1 }), coding("long ".repeat(5), 81, 90, { coder: "JK" })]);
  assert.deepEqual(two.names.map(([t]) => t).slice(0, 2), ["first · MB", "second · JK"]);
  assert.ok(!two.names[2][0].includes("JK"), "where there is no room for both, the code comes first");
});

test("a double line is two, apart from each other", () => {
  const drawnBars = look => drawn([coding("one", 0, 30, { code: s.dress({ name: "one", look }) })]).bars.length;
  assert.equal(drawnBars(3), 2);
  assert.deepEqual([0, 1, 2].map(drawnBars), [1, 1, 1]);
});
