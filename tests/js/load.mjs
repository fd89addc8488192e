// Load a widget's script as Python serves it: the shared helpers first, then the widget's own module.
import { readFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const STATIC = new URL("../../personabench/static/", import.meta.url);

export async function load(...names) {
  const text = names.map(name => readFileSync(new URL(name, STATIC), "utf8")).join("\n");
  const file = join(mkdtempSync(join(tmpdir(), "widget-")), "module.mjs");
  writeFileSync(file, text);
  return import(pathToFileURL(file).href);
}

// Random numbers that are the same in each run (mulberry32), and random Unicode made of what breaks offsets.
export function dice(seed) {
  let a = seed;
  const random = () => { a = (a + 0x6d2b79f5) | 0; let t = Math.imul(a ^ (a >>> 15), 1 | a); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
  const below = n => Math.floor(random() * n);
  const PARTS = ["a", "B", "é", "e\u0301", "😀", "👩🏽‍🔬", "🇩🇪", "ש", "שלום", "مرحبا", "水", "\u202e", "\u200d", " ", "  ", "\n", ".", "? ", "don't", "word", "\ud835\udd38", "İ", "ß"];
  const text = (most = 40) => Array.from({ length: below(most) }, () => PARTS[below(PARTS.length)]).join("");
  return { random, below, text };
}
