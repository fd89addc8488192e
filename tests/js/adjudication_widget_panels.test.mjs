// What the adjudication widget is sent when its text stands, without a page: which codes may fit better.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const w = await load("shared_later.js", "adjudication_widget_panels.js");

test("codes of the same facets come first, then what was typed decides", () => {
  const [a, b, c] = [["Waits", "pain"], ["Saves time", "gain"], ["Time lost", "pain"]].map(([name, facet]) => ({ name, facet, path: name }));
  assert.deepEqual(w.fittingCodes([b, a, c], "", new Set(["pain"])), [a, c, b]);
  assert.deepEqual(w.fittingCodes([a, b, c], "time", new Set(["gain"])), [c, b]);
  assert.deepEqual(w.fittingCodes([a, b, c], "zzz", new Set()), []);
});
