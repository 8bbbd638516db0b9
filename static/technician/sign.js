/* The signature: first what is signed, word for word in the customer's language, then the pad. The digest of that text
   goes with the strokes; a later change is a new version of the report, and the signature stays with the old one. */
import { button, h, link, say } from "./draw.js";
import { canonical, content_of, sha256 } from "./canonical.js";
import { add } from "./queue.js";
import { part, state, visit } from "./state.js";
import { pad } from "./pad.js";
import { complain } from "./trouble_words.js";
import { minutes } from "./words.js";

export function draw_sign([id], { thumb }) {
  const one = visit(id);
  if (!one) return [h("h1", null, "Not on this phone"), link("To my day", "#/", { look: "button-main" })];
  const words = state.day.words[one.customer.language] ?? state.day.words.en;
  const content = content_of(one, { get: part }, words);
  const mark = h("p", { class: "digest", "data-digest": "" }, "…");
  sha256(canonical(content)).then((digest) => {
    mark.textContent = digest.match(/.{8}/g).join(" ");
    mark.dataset.digest = digest;
  });
  const name = h("input", { class: "field", id: "signer", type: "text", maxlength: "120", autocomplete: "off", value: one.customer.name });
  const field = pad(words.sign_here);
  thumb(
    button(words.again, () => field.clear(), { look: "button-side", sign: "undo-2" }),
    button(words.confirm, () => keep(one, content, mark, name, field), { look: "button-thumb", sign: "check" }),
  );
  return [
    h("h1", { lang: one.customer.language }, words.title),
    one.work.signature && h("p", { class: "card calm" }, `Signed by ${one.work.signature.name}. Signing again makes a new version.`),
    h("section", { class: "card", lang: one.customer.language }, ...sheet(content, words)),
    h("div", { class: "asked" }, h("label", { for: "signer", lang: one.customer.language }, words.name), name),
    field.element,
    h("p", { class: "quiet", lang: one.customer.language }, words.digest),
    mark,
  ];
}

function sheet(content, words) {
  return [
    h("p", null, h("b", null, content.type), h("br"), content.place),
    content.checklist.length > 0 && h("dl", { class: "facts" }, content.checklist.map((line) => [h("dt", null, line.text), h("dd", null, line.answer || "–")])),
    h("p", null, h("b", null, `${words.parts}: `), content.parts.map((one) => `${one.quantity} × ${one.name}`).join(", ") || "–"),
    content.minutes !== null && h("p", null, h("b", null, `${words.time}: `), minutes(content.minutes * 60)),
    content.photos > 0 && h("p", null, h("b", null, `${words.photos}: `), String(content.photos)),
    content.remark && h("p", { class: "kept" }, content.remark),
    h("p", { class: "statement" }, content.statement),
  ];
}

async function keep(one, content, mark, name, field) {
  const signer = name.value.trim();
  if (!signer) {
    name.focus();
    return say("Who signs? Enter the name.");
  }
  if (field.is_empty()) return say("The signature is missing.");
  try {
    await add(one, "sign", { name: signer, content, digest: mark.dataset.digest, strokes: field.strokes() });
    say("Signed.");
    location.hash = `#/visit/${one.id}`;
  } catch (error) {
    complain(error);
  }
}
