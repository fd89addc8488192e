// The coding widget's panels, without a page: which part of a long list of codings is shown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const w = await load("coding_widget_panels.js");

test("the codings that are listed hold the one at hand and stay where they are while they can", () => {
  for (let seed = 1; seed <= 500; seed++) {
    const { below } = dice(seed), n = 1 + below(2000), from = below(2000), i = below(n + 1) - 1, at = w.pageFrom(from, i, n, 200);
    assert.ok(at >= 0 && at < n);
    if (i >= 0) assert.ok(at <= i && i < at + 200, `${i} is not among ${at} to ${at + 199}`);
    if (i >= from && i < from + 200) assert.equal(at, Math.min(from, Math.max(0, n - 200)));
    assert.ok(at <= Math.max(0, n - 200), "a page is full while there are enough");
  }
  assert.equal(w.pageFrom(0, -1, 0, 200), 0);
});
