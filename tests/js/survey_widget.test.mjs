// What the survey widget decides by itself: which rows are shown, what stands together, how shares are written.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, load } from "./load.mjs";

const w = await load("survey_widget.js");
const row = (variable, more = {}) => ({ variable, label: variable, question: "", group: "", level: "ordinal", n: 10, missing: 0, used: true, role: "segments", bars: [["low", 4, "answer"], ["high", 6, "answer"]], ...more });
const rows = [row("easy", { question: "The app is easy" }), row("3. R", { group: "3" }), row("age", { role: "describes", bars: [] }), row("3. SQL", { group: "3", role: "" }), row("comment", { used: false, role: "", n: 2, missing: 8 })];
const names = some => some.map(r => r.variable);

test("a search finds names, questions and answers, all its words, in any case", () => {
  assert.deepEqual(names(w.visible(rows, { find: "EASY app" })), ["easy"]);
  assert.deepEqual(names(w.visible(rows, { find: "easy bus" })), []);
  assert.equal(w.visible(rows, { find: "high" }).length, 4);
  assert.deepEqual(names(w.visible(rows)), names(rows));
});

test("filters", () => {
  assert.deepEqual(names(w.visible(rows, { show: "segments" })), ["easy", "3. R"]);
  assert.deepEqual(names(w.visible(rows, { show: "describes" })), ["age"]);
  assert.deepEqual(names(w.visible(rows, { show: "not used" })), ["comment"]);
  assert.deepEqual(names(w.visible(rows, { show: "missing" })), ["comment"]);
});

test("options of a question stand together where the first one stands; one alone stays a row", () => {
  const items = w.grouped(rows);
  assert.deepEqual(items.map(i => i.group ?? i.row.variable), ["easy", "3", "age", "comment"]);
  assert.deepEqual(names(items[1].options), ["3. R", "3. SQL"]);
  assert.deepEqual(w.grouped(rows.slice(0, 2)).map(i => i.row?.variable), ["easy", "3. R"]);
});

test("no row is lost or doubled by grouping", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const { below } = dice(seed), some = Array.from({ length: below(12) }, (_, i) => row(`v${i}`, { group: ["", "", "a", "b"][below(4)] }));
    const out = w.grouped(some).flatMap(i => (i.group && !i.row ? i.options : [i.row]));
    assert.deepEqual(names(out).sort(), names(some).sort());
  }
});

test("shares round, but some is never none and not all is never all", () => {
  assert.deepEqual([w.percent(0, 10), w.percent(1, 1000), w.percent(1, 3), w.percent(999, 1000), w.percent(10, 10), w.percent(0, 0)], ["0 %", "< 1 %", "33 %", "> 99 %", "100 %", "–"]);
});

test("what a screen reader hears leaves codes of no answer out", () => {
  assert.equal(w.spoken(row("q", { bars: [["low", 4, "answer"], ["refused", 2, "absent"]] })), "low: 4");
  assert.equal(w.spoken(row("q", { bars: [] })), "no answers");
});

test("a question has a role when its usable options agree", () => {
  assert.equal(w.commonRole([row("a"), row("b")]), "segments");
  assert.equal(w.commonRole([row("a"), row("b", { role: "" })]), "mixed");
  assert.equal(w.commonRole([row("a"), row("b", { used: false, role: "" })]), "segments");
  assert.equal(w.commonRole([row("b", { used: false })]), "");
});

test("news replace rows of their name and keep the order; 'all' replaces everything", () => {
  const merged = w.merge(rows, { type: "some", rows: [row("age", { level: "numeric" })] });
  assert.deepEqual(names(merged), names(rows));
  assert.equal(merged[2].level, "numeric");
  assert.deepEqual(names(w.merge(rows, { type: "all", rows: [row("x")] })), ["x"]);
});

test("whoever does not answer within five seconds is not there, and the banner names what is not kept", () => {
  assert.deepEqual([w.lost(0, 99_999), w.lost(1000, 5000), w.lost(1000, 6001)], [false, false, true]);
  const changes = [w.changeOf({ type: "correct", part: "levels", variable: "age" }), w.changeOf({ type: "role", variables: ["a", "b"] })];
  assert.match(w.banner(changes), /Not connected.*Not kept so far: levels of age, choice of 2 variables\..*run this cell again/);
  assert.match(w.banner([]), /Nothing can be changed/);
});

test("what makes no segments describes them, unless that is taken away, too", () => {
  assert.deepEqual([w.roleAfter("segments", true), w.roleAfter("segments", false), w.roleAfter("describes", true), w.roleAfter("describes", false)], ["segments", "describes", "describes", ""]);
});
