// What the persona editor decides by itself: how rows are taken in, whose findings stand where, what they add up to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const w = await load("shared.js", "persona_editor.js");

test("rows that are new replace those of their id, in the order of the file; removed ones go", () => {
  const rows = [{ id: "a", text: "1" }, { id: "b", text: "2" }, { id: "c", text: "3" }];
  assert.deepEqual(w.mergeRows(rows, { all: false, order: ["b", "a", "d"], rows: [{ id: "a", text: "new" }, { id: "d", text: "4" }] }).map(r => r.text), ["2", "new", "4"]);
  assert.deepEqual(w.mergeRows(rows, { all: true, order: ["d"], rows: [{ id: "d", text: "4" }] }).map(r => r.id), ["d"]);
  assert.deepEqual(w.mergeRows(rows, { all: true, order: [], rows: [] }), []);
});

test("findings stand at their statement, the gravest first, and are counted in words", () => {
  const found = [{ claim: "a", level: "note" }, { claim: "a", level: "error" }, { claim: "", level: "warning" }, { claim: "b", level: "error" }];
  assert.deepEqual(w.findingsOf(found, "a").map(f => f.level), ["error", "note"]);
  assert.equal(w.findingsOf(found, "").length, 1);
  assert.equal(w.countFindings(found), "2 errors, 1 warning, 1 note");
  assert.equal(w.countFindings([]), "no findings");
  assert.deepEqual(Object.keys(w.SIGNS), ["error", "warning", "note"]);
});

test("a sentence ends once", () => assert.deepEqual(["a", "a.", "did you mean 'b'?"].map(w.stopped), ["a.", "a.", "did you mean 'b'?"]));
