// @ts-check
// Stripes in the margin of a text, with the names of codes, and which groups are painted at all.

export function paintGroup(v, g) {
  if (PAINTS) { v.painter.clear(g); for (const c of g.codings) if (v.shows(c)) v.painter.put(g, c); v.found?.(g); } else v.spans(g);
  drawStripes(v, g);
}

export function unpaintGroup(v, g) {
  if (PAINTS) v.painter.clear(g);
  g.canvas?.remove();
  g.canvas = null;
  g.bars = [];
}

// == Stripes ==
// A small canvas in the padding of each near group: bars in lanes, patterned like the lines under words, then names.
export const LANE = 7;

function barOf(v, g, c, top) {
  const from = Math.max(c.start, g.start), to = Math.min(c.end, g.end), a = v.rect(from, from + 1), b = v.rect(to - 1, to);
  return { c, lane: c.lane, top: a.top - top + 2, bottom: Math.max(b.bottom - top - 2, a.top - top + 8), starts: groupsOf(v.doc, c)[0] === g };
}

/** @param {boolean} [same] no words have moved: old bars are right */
export function drawStripes(v, g, same) {
  const box = boxOf(g.el), ratio = globalThis.devicePixelRatio || 1, wide = v.margin;
  // JupyterLab hides everything for a moment while it changes the theme. What stays hidden longer is drawn when it comes back into sight.
  if (!box.height) return void requestAnimationFrame(() => { if (g.near && g.el.isConnected && g.el.offsetHeight) drawStripes(v, g); });
  g.bars = [...g.codings].filter(v.shows).map(c => same && g.bars.find(b => b.c === c) || barOf(v, g, c, box.top)).sort((a, b) => a.top - b.top || inOrder(a.c, b.c));
  g.canvas ||= g.el.appendChild(make("canvas", { class: "pb-stripes", "aria-hidden": "true" }));
  g.canvas.width = wide * ratio;
  g.canvas.height = Math.ceil(box.height) * ratio;
  g.canvas.style.cssText = `width:${wide}px;height:${Math.ceil(box.height)}px`;
  const pen = g.canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.namesAt = (Math.max(-1, ...g.bars.map(b => b.lane)) + 1) * LANE + 8;
  for (const b of g.bars) drawBar(v, pen, b);
  const named = g.bars.filter(b => b.starts), at = stackLabels(named.map(b => b.top), 14, 30, box.height);
  named.forEach((b, i) => { b.label = at[i]; if (at[i] !== null) drawName(v, g, pen, b); });
}

/** A line of a code's ink, patterned like the one under its words; a double one is two with a gap. */
function drawLine(v, pen, { inks, look: { line } }, wide, x, y, toX, toY) {
  pen.strokeStyle = v.forced ? "CanvasText" : inks[Number(v.dark)];
  pen.setLineDash([[], [2, 3], [7, 3], []][line]);
  for (const [width, composite] of line === 3 && wide > 1 ? [[wide + 1, "source-over"], [wide / 3, "destination-out"]] : [[wide, "source-over"]]) {
    pen.lineWidth = width;
    pen.globalCompositeOperation = composite;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(toX, toY);
    pen.stroke();
  }
  pen.globalCompositeOperation = "source-over";
}

export function drawBar(v, pen, b) {
  const x = b.lane * LANE + 3.5;
  drawLine(v, pen, b.c.code, b.c === v.active ? 5 : b.c.pending ? 1 : 3, x, b.top, x, b.bottom); // thin, not pale: a line has to be seen
}

function drawName(v, g, pen, b) {
  const x = g.namesAt + 18, room = v.margin - x - 4, { code, coder } = b.c, y = b.label + 7.5;
  if (room < 40) return;
  drawLine(v, pen, code, b.c === v.active ? 5 : 3, g.namesAt, y, x - 5, y); // which of the stripes is meant
  pen.font = `${b.c === v.active ? 600 : 400} 11px system-ui, sans-serif`;
  pen.fillStyle = b.c === v.active ? v.colours.fg : v.colours.dim;
  pen.textBaseline = "top";
  const full = `${code.name} · ${coder}`;
  let name = v.doc.team.size > 1 && pen.measureText(full).width <= room ? full : code.name;
  if (pen.measureText(name).width > room) { while (name.length > 1 && pen.measureText(name + "…").width > room) name = name.slice(0, -1); name = name.replace(/[\ud800-\udbff]$/, "") + "…"; }
  pen.fillText(name, x, b.label + 1);
}

/** Draw one new coding; false when others must make room for it. */
export function drawOne(v, g, c) {
  const pen = g.canvas?.getContext("2d");
  if (!pen || (c.lane + 1) * LANE + 8 > g.namesAt) return false;
  const box = boxOf(g.el), b = barOf(v, g, c, box.top);
  drawBar(v, pen, b);
  b.label = b.starts ? [0, 14, 28, -14].map(d => b.top + d).find(y => y < box.height - 13 && g.bars.every(o => !Number.isFinite(o.label) || Math.abs(o.label - y) >= 14)) ?? null : null;
  if (b.label !== null) drawName(v, g, pen, b);
  g.bars.push(b);
  return true;
}

// == What is near ==
/** Watch which groups are near; one callback can hold several entries of a group, of which the last counts. */
export function watchGroups(v) {
  v.seen?.disconnect();
  v.seen = new IntersectionObserver(entries => {
    const last = new Map(entries.map(e => [e.target, e.isIntersecting]));
    for (const [el, near] of last) {
      const g = el.pbGroup;
      if (near === g.near) continue;
      g.near = near;
      near ? v.soon(g) : unpaintGroup(v, g);
    }
  }, { root: v.scroll, rootMargin: "150px 0px" });
  for (const g of v.doc.groups) v.seen.observe(g.el);
}
