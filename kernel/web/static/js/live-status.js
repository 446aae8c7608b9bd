"use strict";
/** The polite status line that says whether what is on the screen is live. */

const line = document.querySelector("[data-connection]");
let shown = "";

/** @param {"live" | "polling" | "lost"} state */
export function announce(state) {
  if (!line || state === shown) return;
  shown = state;
  line.className = `connection connection--${state}`;
  line.textContent = line.dataset[state];
}
