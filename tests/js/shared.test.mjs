// What every widget opens with, without a browser: keys, colours, what waits for Python, and what Python tells.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const s = await load("shared.js");

test("a key has one name on every layout, and none while an input method composes", () => {
  const key = (key, more = {}) => s.chord({ key, code: "", ...more });
  assert.equal(key("s", { code: "KeyS" }), "s");
  assert.equal(key("S", { code: "KeyS", shiftKey: true }), "shift+s");
  assert.equal(key("ד", { code: "KeyS" }), "s");
  assert.equal(key("?", { shiftKey: true, code: "Slash" }), "?");
  assert.equal(key("!", { shiftKey: true, code: "Digit1" }), "shift+1");
  assert.equal(key("z", { ctrlKey: true }), "mod+z");
  assert.equal(key("Z", { metaKey: true, shiftKey: true, code: "KeyZ" }), "mod+shift+z");
  assert.equal(key("ArrowLeft", { shiftKey: true }), "shift+arrowleft");
  assert.equal(key("s", { isComposing: true }), "");
  assert.equal(key("Process", { keyCode: 229 }), "");
  assert.equal(key("{", { ctrlKey: true, altKey: true, getModifierState: () => true }), "{");
});

test("the outbox outlives its page, forgets what was acknowledged, and lives without storage", () => {
  const storage = {}, methods = { getItem: k => storage[k] ?? null, setItem: (k, v) => { storage[k] = v; }, removeItem: k => { delete storage[k]; } };
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(storage, name, { value, enumerable: false });
  const box = s.makeOutbox(storage, "k");
  box.put({ guid: "a", type: "add" });
  box.put({ guid: "b", type: "add" });
  assert.equal(box.done("a").guid, "a");
  assert.equal(s.makeOutbox(storage, "k").all()[0].guid, "b");
  s.makeOutbox(storage, "k").done("b");
  assert.equal(Object.keys(storage).length, 0);
  const one = s.makeOutbox(storage, "k"), two = s.makeOutbox(storage, "k");
  one.put({ guid: "e" });
  two.put({ guid: "f" });
  two.done("f");
  two.put({ guid: "g" });
  assert.deepEqual(s.makeOutbox(storage, "k").all().map(m => m.guid), ["e", "g"], "two views in one tab keep each other's");
  assert.equal(s.makeOutbox(storage, "k2").size, 0);
  const said = [];
  for (const m of one.all()) m.at = Date.now();
  s.sayAgain(one, m => said.push(m.guid), false);
  assert.deepEqual(said, []);
  one.all()[0].at -= 6000;
  s.sayAgain(one, m => said.push(m.guid), false);
  s.sayAgain(one, m => said.push(m.guid), false);
  assert.deepEqual(said, ["e"], "what has waited is said again, once in five seconds");
  s.sayAgain(one, m => said.push(m.guid), true);
  assert.deepEqual(said, ["e", "e"]);
  const none = s.makeOutbox(null, "k");
  none.put({ guid: "c" });
  assert.equal(none.size, 1);
  const full = s.makeOutbox({ getItem: () => "not json", setItem: () => { throw new Error("full"); }, removeItem() {} }, "k");
  full.put({ guid: "d" });
  assert.equal(full.size, 1);
});

test("columns become rows", () => {
  assert.deepEqual(s.unpack({ a: [1, 2], b: ["x", "y"] }), [{ a: 1, b: "x" }, { a: 2, b: "y" }]);
  assert.deepEqual(s.unpack({}), []);
});

test("a dark background is told from a light one", () => {
  assert.ok(s.isDark("rgb(17, 17, 17)") && !s.isDark("rgb(255, 255, 255)") && !s.isDark("rgba(0, 0, 0, 0)"));
});

/** A view without a page, and the kernel at the other end: `tell` is what Python says, `sent` what it heard. */
function viewOf(t, uid, hear) {
  const listeners = new Set(), sent = [], v = { uid, root: { isConnected: false }, lost() {}, saved() {}, said: [], say: text => v.said.push(text), model: { on: (_, f) => listeners.add(f), off: (_, f) => listeners.delete(f), send: m => sent.push(m), get: () => ({}) } };
  v.later = s.makeLater(v);
  v.link = s.makeLink(v, `test:${uid}`, hear, () => null);
  t.after(() => v.link.end());
  return { v, sent, tell: m => { for (const f of listeners) f(m); } };
}

test("a view hears what is meant for it or for all, and never what is addressed to another", t => {
  const heard = [], { v, tell, sent } = viewOf(t, "one", { source: (_, m) => heard.push(m.to ?? "all") });
  for (const to of ["two", "one", undefined]) tell({ type: "source", to });
  tell({ type: "nobody knows this" });
  assert.deepEqual(heard, ["one", "all"]);
  v.link.ready();
  assert.deepEqual(sent, [{ view: "one", type: "ready", module: true }], "and it signs what it asks");
  v.link.end();
  tell({ type: "source" });
  assert.equal(heard.length, 2, "a view that is gone hears nothing");
});

test("what was written waits until it is acknowledged, and goes out again when Python is there anew", t => {
  const { v, sent } = viewOf(t, "one", {}), m = v.link.write({ type: "add" });
  assert.equal(v.link.outbox.size, 1);
  v.link.ready();
  assert.deepEqual(sent.map(x => [x.type, x.guid]), [["add", m.guid], ["ready", undefined], ["add", m.guid]]);
  v.link.outbox.done(m.guid);
  v.link.ready();
  assert.equal(sent.length, 4);
});

test("the rest of the script is asked for until it comes, joins once, and then does what was waiting", async t => {
  const { v, sent, tell } = viewOf(t, "one", {}), order = [];
  v.join = () => order.push("joined");
  v.later.when(() => order.push("first"));
  v.later.when(() => order.push("second"));
  v.again = e => order.push(e.key);
  assert.equal(v.later.hold({ key: "d" }) && v.later.hold({ key: "o" }), true);
  assert.deepEqual(order, []);
  assert.equal(sent.filter(m => m.type === "module").length, 2);
  assert.match(v.said[0], /on its way/);
  const text = "export default v => v.join();";
  await v.later.take([text], URL.createObjectURL = () => "data:text/javascript," + encodeURIComponent(text));
  tell({ type: "module", text });
  await new Promise(done => setTimeout(done, 20));
  assert.deepEqual(order, ["joined", "first", "second", "d", "o"], "what was typed meanwhile comes after what it was typed for");
  assert.equal(v.later.hold({ key: "x" }), false, "nothing waits: a key means what it means");
  v.later.ask();
  assert.equal(sent.filter(m => m.type === "module").length, 2, "not again");
  v.later.when(() => order.push("at once"));
  assert.equal(order.at(-1), "at once");
});

test("direction marks are shown as what they are where no markup can hold them", () => {
  assert.equal(s.upright("a\u202eb\u2069c"), "a⇄b⇄c");
  assert.equal(s.upright("שלום é 😀"), "שלום é 😀");
});
