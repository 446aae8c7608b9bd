"use strict";
/** Forms: never sent twice; unsent text stays in this browser under its key and comes back. Sends nothing by itself. */

const PREFIX = "shoushi-draft:";
const KEPT = "input[type=text], input[type=search], input[type=tel], input[type=number], input[type=datetime-local], input[type=date], input[type=radio], input[type=checkbox], input:not([type]), textarea, select";
const LONGEST = 7 * 24 * 3600 * 1000;

/** Storage may be full or forbidden; then drafts are simply not kept. */
function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

const fields = (form) => [...form.querySelectorAll(KEPT)].filter((field) => field.name);
const choice = (field) => field.type === "radio" || field.type === "checkbox";

function save(form, key) {
  const values = {};
  for (const field of fields(form)) {
    if (choice(field)) (values[field.name] ??= []).push(...(field.checked ? [field.value] : []));
    else values[field.name] = [field.value];
  }
  attempt(() => localStorage.setItem(key, JSON.stringify({ at: Date.now(), values })));
}

function restore(form, key) {
  const draft = attempt(() => JSON.parse(localStorage.getItem(key)));
  if (!draft || Date.now() - draft.at > LONGEST || form.querySelector(".error-summary")) return false;
  let changed = false;
  for (const field of fields(form)) {
    const values = draft.values[field.name];
    if (!values) continue;
    if (choice(field)) {
      const checked = values.includes(field.value);
      changed ||= checked !== field.checked;
      field.checked = checked;
    } else if (values[0] && field.value !== values[0]) {
      field.value = values[0];
      changed = true;
    }
  }
  return changed;
}

function keepDraft(form) {
  const key = PREFIX + form.dataset.draft;
  const note = form.querySelector("[data-draft-note]");
  const who = document.querySelector(".topbar__name")?.textContent?.trim() ?? "";
  const own = `${key}:${who}`;
  if (note) note.hidden = !restore(form, own);
  form.addEventListener("input", () => save(form, own));
  form.addEventListener("submit", () => attempt(() => sessionStorage.setItem("shoushi-sent", own)));
  form.querySelector("[data-draft-discard]")?.addEventListener("click", () => {
    attempt(() => localStorage.removeItem(own));
    form.reset();
    note.hidden = true;
  });
}

/** A draft is dropped once the page after sending shows no error for it. */
function dropSent() {
  const key = attempt(() => sessionStorage.getItem("shoushi-sent"));
  if (!key) return;
  attempt(() => sessionStorage.removeItem("shoushi-sent"));
  if (!document.querySelector(".error-summary, .problem")) attempt(() => localStorage.removeItem(key));
}

function guard(form) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    const button = event.submitter;
    form.setAttribute("aria-busy", "true");
    if (button?.dataset.busy) {
      button.dataset.idle = button.textContent;
      button.textContent = button.dataset.busy;
      button.setAttribute("aria-disabled", "true");
    }
  });
  window.addEventListener("pageshow", () => {
    sent = false;
    form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll("[data-idle]")) {
      button.textContent = button.dataset.idle;
      button.removeAttribute("aria-disabled");
      delete button.dataset.idle;
    }
  });
}

let first = true;

/** @param {ParentNode} scope */
export function boot(scope) {
  if (first) dropSent();
  first = false;
  scope.querySelectorAll("form[data-draft]").forEach(keepDraft);
  scope.querySelectorAll("form[data-guard]").forEach(guard);
}
