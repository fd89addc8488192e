// What the evidence widget decides by itself: which statements and pieces are shown, who is counted, where a figure stands on its scale.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const w = await load("shared.js", "evidence_widget.js");
const piece = (side, who, more = {}) => ({ side, case: who, share: null, low: null, high: null, rest: null, ...more });
const rows = [piece("for", "P1"), piece("for", "P2"), piece("against", "P2"), piece("for", null)];

test("a search finds statements by all its words, in text, facet and strength", () => {
  const some = [{ text: "Finds no bike", facet: "pain", strength: "supported" }, { text: "Wants a BIKE", facet: "goal", strength: "anecdote" }];
  assert.equal(w.foundStatements(some, "bike").length, 2);
  assert.deepEqual(w.foundStatements(some, "pain bike supported"), [some[0]]);
  assert.deepEqual(w.foundStatements(some, "moon"), []);
});

test("sides and people", () => {
  assert.equal(w.foundEvidence(rows, "", "").length, 4);
  assert.deepEqual(w.foundEvidence(rows, "for", "P2"), [rows[1]]);
  assert.deepEqual(w.foundEvidence(rows, "against", "P1"), []);
  assert.deepEqual(w.quotedPeople(rows), [["P2", 2], ["P1", 1]]);
});

test("a mean has no place on a scale of shares, a share without an interval neither", () => {
  assert.equal(w.scaleOf(piece("for", null, { mean: 3 })), null);
  assert.equal(w.scaleOf(piece("for", null, { share: 0.5 })), null);
  assert.deepEqual(w.scaleOf(piece("for", null, { share: 0.5, low: 0.25, high: 0.25 })), { low: 50, wide: 1, at: 100, rest: null });
  assert.equal(w.scaleOf(piece("for", null, { share: 0.5, low: 0.25, high: 0.75, rest: 0.1 })).rest, 20);
});

test("each status has words", () => assert.deepEqual(Object.keys(w.STATUS).sort(), ["moved", "source missing", "survey missing", "withdrawn"]));
