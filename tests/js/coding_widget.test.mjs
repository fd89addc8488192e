// What the coding widget opens with, without a page: what a key means, how the caret steps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const w = await load("shared.js", "shared_frame.js", "shared_looks.js", "shared_text.js", "shared_stripes.js", "coding_widget.js");
const own = { "code": "enter", "undo": "mod+z", "redo": "mod+shift+z", "remove": "delete", "sentence": "s" };
const times = (n, check) => { for (let seed = 1; seed <= n; seed++) check(dice(seed)); };

test("a key means one thing: a code's own, a recent code, a stage, an action, or nothing of ours", () => {
  assert.deepEqual(w.meaning("q", own, { q: 12 }), { code: 12 });
  assert.deepEqual(w.meaning("1", own, {}), { recent: 0 });
  assert.deepEqual(w.meaning("shift+9", own, {}), { stage: 8 });
  assert.deepEqual(w.meaning("s", own, {}), { action: "sentence" });
  assert.deepEqual(w.meaning("backspace", own, {}), { action: "remove" });
  assert.deepEqual(w.meaning("mod+y", own, {}), { action: "redo" });
  for (const key of ["mod+s", "mod+c", "alt+f4", "x", "0", ""]) assert.equal(w.meaning(key, own, {}), null, key);
});

test("steps go through the whole text, forth and back, over graphemes and words", () => times(100, ({ text }) => {
  const words = text(), segments = w.makeSegments("en");
  for (const unit of ["grapheme", "word"]) {
    let at = 0, n = 0;
    while (at < words.length) { const next = w.stepFrom(segments, words, at, unit, 1); assert.ok(next > at); at = next; assert.ok(n++ < 500); }
    while (at > 0) { const next = w.stepFrom(segments, words, at, unit, -1); assert.ok(next < at); at = next; }
  }
  assert.equal(w.stepFrom(segments, "👩🏽‍🔬x", 0, "grapheme", 1), "👩🏽‍🔬".length);
}));

test("a step over a word goes to its far end: stops, commas and dashes before it are no words, what stands at the very end is", () => {
  const text = "He is eighty-eight, or 😀 so (50 %)…", segments = w.makeSegments("en");
  const steps = (at, way) => { const all = []; for (;;) { const next = w.stepFrom(segments, text, at, "word", way); if (next === at) return all; all.push(text.slice(Math.min(at, next), Math.max(at, next))); at = next; } };
  assert.deepEqual(steps(0, 1), ["He", " is", " eighty", "-eight", ", or", " 😀", " so", " (50", " %)…"]);
  assert.deepEqual(steps(text.length, -1), ["50 %)…", "so (", "😀 ", "or ", "eight, ", "eighty-", "is ", "He "]);
});

test("a span ends where words of a turn do: neither white space nor a speaker's name is part of it", () => {
  const text = "I: How? \n\nAnna: Well. Yes.\n\nI: So", pieces = [[3, 8], [16, 26], [31, 33]].map(([start, end]) => ({ start, end })), cut = (a, b) => text.slice(...w.within({ text, pieces }, a, b));
  assert.equal(cut(3, 8), "How?");
  assert.equal(cut(0, 12), "How?");
  assert.equal(cut(3, 16), "How?", "an end at a turn's first word");
  assert.equal(cut(8, 20), "Well");
  assert.equal(cut(8, 16), "", "a name alone");
  assert.equal(cut(28, 99), "So");
  assert.equal(cut(3, 20), "How? \n\nAnna: Well", "what goes over two turns is one span");
  assert.equal(cut(33, 33) + cut(0, 3), "");
});

test("a new coding takes a lane that none of those it overlaps has", () => times(200, ({ below }) => {
  const list = Array.from({ length: below(60) }, (_, id) => { const start = below(100); return { id, start, end: start + 1 + below(30) }; }).sort(w.inOrder), fresh = { start: below(100), end: 110 };
  w.assignLanes(list);
  const lane = w.freeLane(fresh, list);
  assert.ok(list.every(o => o.lane !== lane || o.end <= fresh.start || o.start >= fresh.end));
  for (let i = 0; i < lane; i++) assert.ok(list.some(o => o.lane === i && o.start < fresh.end && o.end > fresh.start), "the first that is free");
}));
