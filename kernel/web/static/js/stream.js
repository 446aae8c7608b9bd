"use strict";
/**
 * Live pages: one tab holds the EventSource (Web Locks) and tells the others by BroadcastChannel; without
 * locks every tab polls each 15 s. A message says where to look; the page fetches what it may see.
 */
import { correct } from "./clock.js";
import { announce } from "./live-status.js";

const CHANNEL = "shoushi-stream";
const POLL = 15000;
const SILENCE = 40000;
const url = document.documentElement.dataset.stream;
/** Regions that have changed and are not on the screen yet: tried again with each sign of life. */
const owed = new Set();
const fetching = new Set();
let heard = 0;

const regions = () => document.querySelectorAll("[data-live-url]");

/** @param {Element} region @param {{type: string, url: string}} change */
function concerns(region, change) {
  const wanted = region.dataset.liveOn?.split(/\s+/).filter(Boolean);
  return !wanted || wanted.some((word) => word === change.type || change.url.startsWith(word));
}

const typingIn = (region) => region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");

/** Fetch a region anew and put it in place, but for one being typed in. @returns {Promise<boolean>} whether it is in place */
async function replaced(region) {
  const answer = await fetch(region.dataset.liveUrl, { headers: { Accept: "text/html", "X-Fragment": "1" } });
  if (!answer.ok || answer.redirected) return false;
  correct(answer.headers.get("X-Shoushi-Now"));
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (typingIn(region)) return false;
  const focused = document.activeElement?.id;
  region.replaceChildren(...parsed.body.childNodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  region.dispatchEvent(new CustomEvent("shoushi:swapped", { bubbles: true }));
  return true;
}

/** Show what a region owes, unless it is being fetched already: then the end of that fetch comes here again. @param {Element} region */
async function settle(region) {
  if (!region.isConnected) owed.delete(region);
  if (fetching.has(region) || !region.isConnected) return;
  if (typingIn(region)) {
    document.activeElement.addEventListener("blur", () => owed.has(region) && settle(region), { once: true });
    return;
  }
  fetching.add(region);
  owed.delete(region);
  let shown = false;
  try {
    shown = await replaced(region);
  } catch {
    announce("lost");
  } finally {
    fetching.delete(region);
  }
  if (!shown) owed.add(region);
  if (shown ? owed.has(region) : typingIn(region)) await settle(region);
}

/** A region has changed: whatever happens to the next fetch, it is owed until it is on the screen. @param {Element} region */
function refresh(region) {
  owed.add(region);
  return settle(region);
}

const refreshAll = () => regions().forEach(refresh);

/** What any tab does with a message, whether it holds the stream or not. */
function take(message) {
  heard = Date.now();
  announce(message.state ?? "live");
  if (message.now) {
    correct(message.now);
    owed.forEach(settle);
  }
  if (message.fresh) refreshAll();
  if (message.change) {
    document.dispatchEvent(new CustomEvent("shoushi:change", { detail: message.change }));
    regions().forEach((region) => concerns(region, message.change) && refresh(region));
  }
}

/** Hold the stream for all tabs until this tab goes away. @param {BroadcastChannel} channel */
function lead(channel) {
  document.documentElement.dataset.leader = "true";
  const tell = (message) => {
    channel.postMessage(message);
    take(message);
  };
  const source = new EventSource(url);
  let opened = false;
  source.addEventListener("open", () => {
    tell({ fresh: !opened });
    opened = true;
  });
  source.addEventListener("change", (event) => tell({ change: JSON.parse(event.data) }));
  source.addEventListener("ping", (event) => tell({ now: event.data }));
  source.addEventListener("error", () => tell({ state: "lost" }));
  channel.addEventListener("message", (event) => event.data.hello && channel.postMessage({ state: source.readyState === 1 ? "live" : "lost" }));
  const closed = setInterval(() => source.readyState === 2 && (clearInterval(closed), poll()), POLL);
  return new Promise(() => {});
}

async function pollOnce() {
  await Promise.all([...regions()].map(refresh));
  if (navigator.onLine) announce("polling");
}

function poll() {
  announce("polling");
  setInterval(pollOnce, POLL);
}

export function boot() {
  if (!url || !document.querySelector("[data-connection]") || !document.querySelector("[data-live-url], [data-live]")) return;
  if (!navigator.locks || !window.BroadcastChannel || !window.EventSource) {
    poll();
    return;
  }
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", (event) => event.data.hello || take(event.data));
  channel.postMessage({ hello: true });
  navigator.locks.request(CHANNEL, () => lead(channel));
  setInterval(() => heard && Date.now() - heard > SILENCE && announce("lost"), SILENCE / 2);
}
