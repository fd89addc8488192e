// What the codebook widget is sent when its tree stands, without a page: where letters lead.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const first = await load("shared.js", "shared_frame.js", "shared_looks.js", "codebook_widget.js"), w = { ...first, ...await load("shared_later.js", "codebook_widget_panels.js") };
w.useBook(first);
/** A tree of rows [name, parent, facet, order]; ids count from 1. */
const treeOf = rows => w.makeTree({ id: rows.map((_, i) => i + 1), name: rows.map(r => r[0]), parent: rows.map(r => (r[1] ? rows.findIndex(x => x[0] === r[1]) + 1 : null)), facet: rows.map(r => r[2] ?? "pain"),
  order: rows.map(r => r[3] ?? null), valence: rows.map(() => null), online: rows.map(() => null), colour: rows.map(() => null), words: rows.map(() => ""), include: rows.map(() => []), exclude: rows.map(() => []),
  codings: rows.map(() => 0), cases: rows.map(() => 0) });

test("letters lead to the next code that begins so, one letter again and again goes round", () => {
  const rows = w.shownRows(treeOf([["Apple"], ["Ärger"], ["Bike"], ["Arrive"]]), new Set(), "");
  assert.equal(w.typeAhead(rows, 0, "a"), 1);
  assert.equal(w.typeAhead(rows, 1, "aa"), 3);
  assert.equal(w.typeAhead(rows, 0, "ar"), 1);
  assert.equal(w.typeAhead(rows, 1, "arr"), 3);
  assert.equal(w.typeAhead(rows, 3, "b"), 2);
  assert.equal(w.typeAhead(rows, 0, "z"), -1);
  assert.equal(w.typeAhead([], 0, "z"), -1);
});
