// Texts with codings, without a browser: properties over random Unicode, and the cases that a person would name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const s = await load("shared.js", "shared_looks.js", "shared_text.js");
const times = (n, check) => { for (let seed = 1; seed <= n; seed++) check(dice(seed)); };

test("code points and UTF-16 are converted there and back, as Array.from counts them", () => times(300, ({ text, below }) => {
  const words = text(), points = Array.from(words), off = s.makeOffsets(words);
  for (let k = 0; k < 5; k++) {
    const a = below(points.length + 1), b = a + below(points.length + 1 - a);
    assert.equal(off.toUtf16(a), points.slice(0, a).join("").length);
    assert.equal(off.toCodePoints(off.toUtf16(a)), a);
    assert.equal(words.slice(off.toUtf16(a), off.toUtf16(b)), points.slice(a, b).join(""));
  }
}));

test("a lone surrogate counts as one, in both ways of counting", () => {
  const off = s.makeOffsets("a\ud83dx😀b");
  assert.equal(off.toUtf16(4), 5);
  assert.equal(off.toCodePoints(5), 4);
});

test("codings on the same words stand in the order in which they were made, what is not yet stored behind the rest", () => {
  const ids = Array.from({ length: 70_000 }, s.makeGuid), same = id => ({ id, start: 3, end: 9 });
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids.slice(0, 50)) assert.match(id, /^[\da-f]{32}$/);
  const made = [same(7), same(12), ...ids.slice(0, 9).map(same)], mixed = [...made].reverse();
  assert.deepEqual(mixed.sort(s.inOrder).map(c => c.id), made.map(c => c.id));
  assert.ok(s.inOrder(same(7), same("0000000000001234")) < 0 && s.inOrder(same("0000000000001234"), same(20_000)) > 0);
});

test("codings that follow one another closely do not share a lane where they may share a line", () => {
  const two = () => [{ start: 0, end: 10 }, { start: 12, end: 20 }];
  const lanes = room => { const list = two(); s.assignLanes(list, room); return list.map(c => c.lane); };
  assert.deepEqual(lanes(0), [0, 0]);
  assert.deepEqual(lanes(5), [0, 1]);
});

test("no two codings that overlap share a lane, and lanes are as few as the depth", () => times(200, ({ below }) => {
  const list = Array.from({ length: below(60) }, (_, id) => { const start = below(100); return { id, start, end: start + 1 + below(30) }; }).sort(s.inOrder);
  const n = s.assignLanes(list);
  for (const a of list) for (const b of list) if (a !== b && a.start < b.end && b.start < a.end) assert.notEqual(a.lane, b.lane);
  const depth = Math.max(0, ...Array.from({ length: 131 }, (_, at) => list.filter(c => c.start <= at && c.end > at).length));
  assert.equal(n, depth);
}));

test("groups hold every piece once, in order, and none grows much beyond its size", () => times(150, ({ below }) => {
  let at = 0;
  const pieces = Array.from({ length: below(40) }, () => { const start = at += below(5); return { start, end: at += 1 + below(120) }; }), groups = s.bundle(pieces, 200);
  assert.deepEqual(groups.flatMap(g => g.pieces), pieces);
  for (const g of groups) assert.ok(g.end - g.start <= 255 || g.pieces.length === 1);
}));

test("stacked labels keep their distance and their order", () => times(100, ({ below }) => {
  const tops = Array.from({ length: below(40) }, () => below(300)).sort((a, b) => a - b), at = s.stackLabels(tops).filter(y => y !== null);
  for (let i = 1; i < at.length; i++) assert.ok(at[i] - at[i - 1] >= 14);
  s.stackLabels(tops).forEach((y, i) => assert.ok(y === null || (y >= tops[i] && y - tops[i] <= 30)));
  const end = 310, low = s.stackLabels(tops, 14, 30, end).filter(y => y !== null);
  assert.equal(low.length, at.length);
  for (const [i, y] of low.entries()) assert.ok(y <= end - 14 && y <= at[i] && (!i || y - low[i - 1] >= 14));
}));

test("a colour of another program's making is a colour or nothing: it goes into style sheets", () => {
  const columns = colour => ({ id: [1], name: ["Joy"], path: ["Joy"], facet: ["pain"], colour: [colour], n: [0] });
  for (const wrong of ["red", "#12", "#12345g", "#123456;background:url(//elsewhere)", "var(--x)", "#12345678", " #123456", "#123456\n", "", null, undefined, 7, {}, ["#123456"].concat("x")]) {
    const doc = { codes: new Map() };
    s.readCodes(doc, columns(wrong));
    assert.equal(doc.codes.get(1).colour, null, String(wrong));
    for (const code of [doc.codes.get(1), s.dress({ colour: wrong })]) assert.equal(s.swatchOf(code), "--ink:var(--pb-own,light-dark(#A35A10,#F58023));border-bottom-style:solid", String(wrong));
  }
  const doc = { codes: new Map() };
  s.readCodes(doc, columns("#00aaFF"));
  assert.match(s.swatchOf(doc.codes.get(1)), /^--ink:var\(--pb-own,light-dark\(#[\da-f]{6},#00aaff\)\);border-bottom-style:solid$/);
});

test("a document unpacks with offsets in UTF-16, lanes, groups, and each turn's number of codings", () => {
  const text = "A: 😀 one two\nB: three";
  const doc = s.makeDoc({ text, language: null, turns: { start: [3, 16], end: [12, 21], speaker: ["A", "B"], role: ["participant", "interviewer"], time: [null, 7] }, pieces: { turn: [0, 1], start: [3, 16], end: [12, 21], first: [true, true] },
    codings: { id: [7, 8], start: [3, 5], end: [4, 12], code: [1, 1], coder: ["MB", "MB"], origin: ["manual", "manual"] },
    codes: { id: [1], name: ["Joy"], path: ["Joy"], facet: ["gain"], colour: [null], n: [2] } });
  assert.equal(text.slice(doc.byId.get(7).start, doc.byId.get(7).end), "😀");
  assert.equal(text.slice(doc.byId.get(8).start, doc.byId.get(8).end), "one two");
  assert.deepEqual(doc.turns.map(t => t.n), [2, 0]);
  assert.equal(doc.groups.length, 1);
  assert.equal(doc.byId.get(7).code, doc.codes.get(1));
  s.readCodes(doc, { id: [1], name: ["Delight"], path: ["Delight"], facet: ["gain"], colour: [null], n: [2] });
  assert.equal(doc.byId.get(7).code.name, "Delight", "a rename reaches the codings that are shown");
});
