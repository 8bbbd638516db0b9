/* Native dialogs: buttons that open and close them, a click outside closes, the focus goes back. */

/** Opens a <dialog> (element or id) and resolves with its returnValue once it is closed. */
export function openDialog(which) {
  const dialog = typeof which === "string" ? document.getElementById(which) : which;
  if (!dialog) return Promise.resolve("");
  const before = document.activeElement;
  if (!dialog.open) dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener(
      "close",
      () => {
        if (before?.isConnected) before.focus();
        done(dialog.returnValue);
      },
      { once: true },
    );
  });
}

export function closeDialog(which, value = "") {
  const dialog = typeof which === "string" ? document.getElementById(which) : which;
  if (dialog?.open) dialog.close(value);
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) openDialog(opener.dataset.openDialog);
  const closer = event.target.closest("[data-close-dialog]");
  if (closer) closeDialog(closer.closest("dialog"));
});

// Press and release both outside: a text selection that ends outside must not lose the form.
let pressedOn = null;
document.addEventListener("pointerdown", (event) => (pressedOn = event.target));
document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.matches?.("dialog[open]") && target === pressedOn && outside(target, event)) target.close();
});

function outside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return (
    event.clientX < box.left ||
    event.clientX > box.right ||
    event.clientY < box.top ||
    event.clientY > box.bottom
  );
}
