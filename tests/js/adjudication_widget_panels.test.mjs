// What the adjudication widget is sent when its text stands, without a page: which codes may fit better.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const w = await load("shared_later.js", "adjudication_widget_panels.js");

test("codes of the same facets come first, then what was typed decides", () => {
  const [a, b, c] = [["Waits", "pain"], ["Saves time", "gain"], ["Time lost", "pain"]].map(([name, facet]) => ({ name, facet, path: name }));
  const names = (codes, query, first) => w.codeRows(codes, query, first).map(r => r.label);
  assert.deepEqual(names([b, a, c], "", [a, c]), ["Waits", "Time lost", "Saves time"]);
  assert.deepEqual(names([a, b, c], "time", [b]), ["Time lost", "Saves time", "New code “time”"]);
  assert.deepEqual(names([a, b, c], " zzz ", []), ["New code “zzz”"]);
  assert.deepEqual(names([a, b, c], "SAVES TIME", []), ["Saves time"], "a name in other letters is no other name");
  assert.deepEqual(names([a, b, c], "Waits", []), ["Waits"], "what is there is not made anew");
});
