/* What a conversation by SMS or WhatsApp has besides: the count of parts, WhatsApp's window, templates. */
import { closeDialog, openDialog } from "/static/core/dialog.js";
import { element } from "/static/core/icons.js";
import { getJson, postJson } from "./net.js";
import { countParts } from "./text_parts.js";

const DAY = 24 * 3600000;
const SOON = 2 * 3600000;
const VARIABLE = /\{\{\s*(\d{1,3})\s*\}\}/g;

export const isText = (channel) => channel === "sms" || channel === "whatsapp";

/** Brings the line under the composer to life; answers {look, end}. Nothing on other channels. */
export function makeTextBar(form, talk) {
  const bar = form.querySelector("[data-text-bar]");
  if (!bar) return { look() {}, end() {} };
  const box = form.querySelector("textarea");
  const parts = bar.querySelector("[data-parts]");
  const left = bar.querySelector("[data-window]");

  function look() {
    const isNote = form.elements.mode.value === "note";
    bar.hidden = isNote;
    if (parts) showParts(parts, box.value);
    if (left) showWindow(left);
  }

  function showWindow(node) {
    const rest = windowUntil(talk) - Date.now();
    if (rest <= 0) return document.dispatchEvent(new CustomEvent("conversation-changed", { detail: talk.id }));
    node.textContent = `Free words for another ${duration(rest)}`;
    node.classList.toggle("is-soon", rest < SOON);
  }

  const ticks = left ? setInterval(look, 30000) : null;
  box.addEventListener("input", look);
  form.addEventListener("change", look);
  look();
  return { look, end: () => clearInterval(ticks) };
}

function showParts(node, text) {
  const found = countParts(text);
  const number = found.parts === 1 ? "1 part" : `${found.parts} parts`;
  const room = found.plain ? "" : " · with special characters, which take more room";
  node.textContent = text ? `${[...text].length} characters · ${number}${room}` : "";
  node.classList.toggle("is-many", found.parts > 3);
}

// The form of a first text stands outside any conversation.
document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("[data-count-parts]")) return;
  const node = target.closest("form").querySelector("[data-first-parts]");
  if (node) showParts(node, target.value);
});

function windowUntil(talk) {
  const told = Date.parse(talk.node.dataset.window ?? "") || 0;
  const spoken = [...talk.messages.values()].filter((one) => one.from === "visitor").map((one) => Date.parse(one.at) + DAY);
  return Math.max(told, ...spoken);
}

function duration(ms) {
  const minutes = Math.max(1, Math.floor(ms / 60000));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

export async function openTemplates(talk) {
  const form = document.querySelector("[data-text-templates]");
  const { items } = await getJson(`/desk/conversations/${talk.id}/templates`);
  const choice = form.elements.template_id;
  choice.replaceChildren(...items.map((one) => new Option(`${one.name} (${one.language})`, one.id)));
  form.querySelector("[data-none]").hidden = items.length > 0;
  form.querySelector("[data-some]").hidden = items.length === 0;
  form.querySelector("[type=submit]").disabled = items.length === 0;
  const picked = () => items.find((one) => one.id === choice.value);
  choice.onchange = () => drawFields(form, picked());
  form.oninput = () => preview(form, picked());
  form.onsubmit = (event) => {
    event.preventDefault();
    sendTemplate(form, talk);
  };
  drawFields(form, picked());
  openDialog("text-templates");
}

function drawFields(form, template) {
  const fields = (template?.variables ?? []).map((name) => {
    const input = element("input", "form-control");
    Object.assign(input, { name: `v${name}`, id: `text-v${name}`, maxLength: 300, required: true, autocomplete: "off" });
    const label = element("label", "form-label", `Place ${name}`);
    label.htmlFor = input.id;
    return element("div", "field", label, input);
  });
  form.querySelector("[data-values]").replaceChildren(...fields);
  fail(form, "");
  preview(form, template);
}

function preview(form, template) {
  const shown = (template?.body ?? "").replace(VARIABLE, (whole, name) => form.elements[`v${name}`]?.value || whole);
  form.querySelector("[data-preview]").textContent = shown;
}

async function sendTemplate(form, talk) {
  const values = {};
  for (const input of form.querySelectorAll("[data-values] input")) values[input.name.slice(1)] = input.value;
  const body = { template_id: form.elements.template_id.value, values, client_msg_id: crypto.randomUUID() };
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    await postJson(`/desk/conversations/${talk.id}/template`, body);
    closeDialog("text-templates");
  } catch (error) {
    fail(form, error.message);
  } finally {
    button.disabled = false;
  }
}

function fail(form, text) {
  const node = form.querySelector("[data-error]");
  node.textContent = text;
  node.hidden = !text;
}
