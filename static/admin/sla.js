/* Service levels: a condition suggests what is known for its subject. */
document.addEventListener("change", (event) => {
  const row = event.target.closest(".sla-condition");
  if (!row) return;
  if (event.target.matches("[data-subject]")) {
    row.querySelector(".sla-values").setAttribute("list", `known-${event.target.value}`);
  }
  if (event.target.matches("[data-operator-select]")) row.dataset.operator = event.target.value;
});
