/* Service levels: rows of the list are dragged into another order, and a condition suggests what is
   known for its subject. The buttons beside each row do the same without a mouse or a script. */
const list = document.querySelector("[data-sla-list]");

if (list) {
  const rows = () => [...list.querySelectorAll("[data-id]")];
  const order = () => rows().map((row) => row.dataset.id).join(",");
  const before = order();
  let dragged = null;

  list.addEventListener("dragstart", (event) => {
    const grip = event.target.closest("[draggable]");
    dragged = grip?.closest("[data-id]") ?? null;
    if (!dragged) return;
    dragged.dataset.dragged = "";
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.id);
    event.dataTransfer.setDragImage(dragged, 0, 0);
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-id]");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    const after = event.clientY > box.top + box.height / 2;
    if (after) over.after(dragged);
    else over.before(dragged);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragend", () => {
    if (!dragged) return;
    delete dragged.dataset.dragged;
    const form = document.getElementById("sla-order");
    form.elements.moved.value = dragged.dataset.id;
    dragged = null;
    if (order() === before) return;
    form.elements.ids.value = order();
    form.requestSubmit();
  });
}

document.addEventListener("change", (event) => {
  const row = event.target.closest(".sla-condition");
  if (!row) return;
  if (event.target.matches("[data-subject]")) {
    row.querySelector(".sla-values").setAttribute("list", `known-${event.target.value}`);
  }
  if (event.target.matches("[data-operator-select]")) row.dataset.operator = event.target.value;
});
