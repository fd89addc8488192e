// @ts-check
// What frames the widgets for coding and codebook: their keys among the page's, and the words about how things stand.

export const isTyping = e => /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName);
export const stop = e => { e.preventDefault(); e.stopPropagation(); };
/** Hand the keys back to the notebook. */
export const leave = v => { document.activeElement?.blur?.(); v.root.parentElement?.closest("[tabindex]")?.focus({ preventScroll: true }); };

/** A Ctrl or Cmd chord that is not ours passes to the page and to JupyterLab, but for those that select, move and run cells; no other key does. Returns how to stop.
 * @param {(e: any, key: string) => any} ours does the widget use this chord? */
export function guardKeys(v, ours) {
  const guard = e => { const key = chord(e); if (v.root.contains(e.target)) suppressKeys(v, e, isTyping(e) || !/^mod\+(?!a$|(shift\+)?(enter|arrow))/.test(key) || Boolean(ours(e, key))); };
  addEventListener("keydown", guard, true);
  return () => removeEventListener("keydown", guard, true);
}

/** What waits for Python, that it does not answer, what undo and redo would do: written only where it changes, as each write costs a layout. */
export function joinStanding(v) {
  v.standing = () => {
    const n = v.link.outbox.size, text = v.link.state().readonly ? "read-only" : n ? `${n} waiting` : "saved";
    if (v.kept.textContent !== text) { v.kept.textContent = text; v.kept.classList.toggle("pb-waiting", n > 0); }
  };
  v.lost = late => {
    const n = v.link.outbox.size;
    if (v.banner.hidden === Boolean(late)) v.banner.hidden = !late;
    if (late) v.banner.textContent = `The kernel is busy or gone. ${n ? `${n} change${n > 1 ? "s wait" : " waits"} here and will be sent when it answers, or when you run its cells again.` : "Run its cells again if it does not come back."}`;
  };
  v.steps = (undo, off) => {
    for (const word of ["Undo", "Redo"]) {
      const key = word.toLowerCase(), label = undo?.[key], title = label ? `${word}: ${label}` : `Nothing to ${key}`, button = v.buttons[key], disabled = !label || Boolean(off);
      if (button.title !== title || button.disabled !== disabled) Object.assign(button, { disabled, title, ariaLabel: title });
    }
  };
}
