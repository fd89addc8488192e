// @ts-check
// The frame of the widgets that code: their keys among the page's, and the words about how things stand.
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const s = await load("shared.js", "shared_frame.js");

function frame({ waiting = 0, readonly = false } = {}) {
  const el = (more = {}) => ({ textContent: "", hidden: true, classes: new Set(), classList: { toggle(name, on) { on ? this.of.classes.add(name) : this.of.classes.delete(name); }, of: null }, ...more });
  const v = { kept: el(), banner: el(), buttons: { undo: { title: "", disabled: false }, redo: { title: "", disabled: false } }, link: { outbox: { size: waiting }, state: () => ({ readonly }) } };
  v.kept.classList.of = v.kept;
  s.joinStanding(v);
  return v;
}

test("what waits, what is saved and what is read-only is said", () => {
  const v = frame({ waiting: 2 });
  v.standing();
  assert.equal(v.kept.textContent, "2 waiting");
  assert.ok(v.kept.classes.has("pb-waiting"));
  v.link.outbox.size = 0;
  v.standing();
  assert.equal(v.kept.textContent, "saved");
  assert.ok(!v.kept.classes.has("pb-waiting"));
  const closed = frame({ readonly: true });
  closed.standing();
  assert.equal(closed.kept.textContent, "read-only");
});

test("a kernel that does not answer is said with what waits, and no longer when it is back", () => {
  const v = frame({ waiting: 1 });
  v.lost(true);
  assert.match(v.banner.textContent, /1 change waits here/);
  assert.equal(v.banner.hidden, false);
  v.link.outbox.size = 3;
  v.lost(true);
  assert.match(v.banner.textContent, /3 changes wait here/);
  v.lost(false);
  assert.equal(v.banner.hidden, true);
});

test("undo and redo say what they would do, and are off where there is nothing or nothing may be changed", () => {
  const v = frame(), { undo, redo } = v.buttons;
  v.steps({ undo: "code 'Joy'", redo: null }, false);
  assert.deepEqual([undo.title, undo.ariaLabel, undo.disabled], ["Undo: code 'Joy'", "Undo: code 'Joy'", false]);
  assert.deepEqual([redo.title, redo.disabled], ["Nothing to redo", true]);
  v.steps({ undo: "code 'Joy'", redo: null }, true);
  assert.equal(undo.disabled, true, "the same words, but the study may not be changed any more");
});

test("a Ctrl chord passes unless it is ours; all other keys stay", t => {
  const listeners = [], marked = new Map();
  globalThis.addEventListener = (_, act) => listeners.push(act);
  globalThis.removeEventListener = (_, act) => listeners.splice(listeners.indexOf(act), 1);
  t.after(() => { delete globalThis.addEventListener; delete globalThis.removeEventListener; });
  const root = { contains: x => x !== outside, toggleAttribute: (_, on) => marked.set("root", on) }, outside = {};
  const end = s.guardKeys({ root }, (_, key) => key === "mod+z"), press = (key, more = {}, tagName = "DIV") => {
    marked.clear();
    for (const act of listeners) act({ key, code: "", target: { tagName, toggleAttribute: (_, on) => marked.set("target", on) }, ...more });
    return marked.get("target");
  };
  assert.equal(press("s"), true);
  assert.equal(press("s", { ctrlKey: true }), false);
  assert.equal(press("z", { ctrlKey: true }), true);
  assert.equal(press("s", { ctrlKey: true }, "INPUT"), true, "while one types, the notebook takes nothing");
  assert.equal(press("s", { target: outside }), undefined);
  end();
  assert.equal(listeners.length, 0);
});
