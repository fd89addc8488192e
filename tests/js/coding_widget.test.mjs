// What the coding widget decides without a page: what a key means, which code comes first.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const w = await load("shared.js", "coding_widget.js");
const own = { "code": "enter", "undo": "mod+z", "redo": "mod+shift+z", "remove": "delete", "sentence": "s" };

test("a key means one thing: a code's own, a recent code, a stage, an action, or nothing of ours", () => {
  assert.deepEqual(w.meaning("q", own, { q: "Waiting" }), { code: "Waiting" });
  assert.deepEqual(w.meaning("1", own, {}), { recent: 0 });
  assert.deepEqual(w.meaning("shift+9", own, {}), { stage: 8 });
  assert.deepEqual(w.meaning("s", own, {}), { action: "sentence" });
  assert.deepEqual(w.meaning("backspace", own, {}), { action: "remove" });
  assert.deepEqual(w.meaning("mod+y", own, {}), { action: "redo" });
  for (const key of ["mod+s", "mod+c", "alt+f4", "x", "0", ""]) assert.equal(w.meaning(key, own, {}), null, key);
});

test("the palette puts recent codes first, then the best fit", () => {
  const [a, b, c] = ["Dock full", "Broken dock", "Price"].map(name => ({ name, path: name }));
  assert.deepEqual(w.rankCodes([a, b, c], "", [c]), [c, a, b]);
  assert.deepEqual(w.rankCodes([a, b, c], "dock", [c]), [a, b]);
  assert.deepEqual(w.rankCodes([a, b, c], "zzz", []), []);
  assert.deepEqual(w.rankCodes([a, { name: "Late", path: "Pains / Late" }], "pains", []).map(x => x.name), ["Late"]);
});

test("a document unpacks with offsets in UTF-16, lanes, groups, and each turn's number of codings", () => {
  const text = "A: 😀 one two\nB: three";
  const doc = w.makeDoc({ text, language: null, turns: { start: [3, 16], end: [12, 21], speaker: ["A", "B"], role: ["participant", "interviewer"], time: [null, 7] },
    codings: { id: [7, 8], start: [3, 5], end: [4, 12], code: [1, 1], coder: ["MB", "MB"], origin: ["manual", "manual"] },
    codes: { id: [1], name: ["Joy"], path: ["Joy"], facet: ["gain"], colour: [null], n: [2] } });
  assert.equal(text.slice(doc.byId.get(7).start, doc.byId.get(7).end), "😀");
  assert.equal(text.slice(doc.byId.get(8).start, doc.byId.get(8).end), "one two");
  assert.deepEqual(doc.turns.map(t => t.n), [2, 0]);
  assert.equal(doc.groups.length, 1);
  assert.equal(doc.byId.get(7).code, doc.codes.get(1));
  w.readCodes(doc, { id: [1], name: ["Delight"], path: ["Delight"], facet: ["gain"], colour: [null], n: [2] });
  assert.equal(doc.byId.get(7).code.name, "Delight", "a rename reaches the codings that are shown");
});
