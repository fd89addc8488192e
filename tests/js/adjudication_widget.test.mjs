// What the adjudication widget decides without a page: what a key means, where one goes, what a quote shows, how a coding fared.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const w = await load("shared.js", "shared_frame.js", "shared_looks.js", "shared_text.js", "adjudication_widget.js");
const KEYS = { "next": "n", "left": "1", "union": "w", "undo": "mod+z", "redo": "mod+shift+z", "leave": "escape" };

test("a key means one action or nothing of ours", () => {
  assert.equal(w.actionOf("n", KEYS), "next");
  assert.equal(w.actionOf("1", KEYS), "left");
  assert.equal(w.actionOf("shift+1", KEYS), "left", "French keyboards write digits with Shift");
  assert.equal(w.actionOf("mod+y", KEYS), "redo");
  for (const key of ["", "mod+s", "mod+n", "shift+n", "z", "mod+1", "arrowdown"]) assert.equal(w.actionOf(key, KEYS), null, key);
});

test("going round a list finds what fits, or says that nothing does", () => {
  const list = ["a", "B", "c", "D"], big = x => x === x.toUpperCase();
  assert.equal(w.nextIn(list, 0, 1), 1);
  assert.equal(w.nextIn(list, 3, 1), 0);
  assert.equal(w.nextIn(list, 0, -1), 3);
  assert.equal(w.nextIn(list, -1, 1), 0);
  assert.equal(w.nextIn(list, -1, -1), 3);
  assert.equal(w.nextIn(list, 1, 1, big), 3);
  assert.equal(w.nextIn(list, 3, 1, big), 1);
  assert.equal(w.nextIn(list, 1, 1, x => x === "B"), 1, "the only one that fits is where one is");
  assert.equal(w.nextIn(list, 0, 1, () => false), -1);
  assert.equal(w.nextIn([], -1, 1), -1);
});

test("a quote marks what the other coder does not reach, and loses nothing of a short one", () => {
  const text = "When the dock is full, I walk.";
  assert.deepEqual(w.quoteParts(text, { start: 0, end: 30 }, [{ start: 5, end: 21 }]), [["When ", true], ["the dock is full", false], [", I walk.", true]]);
  assert.deepEqual(w.quoteParts(text, { start: 5, end: 21 }, [{ start: 0, end: 30 }]), [["the dock is full", false]]);
  assert.deepEqual(w.quoteParts(text, { start: 0, end: 4 }, []), [["When", false]], "without another coding nothing is anybody's own");
  const long = "x".repeat(600), [[shown]] = w.quoteParts(long, { start: 0, end: 600 }, []);
  assert.equal(shown.length, 223);
  const { below, text: random } = dice(29);
  for (let i = 0; i < 500; i++) {
    const words = random(30), n = words.length, cut = () => { const a = below(n + 1), b = below(n + 1); return { start: Math.min(a, b), end: Math.max(a, b) }; };
    const span = cut(), others = Array.from({ length: below(4) }, cut);
    if (span.end > span.start) assert.equal(w.quoteParts(words, span, others, 1e6).map(p => p[0]).join(""), words.slice(span.start, span.end));
  }
});

test("what is long is never cut inside an emoji", () => {
  for (let n = 100; n < 104; n++) {
    const text = "a".repeat(n) + "😀".repeat(300), [[shown]] = w.quoteParts(text, { start: 0, end: text.length }, []);
    assert.ok(shown.isWellFormed ? shown.isWellFormed() : true, String(n));
  }
});

test("how a coding fared", () => {
  assert.equal(w.fate(undefined, true), "agreed");
  assert.equal(w.fate({ decision: null }, true), "open");
  assert.deepEqual(["left", "right", "both", "union", "intersection", "other", "none"].map(decision => w.fate({ decision }, true)), ["kept", "dropped", "kept", "kept", "kept", "dropped", "dropped"]);
  assert.equal(w.fate({ decision: "right" }, false), "kept");
});

test("words for what differs and what was decided", () => {
  assert.equal(w.kindWords({ kind: "one coder", left: [], right: [7] }, ["MB", "JK"]), "only JK");
  assert.equal(w.kindWords({ kind: "other span", left: [1], right: [7] }, ["MB", "JK"]), "same code, other words");
  assert.equal(w.decisionWords({ decision: "right" }, ["MB", "JK"], String), "JK taken");
  assert.equal(w.decisionWords({ decision: "other", code: 5 }, ["MB", "JK"], id => `code ${id}`), "other code: code 5");
  assert.equal(w.decisionWords({ decision: null }, ["MB", "JK"], String), "");
  assert.equal(w.keyOf({ left: [1, 2], right: [] }), "1 2|");
  assert.deepEqual([w.percentOf(12, 24), w.percentOf(0, 3), w.percentOf(0, 0)], ["50 %", "0 %", ""]);
});
