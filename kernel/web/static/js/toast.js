"use strict";
/** Short messages at the edge; what they say is also in the log, so they may go away. */

const STAY = 8000;
const place = document.querySelector("[data-toasts]");

function dress(toast) {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast__close";
  close.textContent = place.dataset.dismiss;
  close.addEventListener("click", () => toast.remove());
  toast.append(close);
  if (!toast.classList.contains("toast--error")) setTimeout(() => toast.matches(":hover") || toast.remove(), STAY);
}

/** @param {string} text @param {"ok" | "warn" | "error"} [kind] */
export function toast(text, kind = "ok") {
  if (!place) return;
  const element = document.createElement("p");
  element.className = `toast toast--${kind}`;
  const words = document.createElement("span");
  words.textContent = text;
  element.append(words);
  place.append(element);
  dress(element);
}

export function boot() {
  place?.querySelectorAll(".toast").forEach(dress);
}
