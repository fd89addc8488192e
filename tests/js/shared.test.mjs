// The shared helpers, without a browser: properties over random Unicode, and the cases that a person would name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const s = await load("shared.js");
const times = (n, check) => { for (let seed = 1; seed <= n; seed++) check(dice(seed)); };

test("code points and UTF-16 are converted there and back, as Array.from counts them", () => times(300, ({ text, below }) => {
  const words = text(), points = Array.from(words), off = s.makeOffsets(words);
  assert.equal(off.length, points.length);
  for (let k = 0; k < 5; k++) {
    const a = below(points.length + 1), b = a + below(points.length + 1 - a);
    assert.equal(off.toUtf16(a), points.slice(0, a).join("").length);
    assert.equal(off.toCodePoints(off.toUtf16(a)), a);
    assert.equal(words.slice(off.toUtf16(a), off.toUtf16(b)), points.slice(a, b).join(""));
  }
}));

test("a lone surrogate counts as one, in both ways of counting", () => {
  const off = s.makeOffsets("a\ud83dx😀b");
  assert.equal(off.length, Array.from("a\ud83dx😀b").length);
  assert.equal(off.toUtf16(4), 5);
});

test("a span is trimmed and snapped to whole words and never cuts a pair or a combining mark", () => times(300, ({ text, below }) => {
  const words = text(), doc = { text: words, pieces: [{ start: 0, end: words.length }], segments: s.makeSegments("en") };
  const a = below(words.length + 1), b = a + below(words.length + 1 - a), [x, y] = s.snapSpan(doc, a, b);
  assert.ok(x <= y);
  if (x === y) { assert.equal(words.slice(a, b).trim(), ""); return; }
  assert.ok(!/^\s|\s$/.test(words.slice(x, y)), "white space at an end");
  for (const at of [x, y]) {
    const pair = /[\ud800-\udbff]/.test(words[at - 1] ?? "") && /[\udc00-\udfff]/.test(words[at] ?? "");
    assert.ok(!pair && !(words[at] === "\u0301" && /\S/.test(words[at - 1] ?? " ")), `cut at ${at}`);
  }
}));

test("snapping takes whole words", () => {
  const text = "Well, I don't know 😀 why.", doc = { text, pieces: [{ start: 0, end: text.length }], segments: s.makeSegments("en") };
  const snap = (a, b) => text.slice(...s.snapSpan(doc, a, b));
  assert.equal(snap(text.indexOf("on't"), text.indexOf("ow 😀")), "don't know");
  assert.equal(snap(text.indexOf("😀") + 1, text.indexOf("😀") + 2), "😀");
  assert.equal(snap(5, 6), "");
});

test("steps go through the whole text, forth and back, over graphemes and words", () => times(100, ({ text }) => {
  const words = text(), segments = s.makeSegments("en");
  for (const unit of ["grapheme", "word"]) {
    let at = 0, n = 0;
    while (at < words.length) { const next = s.stepFrom(segments, words, at, unit, 1); assert.ok(next > at); at = next; assert.ok(n++ < 500); }
    while (at > 0) { const next = s.stepFrom(segments, words, at, unit, -1); assert.ok(next < at); at = next; }
  }
  assert.equal(s.stepFrom(segments, "👩🏽‍🔬x", 0, "grapheme", 1), "👩🏽‍🔬".length);
}));

test("codings on the same words stand in the order in which they were made, what is not yet stored behind the rest", () => {
  const ids = Array.from({ length: 70_000 }, s.makeGuid), same = id => ({ id, start: 3, end: 9 });
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids.slice(0, 50)) assert.match(id, /^[\da-f]{32}$/);
  const made = [same(7), same(12), ...ids.slice(0, 9).map(same)], mixed = [...made].reverse();
  assert.deepEqual(mixed.sort(s.inOrder).map(c => c.id), made.map(c => c.id));
  assert.ok(s.inOrder(same(7), same("0000000000001234")) < 0 && s.inOrder(same("0000000000001234"), same(20_000)) > 0);
});

test("no two codings that overlap share a lane, and lanes are as few as the depth", () => times(200, ({ below }) => {
  const list = Array.from({ length: below(60) }, (_, id) => { const start = below(100); return { id, start, end: start + 1 + below(30) }; }).sort(s.inOrder);
  const n = s.assignLanes(list);
  for (const a of list) for (const b of list) if (a !== b && a.start < b.end && b.start < a.end) assert.notEqual(a.lane, b.lane);
  const depth = Math.max(0, ...Array.from({ length: 131 }, (_, at) => list.filter(c => c.start <= at && c.end > at).length));
  assert.equal(n, depth);
  const fresh = { start: below(100), end: 110 };
  const lane = s.freeLane(fresh, list);
  assert.ok(list.every(o => o.lane !== lane || o.end <= fresh.start || o.start >= fresh.end));
}));

