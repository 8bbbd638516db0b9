/* Re-plannings of the first day shown: asks for one, shows it as a difference, carries out what is accepted. */
import { refreshTimes } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { getHtml, parse, postJson } from "/static/agent/net.js";
import { day } from "./day.js";
import { closeDrawer } from "./drawer.js";
import { say } from "./placing.js";

const AGAIN_MS = 4000; // a run that is being made is looked at again, should word of it be lost
const place = document.querySelector("[data-plans]");
const inside = place.querySelector("[data-plans-body]");
const button = document.querySelector("[data-toggle-plans]");
let chosen = "";
let later = null;
let round = 0;

export const plansShown = () => !place.hidden;

async function look({ focus = false } = {}) {
  if (!day.days.length) return;
  const mine = ++round;
  clearTimeout(later);
  const query = new URLSearchParams({ day: day.days[0].day });
  if (chosen) query.set("run", chosen);
  try {
    const { status, html } = await getHtml(`/dispatch/plans?${query}`);
    if (mine !== round) return;
    if (inside.contains(document.activeElement?.closest("input"))) return;
    const had = inside.contains(document.activeElement);
    inside.replaceChildren(parse(html));
    refreshTimes(inside);
    if (status < 400 && (focus || had)) inside.querySelector("h2")?.focus();
    mark();
  } catch (error) {
    if (mine === round && plansShown()) toast(error.message, { tone: "danger" });
  }
}

/* How many wait for an answer stands on the button; what is being made is asked for again. */
function mark() {
  const run = inside.querySelector("[data-run]");
  const state = run?.dataset.runState;
  button.toggleAttribute("data-waits", state === "ready");
  if (plansShown() && (state === "queued" || state === "running")) later = setTimeout(look, AGAIN_MS);
}

export function togglePlans() {
  if (plansShown()) return close();
  closeDrawer();
  place.hidden = false;
  button.setAttribute("aria-pressed", "true");
  look({ focus: true });
}

function close() {
  place.hidden = true;
  clearTimeout(later);
  button.setAttribute("aria-pressed", "false");
  button.focus();
}

/** Something of this day's plans changed, or another day is shown. */
export function refreshPlans({ isOther = false } = {}) {
  if (isOther) chosen = "";
  look();
}

async function send(path, body) {
  try {
    const answer = await postJson(path, body);
    if (answer.told) {
      toast(answer.told);
      say(answer.told);
    }
    if (answer.run_id) chosen = answer.run_id;
  } catch (error) {
    toast(error.message, { tone: "danger" });
    say(error.message);
  }
  await look({ focus: true });
}

inside.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-optimise]");
  if (!form) return;
  event.preventDefault();
  const budget = form.elements.budget.value;
  event.submitter?.focus();
  send("/dispatch/plans", { day: day.days[0].day, budget: budget === "" ? null : Number(budget) });
});

place.addEventListener("click", (event) => {
  const hit = event.target.closest("[data-close-plans], [data-plan-act], [data-decide], [data-show-run]");
  if (!hit) return;
  const run = inside.querySelector("[data-run]")?.dataset.run;
  if ("closePlans" in hit.dataset) close();
  else if (hit.dataset.planAct) send(`/dispatch/plans/${run}/${hit.dataset.planAct}`, {});
  else if (hit.dataset.of) send(`/dispatch/plan-changes/${hit.dataset.of}`, { accept: hit.dataset.decide === "yes" });
  else {
    chosen = hit.dataset.showRun;
    look({ focus: true });
  }
});
place.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  event.preventDefault();
  close();
});
button.addEventListener("click", togglePlans);
