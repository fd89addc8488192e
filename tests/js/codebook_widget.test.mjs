// What the codebook widget decides by itself: which rows are shown, where a code may go, which stage comes first, what a key means.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const w = await load("shared.js", "shared_frame.js", "shared_looks.js", "codebook_widget.js");
const times = (n, check) => { for (let seed = 1; seed <= n; seed++) check(dice(seed)); };
/** A tree of rows [name, parent, facet, order]; ids count from 1. */
const treeOf = rows => w.makeTree({ id: rows.map((_, i) => i + 1), name: rows.map(r => r[0]), parent: rows.map(r => (r[1] ? rows.findIndex(x => x[0] === r[1]) + 1 : null)), facet: rows.map(r => r[2] ?? "pain"),
  order: rows.map(r => r[3] ?? null), valence: rows.map(() => null), online: rows.map(() => null), colour: rows.map(() => null), words: rows.map(() => ""), include: rows.map(() => []), exclude: rows.map(() => []),
  codings: rows.map(() => 0), cases: rows.map(() => 0) });
const randomTree = ({ below, text }) => { const rows = []; for (let i = 0, n = 1 + below(14); i < n; i++) rows.push([`${i} ${text(5)}`, i && below(2) ? rows[below(i)][0] : null, below(2) ? "stage" : "pain", below(2) ? below(4) : null]); return treeOf(rows); };
const names = rows => rows.map(r => r.node.name);

test("rows show what is open, with level, place and size", () => {
  const tree = treeOf([["A"], ["B", "A"], ["C", "B"], ["D", "A"], ["E"]]);
  assert.deepEqual(names(w.shownRows(tree, new Set(), "")), ["A", "B", "C", "D", "E"]);
  assert.deepEqual(names(w.shownRows(tree, new Set([2]), "")), ["A", "B", "D", "E"]);
  assert.deepEqual(w.shownRows(tree, new Set([1]), "").map(r => [r.node.level, r.pos, r.size, r.open]), [[1, 1, 2, false], [1, 2, 2, null]]);
});

test("a query shows what fits below its parents, even in closed branches", () => {
  const tree = treeOf([["Waiting"], ["Café full", "Waiting"], ["Price"], ["Bike", null, "gain"]]);
  assert.deepEqual(w.shownRows(tree, new Set([1]), "cafe").map(r => [r.node.name, r.hit]), [["Waiting", false], ["Café full", true]]);
  assert.deepEqual(names(w.shownRows(tree, new Set(), "gain bike")), ["Bike"]);
  assert.deepEqual(names(w.shownRows(tree, new Set(), "zebra")), []);
  times(60, d => { const t = randomTree(d); assert.equal(w.shownRows(t, new Set(), "").length, t.list.length); });
});

test("a colour that is none gives way to the facet's", () => {
  const columns = { id: [1, 2], name: ["A", "B"], parent: [null, null], facet: ["pain", "pain"], colour: ["url(//elsewhere)", "#00AAFF"] };
  assert.deepEqual(w.makeTree(columns).list.map(n => n.colour), [null, "#00AAFF"]);
});

test("a code may go anywhere but into its own branch or where it is", () => times(200, d => {
  const tree = randomTree(d), n = tree.list[d.below(tree.list.length)], to = d.below(3) ? tree.list[d.below(tree.list.length)].id : null;
  const inside = to !== null && w.branchOf(n).some(x => x.id === to);
  assert.equal(w.mayMove(tree, [n.id], to), !inside && n.parent !== to);
  assert.equal(w.mayMove(tree, [], to), false);
  assert.equal(w.mayMove(tree, [9999], to), false);
}));

test("what moves along with its parent is not moved by itself", () => {
  const tree = treeOf([["A"], ["B", "A"], ["C", "B"], ["D"]]);
  assert.deepEqual(w.topmost(tree, [1, 3, 4]), [1, 4]);
});

test("stages change places: numbers in use stay where they tell siblings apart", () => {
  const kept = treeOf([["Find", null, "stage", 1], ["Ride", null, "stage", 4], ["Return", null, "stage", 7], ["Pain"]]);
  assert.deepEqual(w.reorder(kept, 3, -1), [[1, 1], [3, 4], [2, 7]]);
  assert.deepEqual(w.reorder(kept, 1, 2), [[2, 1], [3, 4], [1, 7]]);
  assert.equal(w.reorder(kept, 1, -1), null);
  assert.equal(w.reorder(kept, 4, -1), null, "no stage");
  const bare = treeOf([["Find", null, "stage", 2], ["Ride", null, "stage", 2], ["Return", null, "stage"]]);
  assert.deepEqual(w.reorder(bare, 2, -1), [[2, 1], [1, 2], [3, 3]]);
  times(200, d => {
    const tree = randomTree(d), n = tree.list[d.below(tree.list.length)], order = w.reorder(tree, n.id, d.below(2) ? 1 : -1);
    if (order) { assert.ok(order.every(([id]) => tree.byId.get(id).facet === "stage")); assert.equal(new Set(order.map(o => o[1])).size, order.length); }
  });
});

test("a key is an action, a step, or none of ours; left and right change places where writing runs left", () => {
  const own = { "rename": "f2", "move out one level": "mod+arrowleft", "undo": "mod+z", "remove": "delete" };
  assert.deepEqual(w.bookKey("f2", own), { action: "rename" });
  assert.deepEqual(w.bookKey("backspace", own), { action: "remove" });
  assert.deepEqual(w.bookKey("mod+y", own), { action: "redo" });
  assert.deepEqual(w.bookKey("shift+arrowup", own), { step: "shift+arrowup" });
  assert.deepEqual(w.bookKey("arrowright", own, true), { step: "arrowleft" });
  assert.deepEqual(w.bookKey("mod+arrowright", own, true), { action: "move out one level" });
  for (const key of ["mod+s", "mod+c", "alt+f4", "a", "tab", ""]) assert.equal(w.bookKey(key, own), null, key);
});

test("an example may stand for a coding", () => {
  assert.equal(w.codingOf("[coding 12]"), 12);
  assert.equal(w.codingOf("see [coding 12]"), null);
});

// Colours as people with the common kinds of colour vision see them (Machado, Oliveira and Fernandes 2009), compared in OKLab (Ottosson 2020).
const linear = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16) / 255).map(x => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
const times3 = (m, v) => m.map(row => Math.max(0, row[0] * v[0] + row[1] * v[1] + row[2] * v[2]));
const SIGHT = { usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]], tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]] };
const oklab = v => { const l = times3([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]], v).map(Math.cbrt);
  return [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]].map(r => r[0] * l[0] + r[1] * l[1] + r[2] * l[2]); };

test("the palette reaches 3:1 on light and dark and stays apart in all kinds of colour vision", () => {
  assert.ok(Math.abs(w.contrast("#000000", "#FFFFFF") - 21) < 0.01);
  for (const [hex] of w.PALETTE) for (const page of ["#FFFFFF", "#111111", "#212121"]) assert.ok(w.contrast(hex, page) >= 3, `${hex} on ${page}: ${w.contrast(hex, page)}`);
  for (const [sight, m] of Object.entries(SIGHT)) w.PALETTE.forEach(([a], i) => w.PALETTE.slice(i + 1).forEach(([b]) => {
    const far = Math.hypot(...oklab(times3(m, linear(a))).map((x, k) => x - oklab(times3(m, linear(b)))[k]));
    assert.ok(far >= 0.075, `${a} and ${b}, ${sight}: ${far}`);
  }));
});
