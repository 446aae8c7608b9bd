"use strict";
/** Opens and closes native dialogs; focus goes back by itself. */

/** @param {ParentNode} scope */
export function boot(scope) {
  for (const button of scope.querySelectorAll("[data-dialog-open]")) {
    button.addEventListener("click", () => document.getElementById(button.dataset.dialogOpen)?.showModal());
  }
  for (const dialog of scope.querySelectorAll("dialog.dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog && outside(dialog, event)) dialog.close();
    });
    for (const button of dialog.querySelectorAll("[data-dialog-close]")) {
      button.addEventListener("click", () => dialog.close());
    }
    if (dialog.hasAttribute("data-open") || dialog.querySelector("[data-focus]")) dialog.showModal();
  }
}

function outside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
