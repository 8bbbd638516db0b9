/* Parts of the screen made by script. Text is never read as HTML. */
import { icon } from "/static/core/icons.js";

export { icon };

/** h("a", {href, class, onclick}, ...children): children that are null or false are left out. */
export function h(tag, given, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function button(text, act, { look = "", sign = "", ...rest } = {}) {
  return h("button", { type: "button", class: `button ${look}`.trim(), onclick: act, ...rest }, sign && icon(sign), h("span", null, text));
}

export function link(text, href, { look = "", sign = "", ...rest } = {}) {
  return h("a", { class: `button ${look}`.trim(), href, ...rest }, sign && icon(sign), h("span", null, text));
}

export function section(title, ...children) {
  return h("section", { class: "card" }, h("h2", null, title), ...children);
}

export function row(sign, ...children) {
  return h("p", { class: "row" }, icon(sign), h("span", null, ...children));
}

/** Says it to a screen reader, and shows it for a moment. */
export function say(text) {
  const place = document.querySelector("[data-said]");
  place.textContent = text;
  document.querySelector(".toast")?.remove();
  const toast = h("p", { class: "toast", "aria-hidden": "true" }, text);
  document.body.append(toast);
  setTimeout(() => toast.remove(), 4000);
}
