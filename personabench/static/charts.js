// @ts-check
/** A chart in the colours of the notebook: Altair's own code draws, and is handed the chart's colours exchanged where JupyterLab is dark. */

/** @typedef {{get: Function, set: Function, on: Function, off: Function, save_changes: Function, send: Function, widget_manager?: any}} Model */

/** Whether a page is a JupyterLab or Notebook in a dark theme. @param {HTMLElement} body */
export function isDark(body) { return body.dataset.jpThemeLight === "false"; }

/** The spec in dark colours, where it is drawn in ours and nobody asked for light ones. @param {any} spec @param {Record<string, string>} dark @param {string} ink */
export function darkened(spec, dark, ink) {
  if (!spec || spec.usermeta?.theme === "light") return spec;
  const text = JSON.stringify(spec);
  if (!text.includes(`"${ink}"`)) return spec;
  return JSON.parse(text.replace(/"#[0-9a-fA-F]{6}"/g, colour => `"${dark[colour.slice(1, -1).toLowerCase()] ?? colour.slice(1, -1)}"`));
}

/** Let the arrows in a chart's menu belong to the menu, not to the notebook's cells. @param {any} event */
function own(event) { if (event.target.tagName === "SELECT") event.target.dataset.lmSuppressShortcuts = "true"; }

/**
 * A render function that follows the notebook from light to dark and back.
 * @param {(given: any) => any} render @param {Record<string, string>} dark @param {string} ink
 */
export function following(render, dark, ink) {
  return async (/** @type {any} */ given) => {
    /** @type {Model} */
    const model = given.model;
    /** @type {Set<Function>} */
    const again = new Set();
    const seen = {
      get: (/** @type {string} */ name) => name === "spec" && isDark(document.body) ? darkened(model.get(name), dark, ink) : model.get(name),
      set: (/** @type {any[]} */ ...args) => model.set(...args),
      on: (/** @type {string} */ name, /** @type {Function} */ call) => { if (name === "change:spec") again.add(call); model.on(name, call); },
      off: (/** @type {any[]} */ ...args) => model.off(...args),
      save_changes: () => model.save_changes(),
      send: (/** @type {any[]} */ ...args) => model.send(...args),
      widget_manager: model.widget_manager,
    };
    let shown = isDark(document.body);
    const watch = new MutationObserver(() => {
      if (shown === isDark(document.body)) return;
      shown = !shown;
      for (const call of again) call();
    });
    watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    given.el.addEventListener("focusin", own);
    const close = await render({ ...given, model: seen });
    return () => { watch.disconnect(); close?.(); };
  };
}
