// A chart in the colours of the notebook: what is exchanged, what is left alone, and that it follows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const c = await load("charts.js");
const DARK = { "#1b1f24": "#E8EAED", "#ffffff": "#14171C" }, INK = "#1B1F24";
const spec = () => ({ background: "#FFFFFF", title: { color: INK, text: "says #1B1F24" }, mark: "#C00000" });

test("our colours are exchanged, others and words stay", () => {
  assert.deepEqual(c.darkened(spec(), DARK, INK), { background: "#14171C", title: { color: "#E8EAED", text: "says #1B1F24" }, mark: "#C00000" });
  assert.deepEqual(c.darkened({ ...spec(), usermeta: { theme: "light" } }, DARK, INK).background, "#FFFFFF", "light was asked for");
  assert.deepEqual(c.darkened({ background: "#FFFFFF" }, DARK, INK), { background: "#FFFFFF" }, "a chart of somebody else's");
  assert.equal(c.darkened(null, DARK, INK), null);
});

test("a chart is drawn again when the notebook turns dark, and left alone when it is gone", async () => {
  let changed;
  const body = { dataset: { jpThemeLight: "true" } };
  globalThis.document = { body };
  globalThis.MutationObserver = class { constructor(call) { changed = call; } observe() {} disconnect() { changed = () => {}; } };
  const drawn = [], model = { get: name => name === "spec" ? spec() : name, on: () => {}, set: () => {}, off: () => {}, save_changes: () => {}, send: () => {} };
  const render = ({ model }) => { const draw = () => drawn.push(model.get("spec").background); model.on("change:spec", draw); draw(); return () => drawn.push("closed"); };
  const heard = {}, el = { addEventListener: (name, call) => { heard[name] = call; } };
  const close = await c.following(render, DARK, INK)({ model, el });
  body.dataset.jpThemeLight = "false"; changed(); changed();
  body.dataset.jpThemeLight = "true"; changed();
  assert.deepEqual(drawn, ["#FFFFFF", "#14171C", "#FFFFFF"]);
  close(); body.dataset.jpThemeLight = "false"; changed();
  assert.equal(drawn.at(-1), "closed");
  const menu = { tagName: "SELECT", dataset: {} }, mark = { tagName: "path", dataset: {} };
  for (const target of [menu, mark]) heard.focusin({ target });
  assert.deepEqual([menu.dataset.lmSuppressShortcuts, mark.dataset.lmSuppressShortcuts], ["true", undefined], "arrows in a menu are the menu's");
});
