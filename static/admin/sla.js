/* Service levels: a condition that asks whether something is set takes no values. */
document.addEventListener("change", (event) => {
  const row = event.target.closest(".sla-condition");
  if (!row) return;
  if (event.target.matches("[data-operator-select]")) row.dataset.operator = event.target.value;
});
