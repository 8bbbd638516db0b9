/* Ringing customers: a click at a number, or a number typed. The server says whether they may be rung;
   at a late hour it asks back. The call itself is the softphone's (phone.js). */
import { closeDialog, openDialog } from "/static/core/dialog.js";
import { addCommands } from "/static/core/palette.js";
import { shortcut } from "/static/core/shortcuts.js";
import { toast } from "/static/core/toast.js";
import { go } from "./navigation.js";
import { speaking } from "./phone.js";
import { testSound } from "./phone_sound.js";
import { ask } from "./socket.js";

const canCall = () => "canCall" in document.body.dataset;
const form = () => document.querySelector("[data-call-form]");
const ticketHere = () => document.querySelector("[data-ticket]")?.dataset.ticket ?? "";
let busy = false;

const newId = () => crypto.randomUUID?.() ?? String(Date.now()) + Math.random().toString(36).slice(2);

/** Ring somebody: `wanted` is {point_id} or {customer_id} or {number}, and perhaps {number_id}. */
async function dial(wanted) {
  if (busy) return;
  if (speaking()) return toast("You are in a call. End it first.", { tone: "danger" });
  busy = true;
  // The microphone takes a moment: it opens while the server is asked.
  document.dispatchEvent(new CustomEvent("call-accepting"));
  const asked = { client_id: newId(), ticket_id: ticketHere(), ...wanted };
  try {
    const { conversation_id: id } = await ask("call.dial", asked).catch((error) => anyway(error, asked));
    document.dispatchEvent(new CustomEvent("call-accepted", { detail: id }));
    return id;
  } catch (error) {
    document.dispatchEvent(new CustomEvent("call-refused"));
    throw error;
  } finally {
    busy = false;
  }
}

/** It is late where they are: ring all the same? */
async function anyway(error, asked) {
  if (error.code !== "quiet_hours") throw error;
  const dialog = document.getElementById("call-anyway");
  dialog.querySelector("[data-told]").textContent = error.message;
  dialog.returnValue = "";
  if ((await openDialog(dialog)) !== "anyway") throw Object.assign(new Error(""), { code: "left" });
  return ask("call.dial", { ...asked, anyway: true });
}

const tell = (error) => {
  if (error.code === "no_number") return openDialer("");
  if (error.code !== "left") toast(error.message, { tone: "danger", seconds: 10 });
};

/** From a number on a record: at once, unless there are several of ours to choose from. */
async function dialFrom(wanted, shown) {
  try {
    const { numbers } = await ask("call.numbers", { ticket_id: ticketHere() });
    if (numbers.length > 1) return openDialer(shown, wanted);
    await dial(wanted);
  } catch (error) {
    tell(error);
  }
}

/** The small form: whom, and from which of our numbers. `wanted` stands for the number while nobody retypes it. */
async function openDialer(shown = "", wanted = null) {
  if (!canCall()) return;
  const fields = form().elements;
  const error = form().querySelector("[data-error]");
  error.hidden = true;
  fields.number.value = shown;
  fields.number.readOnly = Boolean(wanted);
  const { numbers, usual } = await ask("call.numbers", { ticket_id: ticketHere() }).catch(() => ({ numbers: [], usual: null }));
  fields.number_id.replaceChildren(...numbers.map((one) => new Option(`${one.name}, ${one.shown}`, one.id, one.id === usual, one.id === usual)));
  form().querySelector("[data-from]").hidden = numbers.length < 2;
  form().onsubmit = async (event) => {
    event.preventDefault();
    error.hidden = true;
    const whom = wanted ?? { number: fields.number.value };
    try {
      const here = location.pathname;
      const id = await dial({ ...whom, number_id: fields.number_id.value });
      closeDialog("call-number");
      if (id && !wanted && here === location.pathname && here === "/desk") go(`/desk/conversations/${id}`);
    } catch (refused) {
      if (refused.code === "left") return;
      error.textContent = refused.message;
      error.hidden = false;
      fields.number.focus();
    }
  };
  openDialog("call-number");
  (wanted ? form().querySelector("[type=submit]") : fields.number).focus();
}

document.addEventListener("click", (event) => {
  const hit = event.target.closest("[data-call-point], [data-call-customer], [data-call-number], [data-sound-test]");
  if (!hit) return;
  event.target.closest("details[data-menu]")?.removeAttribute("open");
  if (hit.dataset.callPoint) dialFrom({ point_id: hit.dataset.callPoint }, hit.dataset.shown);
  else if (hit.dataset.callCustomer) dialFrom({ customer_id: hit.dataset.callCustomer }, hit.dataset.shown);
  else if ("soundTest" in hit.dataset) testSound();
  else openDialer();
});

export function startDialling() {
  addCommands([{ title: "Test microphone and loudspeaker", group: "General", icon: "headset", words: "sound audio headset device", run: testSound }]);
  if (!canCall()) return;
  shortcut("g p", () => openDialer(), { label: "Call a number", group: "Call" });
  addCommands([{ title: "Call a number", group: "Go to", icon: "phone-outgoing", keys: "g p", words: "dial phone ring", run: () => openDialer() }]);
}
