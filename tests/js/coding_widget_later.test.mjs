// What the coding widget is sent when its text stands, without a page: which code comes first, whole words, finding.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const first = await load("shared.js", "shared_frame.js", "shared_looks.js", "shared_text.js", "shared_stripes.js", "coding_widget.js"), s = { ...first, ...await load("shared_later.js", "coding_widget_later.js") }, w = s;
s.useText(first);
const times = (n, check) => { for (let seed = 1; seed <= n; seed++) check(dice(seed)); };

test("the palette puts recent codes first, then the best fit", () => {
  const [a, b, c] = ["Dock full", "Broken dock", "Price"].map(name => ({ name, path: name }));
  assert.deepEqual(w.rankCodes([a, b, c], "", [c]), [c, a, b]);
  assert.deepEqual(w.rankCodes([a, b, c], "dock", [c]), [a, b]);
  assert.deepEqual(w.rankCodes([a, b, c], "zzz", []), []);
  assert.deepEqual(w.rankCodes([a, { name: "Late", path: "Pains / Late" }], "pains", []).map(x => x.name), ["Late"]);
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

test("at a word's end that word is looked at, behind a full stop or a space what follows", () => {
  const from = marked => { const at = marked.indexOf("|"); return marked.replace("|", "").slice(w.lookFrom(marked.replace("|", ""), at)); };
  assert.equal(from("the dock|. When"), "k. When");
  assert.equal(from("I take| it"), "e it");
  assert.equal(from("yes|"), "s");
  assert.equal(from("walk.| It"), "It");
  assert.equal(from("“No.”|  He left"), "He left");
  assert.equal(from("Well,| I"), "I");
  assert.equal(from("a bi|ke"), "ke");
  assert.equal(from("|Yes"), "Yes");
});

test("a text and its small letters have the same length, whatever is in it", () => {
  times(200, ({ text }) => { const words = text(); assert.equal(s.small(words).length, words.length); });
  const text = "İİ İstanbul'da DOCK dolu", at = s.small(text).indexOf(s.small("dock"));
  assert.equal(text.slice(at, at + 4), "DOCK");
  assert.equal(s.small("İSTANBUL"), s.small("istanbul"));
});
