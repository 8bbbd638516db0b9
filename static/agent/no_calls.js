/* "They want no calls" and "It is a wrong number" ask why before they are sent; who says nothing sends them as they are. */
import { openDialog } from "/static/core/dialog.js";

const asked = new WeakSet(); // forms whose reason stands in them

document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    if (!form.matches?.("[data-no-calls]") || asked.has(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const dialog = document.getElementById("no-calls");
    const field = dialog.querySelector("[name=why]");
    dialog.querySelector("[data-told]").textContent = `${form.dataset.noCalls}: ${form.dataset.shown}`;
    dialog.returnValue = "";
    field.value = "";
    form.closest("details[data-menu]")?.removeAttribute("open");
    const answer = openDialog(dialog);
    field.focus();
    if ((await answer) !== "mark") return;
    form.elements.reason.value = field.value;
    asked.add(form);
    form.requestSubmit();
  },
  true,
);