test("pieces and groups hold every word of every turn once, in order, and cut no pair", () => times(150, ({ text, below }) => {
  let words = "";
  const turns = Array.from({ length: below(8) }, () => {
    words += `\n${["Anna", "Interviewer"][below(2)]}: `;
    const start = words.length;
    words += text(300);
    return { start, end: words.length, speaker: "Anna" };
  });
  const pieces = s.cutPieces(words, turns, 60), groups = s.bundle(pieces, 200);
  assert.deepEqual(groups.flatMap(g => g.pieces), pieces);
  for (let i = 1; i < pieces.length; i++) assert.ok(pieces[i].start >= pieces[i - 1].end);
  turns.forEach((t, i) => {
    const shown = pieces.filter(p => p.turn === i).map(p => words.slice(p.start, p.end)).join("");
    assert.equal(shown.replace(/\s/g, ""), words.slice(t.start, t.end).replace(/\s/g, ""));
  });
  for (const p of pieces) assert.ok(!(/[\udc00-\udfff]/.test(words[p.end] ?? "") && /[\ud800-\udbff]/.test(words[p.end - 1] ?? "")));
}));

test("labels are hidden between turns, headings are not", () => {
  const text = "Second interview, at home\n\nANNA: Yes.\n[00:12] Ben: No.", at = w => [text.indexOf(w), text.indexOf(w) + w.length];
  const turns = [["Yes.", "Anna"], ["No.", "Ben"]].map(([w, speaker]) => ({ start: at(w)[0], end: at(w)[1], speaker }));
  assert.deepEqual(s.cutPieces(text, turns).map(p => [p.turn, text.slice(p.start, p.end)]), [[-1, "Second interview, at home\n\nANNA:"], [0, "Yes."], [1, "No."]]);
});

test("stacked labels keep their distance and their order", () => times(100, ({ below }) => {
  const tops = Array.from({ length: below(40) }, () => below(300)).sort((a, b) => a - b), at = s.stackLabels(tops).filter(y => y !== null);
  for (let i = 1; i < at.length; i++) assert.ok(at[i] - at[i - 1] >= 14);
  s.stackLabels(tops).forEach((y, i) => assert.ok(y === null || (y >= tops[i] && y - tops[i] <= 30)));
}));

test("fuzzy match: letters in order, begins of words first, accents and case aside", () => {
  assert.equal(s.fuzzy("xyz", "Dock full"), -1);
  assert.ok(s.fuzzy("df", "Dock full") > s.fuzzy("df", "Aadvfk"));
  assert.ok(s.fuzzy("cafe", "Café visits") > 0);
  assert.ok(s.fuzzy("dock", "Dock full") > s.fuzzy("dock", "Broken dock"));
  assert.equal(s.fuzzy("", "anything"), 0);
  times(100, ({ text }) => { const name = text(8).trim(); if (name) assert.ok(s.fuzzy(name, name) >= 0, JSON.stringify(name)); });
});

test("a key has one name on every layout, and none while an input method composes", () => {
  const key = (key, more = {}) => s.chord({ key, code: "", ...more });
  assert.equal(key("s", { code: "KeyS" }), "s");
  assert.equal(key("S", { code: "KeyS", shiftKey: true }), "shift+s");
  assert.equal(key("ד", { code: "KeyS" }), "s");
  assert.equal(key("?", { shiftKey: true, code: "Slash" }), "?");
  assert.equal(key("!", { shiftKey: true, code: "Digit1" }), "shift+1");
  assert.equal(key("z", { ctrlKey: true }), "mod+z");
  assert.equal(key("Z", { metaKey: true, shiftKey: true, code: "KeyZ" }), "mod+shift+z");
  assert.equal(key("ArrowLeft", { shiftKey: true }), "shift+arrowleft");
  assert.equal(key("s", { isComposing: true }), "");
  assert.equal(key("Process", { keyCode: 229 }), "");
  assert.equal(key("{", { ctrlKey: true, altKey: true, getModifierState: () => true }), "{");
});

