"use strict";
/** The server's time in the browser: known at page load, corrected by every answer that tells it. */

const root = document.documentElement;
const speed = Number(root.dataset.speed || 1);
let base = Number(root.dataset.nowMs);
let mark = performance.now();
let wall = Date.now();

/** @returns {number} the server's present time in milliseconds */
export const now = () => base + (performance.now() - mark) * speed;

/** Believe the server. @param {string | null} iso */
export function correct(iso) {
  const told = Date.parse(iso ?? "");
  if (Number.isNaN(told)) return;
  base = told;
  mark = performance.now();
  wall = Date.now();
}

/** Ask the server, for instance after the machine has slept. */
export async function ask() {
  const sent = performance.now();
  try {
    const told = await (await fetch("/clock", { cache: "no-store" })).json();
    base = Date.parse(told.now) + ((performance.now() - sent) / 2) * speed;
    mark = performance.now();
    wall = Date.now();
  } catch {
    /* offline: the old offset stays, the connection line says so */
  }
}

const zone = root.dataset.zone || "Asia/Shanghai";
const hm = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone });
const day = new Intl.DateTimeFormat(root.lang === "en" ? "en-GB" : "zh-CN", root.lang === "en"
  ? { day: "numeric", month: "short", year: "numeric", timeZone: zone }
  : { dateStyle: "long", timeZone: zone });

function show() {
  const at = now();
  for (const clock of document.querySelectorAll("[data-clock]")) {
    clock.querySelector("[data-clock-time]").textContent = hm.format(at);
    const date = clock.querySelector("[data-clock-date]");
    if (date) date.textContent = day.format(at);
  }
}

/** Call `each` once a second, at the server's full second. @param {() => void} each */
export function everySecond(each) {
  const run = () => {
    each();
    setTimeout(run, speed === 1 ? 1000 - (now() % 1000) + 5 : 250);
  };
  run();
}

export function boot() {
  if (Number.isNaN(base)) return;
  everySecond(() => {
    const slept = Math.abs(Date.now() - wall - (performance.now() - mark)) > 2000;
    if (slept) {
      wall = Date.now() - (performance.now() - mark);
      ask();
    }
    show();
  });
  document.addEventListener("visibilitychange", () => document.hidden || ask());
}
