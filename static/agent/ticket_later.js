/* Sending later: the dialog that asks when, for a new reply or one that is planned already. */
import { closeDialog, openDialog } from "/static/core/dialog.js";
import { toast } from "/static/core/toast.js";
import { makeMoments } from "./moments.js";
import { getJson } from "./net.js";

/** Asks when; `send(at)` is given an instant or a time on the reader's wall, and may refuse by throwing. */
export async function askWhen(ticket, send, { title = "Send later", word = "Send later" } = {}) {
  let asked;
  try {
    asked = await getJson(`/desk/tickets/${ticket.id}/moments`);
  } catch (error) {
    return toast(error.message, { tone: "danger" });
  }
  const form = document.querySelector("#send-later form");
  const told = form.querySelector("[data-error]");
  told.hidden = true;
  document.getElementById("send-later-title").textContent = title;
  form.querySelector("[type=submit] .label").textContent = word;
  const moments = makeMoments(form.querySelector("[data-moments]"), asked.send, asked.zone);
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      if (!moments.value()) throw new Error("Choose a day and a time.");
      await send(moments.value());
      closeDialog("send-later");
    } catch (error) {
      told.textContent = error.message;
      told.hidden = false;
    }
  };
  openDialog("send-later");
  moments.focus();
}
