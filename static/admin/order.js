/* Rows are dragged into another order. A list of its own (`data-order-list` names the form that carries
   the order) is sent at once; rows inside a form (`data-order-rows` names their group) are numbered
   anew and saved with it. The buttons beside each row do the same without a mouse or a script. */
let dragged = null;
let before = "";

const holder = (node) => node.closest("[data-order-list], [data-order-rows]");
const rowsOf = (list) => [...list.querySelectorAll("[data-id]")];
const order = (list) => rowsOf(list).map((row) => row.dataset.id).join(",");

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".order-grip")?.closest("[data-id]") ?? null;
  if (!dragged) return;
  before = order(holder(dragged));
  dragged.dataset.dragged = "";
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.id);
  event.dataTransfer.setDragImage(dragged, 0, 0);
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("[data-id]");
  if (!dragged || !over || holder(over) !== holder(dragged)) return;
  event.preventDefault();
  if (over === dragged) return;
  const box = over.getBoundingClientRect();
  if (event.clientY > box.top + box.height / 2) over.after(dragged);
  else over.before(dragged);
});
document.addEventListener("drop", (event) => dragged && event.preventDefault());
document.addEventListener("dragend", () => {
  if (!dragged) return;
  const list = holder(dragged);
  delete dragged.dataset.dragged;
  const moved = dragged;
  dragged = null;
  if (order(list) === before) return;
  if (list.dataset.orderList) send(list, moved);
  else number(list);
});

function send(list, moved) {
  const form = document.getElementById(list.dataset.orderList);
  form.elements.moved.value = moved.dataset.id;
  form.elements.ids.value = order(list);
  form.requestSubmit();
}

function number(list) {
  const group = list.dataset.orderRows;
  rowsOf(list).forEach((row, place) => {
    for (const field of row.querySelectorAll("[name]")) {
      field.name = field.name.replace(new RegExp(`^${group}-\\d+-`), `${group}-${place}-`);
      if (field.name === "_do") field.value = field.value.replace(/\d+$/, place);
    }
  });
  const first = list.querySelector("input, select");
  first?.dispatchEvent(new Event("input", { bubbles: true }));
}
