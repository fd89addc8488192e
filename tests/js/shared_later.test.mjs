// What several widgets are sent when they are open, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const s = await load("shared_later.js");
const times = (n, check) => { for (let seed = 1; seed <= n; seed++) check(dice(seed)); };

test("fuzzy match: letters in order, begins of words first, accents and case aside", () => {
  assert.equal(s.fuzzy("xyz", "Dock full"), -1);
  assert.ok(s.fuzzy("df", "Dock full") > s.fuzzy("df", "Aadvfk"));
  assert.ok(s.fuzzy("cafe", "Café visits") > 0);
  assert.ok(s.fuzzy("dock", "Dock full") > s.fuzzy("dock", "Broken dock"));
  assert.ok(s.fuzzy("fl", "Bike flat") > s.fuzzy("fl", "Bikes fall"), "letters in a row");
  assert.ok(s.fuzzy("ck", "a city kiosk") > s.fuzzy("ck", "a xcity xkiosk"), "begins of words count for more");
  assert.equal(s.fuzzy("", "anything"), 0);
  assert.ok(s.fuzzy("df", "Odd dock full") > 300 && s.fuzzy("dckf", "Dock full") > 300 && s.fuzzy("wtng", "Waiting") > 300 && s.fuzzy("cafe visits", "Café, visits") > 300);
  for (const [typed, there] of [["Taste", "Weather and streets"], ["Cost", "Consideration"], ["Store", "Staying or leaving"], ["Pride", "Price does not matter"]]) {
    const scattered = { name: there, path: there, facet: "other", n: 1 }, rows = q => s.codeRows([scattered], q, []).map(r => r.label);
    assert.deepEqual(rows(typed), [`New code “${typed}”`, there], "a new name is not taken for letters scattered over another");
    assert.equal(rows(there.slice(0, 3))[0], there);
  }
  times(100, ({ text }) => { const name = text(8).trim(); if (name) assert.ok(s.fuzzy(name, name) >= 0, JSON.stringify(name)); });
});