test("the outbox outlives its page, forgets what was acknowledged, and lives without storage", () => {
  const storage = {}, methods = { getItem: k => storage[k] ?? null, setItem: (k, v) => { storage[k] = v; }, removeItem: k => { delete storage[k]; } };
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(storage, name, { value, enumerable: false });
  const box = s.makeOutbox(storage, "k");
  box.put({ guid: "a", type: "add" });
  box.put({ guid: "b", type: "add" });
  assert.equal(box.done("a").guid, "a");
  assert.equal(s.makeOutbox(storage, "k").all()[0].guid, "b");
  s.makeOutbox(storage, "k").done("b");
  assert.equal(Object.keys(storage).length, 0);
  const one = s.makeOutbox(storage, "k"), two = s.makeOutbox(storage, "k");
  one.put({ guid: "e" });
  two.put({ guid: "f" });
  two.done("f");
  two.put({ guid: "g" });
  assert.deepEqual(s.makeOutbox(storage, "k").all().map(m => m.guid), ["e", "g"], "two views in one tab keep each other's");
  assert.equal(s.makeOutbox(storage, "k2").size, 0);
  const said = [];
  for (const m of one.all()) m.at = Date.now();
  s.sayAgain(one, m => said.push(m.guid), false);
  assert.deepEqual(said, []);
  one.all()[0].at -= 6000;
  s.sayAgain(one, m => said.push(m.guid), false);
  s.sayAgain(one, m => said.push(m.guid), false);
  assert.deepEqual(said, ["e"], "what has waited is said again, once in five seconds");
  s.sayAgain(one, m => said.push(m.guid), true);
  assert.deepEqual(said, ["e", "e"]);
  const none = s.makeOutbox(null, "k");
  none.put({ guid: "c" });
  assert.equal(none.size, 1);
  const full = s.makeOutbox({ getItem: () => "not json", setItem: () => { throw new Error("full"); }, removeItem() {} }, "k");
  full.put({ guid: "d" });
  assert.equal(full.size, 1);
});

test("columns become rows", () => {
  assert.deepEqual(s.unpack({ a: [1, 2], b: ["x", "y"] }), [{ a: 1, b: "x" }, { a: 2, b: "y" }]);
  assert.deepEqual(s.unpack({}), []);
});

test("a colour of another program's making is a colour or nothing: it goes into style sheets", () => {
  const columns = colour => ({ id: [1], name: ["Joy"], path: ["Joy"], facet: ["pain"], colour: [colour], n: [0] });
  for (const wrong of ["red", "#12", "#12345g", "#123456;background:url(//elsewhere)", "var(--x)", "#12345678", " #123456", "#123456\n", "", null, undefined, 7, {}, ["#123456"].concat("x")]) {
    const doc = { codes: new Map() };
    s.readCodes(doc, columns(wrong));
    assert.equal(doc.codes.get(1).colour, null, String(wrong));
    for (const code of [doc.codes.get(1), { colour: wrong, look: { ink: 0, line: 0 } }]) assert.equal(s.swatchOf(code), "--ink:var(--pb-ink0);border-bottom-style:solid", String(wrong));
  }
  const doc = { codes: new Map() };
  s.readCodes(doc, columns("#00aaFF"));
  assert.match(s.swatchOf(doc.codes.get(1)), /^--ink:light-dark\(#[\da-f]{6},#00aaff\);border-bottom-style:solid$/);
});

test("every look is one of the inks and lines, and inks differ on light and dark", () => {
  for (const facet of ["pain", "gain", "stage", "other", "need"]) for (let id = 0; id < 40; id++) {
    const look = s.lookOf({ id, facet });
    assert.ok(s.INKS[look.ink] && s.LINES[look.line]);
  }
  const light = c => [1, 3, 5].map(i => parseInt(c.slice(i, i + 2), 16) / 255).map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((a, v, i) => a + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  for (const [day, night] of s.INKS) { assert.ok(contrast(day, "#ffffff") >= 4.5, day); assert.ok(contrast(night, "#111111") >= 4.5, night); }
  // A code's own colour may be any: it is drawn as it is where it can be seen, and else as near as it can be seen.
  for (let i = 0; i < 500; i++) {
    const hex = "#" + Math.floor(Math.random() * 0x1000000).toString(16).padStart(6, "0"), [day, night] = [s.seenInk(hex, false), s.seenInk(hex, true)];
    assert.ok(contrast(day, "#ffffff") >= 3 && contrast(night, "#212121") >= 3, hex);
    if (contrast(hex, "#ffffff") >= 3.25) assert.equal(day, hex);
    if (contrast(hex, "#212121") >= 3.25) assert.equal(night, hex);
  }
  assert.ok(s.isDark("rgb(17, 17, 17)") && !s.isDark("rgb(255, 255, 255)") && !s.isDark("rgba(0, 0, 0, 0)"));
});
