"use strict";
/** Ticks every [data-countdown] from the server's time; turns over at 75 % and at the due time. */
import { everySecond, now } from "./clock.js";

const days = document.documentElement.dataset.days || "#d";
const PHASES = ["ok", "near", "over"];

const two = (n) => String(n).padStart(2, "0");

/** The same words as kernel/web/formats.py `ticks`. @param {number} seconds */
export function ticks(seconds) {
  const s = Math.floor(Math.abs(seconds));
  if (s >= 360000) {
    return `${days.replace("#", Math.floor(s / 86400))} ${two(Math.floor((s % 86400) / 3600))}:${two(Math.floor((s % 3600) / 60))}`;
  }
  return `${two(Math.floor(s / 3600))}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
}

/** @param {number} at @param {number} near @param {number} due */
export const phaseAt = (at, near, due) => (at >= due ? "over" : at >= near ? "near" : "ok");

function paint(element, at) {
  const due = Date.parse(element.dataset.due);
  const started = Date.parse(element.dataset.started);
  const phase = phaseAt(at, Date.parse(element.dataset.near), due);
  const block = element.classList.contains("tick") ? "tick" : "countdown";
  if (!element.classList.contains(`${block}--${phase}`)) {
    element.classList.remove(...PHASES.map((name) => `${block}--${name}`));
    element.classList.add(`${block}--${phase}`);
    element.dispatchEvent(new CustomEvent("shoushi:phase", { bubbles: true, detail: phase }));
  }
  const left = element.querySelector("[data-left]");
  const over = at >= due;
  const text = (over ? "+" : "") + ticks(over ? (at - due) / 1000 : Math.ceil((due - at) / 1000));
  if (left.textContent !== text) left.textContent = text;
  const share = Math.min(100, Math.max(0, ((at - started) / (due - started)) * 100));
  element.querySelector("[data-share]")?.setAttribute("width", share.toFixed(1));
}

export function tick() {
  const at = now();
  for (const element of document.querySelectorAll("[data-countdown]")) paint(element, at);
}

export function boot() {
  everySecond(tick);
}
