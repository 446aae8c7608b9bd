"use strict";
/** Boots the page: each module looks for its own data-attributes. */
import * as clock from "./clock.js";
import * as countdown from "./countdown.js";
import * as dialog from "./dialog.js";
import * as forms from "./forms.js";
import * as stream from "./stream.js";
import * as theme from "./theme.js";
import * as toast from "./toast.js";

document.documentElement.classList.add("js");
clock.boot();
countdown.boot();
dialog.boot(document);
forms.boot(document);
theme.boot();
toast.boot();
stream.boot();

document.addEventListener("shoushi:swapped", (event) => {
  dialog.boot(event.target);
  forms.boot(event.target);
  countdown.tick();
});
for (const back of document.querySelectorAll("[data-back]")) {
  back.addEventListener("click", () => history.back());
}
document.querySelector("[data-focus]")?.focus();
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
