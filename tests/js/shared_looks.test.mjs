// @ts-check
// How a code looks: pure functions, without a page.
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const s = await load("shared_looks.js");
const contrast = (a, b) => { const [x, y] = [a, b].map(hex => s.lightness(s.partsOf(hex))).sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };

test("lightness is WCAG's", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#767676", "#ffffff").toFixed(2), "4.54");
});

test("the twelve looks of an ink differ in shade or line, and each can be seen on light and on dark", () => {
  for (let ink = 0; ink < 8; ink++) {
    const looks = Array.from({ length: 12 }, (_, k) => s.dress({ look: ink * 12 + k, colour: null }));
    assert.equal(new Set(looks.map(c => c.inks.join() + s.LINES[c.look.line])).size, 12);
    for (const { inks: [day, night], look } of looks) {
      assert.equal(look.ink, ink);
      assert.ok(contrast(day, "#ffffff") >= 3 && contrast(day, "#f7f8f9") >= 3 && contrast(night, "#111111") >= 3 && contrast(night, "#212121") >= 3, `${day} ${night}`);
    }
    for (let k = 1; k < 12; k++) assert.notEqual(looks[k].look.line, looks[k - 1].look.line, "neighbours differ in their line");
    for (let k = 1; k < 12; k++) assert.notEqual(looks[k].look.shade, looks[k - 1].look.shade, "and in their shade");
  }
  for (const [day, night] of s.INKS) { assert.ok(contrast(day, "#ffffff") >= 4.5, day); assert.ok(contrast(night, "#111111") >= 4.5, night); }
  for (const wrong of [undefined, null, 500]) assert.ok(s.swatchOf(s.dress({ look: wrong })).includes("light-dark(#"));
});

test("a code's own colour takes the ink's place, and is drawn as it is where it can be seen", () => {
  const code = s.dress({ look: 13, colour: "#00aaFF" });
  assert.match(s.swatchOf(code), /^--ink:var\(--pb-own,light-dark\(#[\da-f]{6},#00aaff\)\);border-bottom-style:dotted$/);
  for (let i = 0; i < 500; i++) {
    const hex = "#" + Math.floor(Math.random() * 0x1000000).toString(16).padStart(6, "0"), [day, night] = s.dress({ colour: hex }).inks;
    assert.ok(contrast(day, "#ffffff") >= 3 && contrast(night, "#212121") >= 3, hex);
    if (contrast(hex, "#ffffff") >= 3.25) assert.equal(day, hex);
    if (contrast(hex, "#212121") >= 3.25) assert.equal(night, hex);
  }
});
