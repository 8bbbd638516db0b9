/* An article as it was fetched with the day. Its HTML was made and cleaned by the server; pictures stay there. */
import { h, link } from "./draw.js";
import { state } from "./state.js";

export function draw_article([id]) {
  const found = state.articles.articles[id];
  if (!found) return [h("h1", null, "Not on this phone"), link("To my day", "#/", { look: "button-main" })];
  const parsed = new DOMParser().parseFromString(found.html, "text/html");
  for (const picture of parsed.querySelectorAll("img")) picture.replaceWith(picture.alt ? `[${picture.alt}]` : "");
  for (const anchor of parsed.querySelectorAll("a")) {
    if (!/^https?:/.test(anchor.getAttribute("href") ?? "")) anchor.replaceWith(...anchor.childNodes);
  }
  return [h("h1", null, found.title), h("article", { class: "card article", lang: found.locale }, ...[...parsed.body.childNodes].map((node) => document.importNode(node, true)))];
}
