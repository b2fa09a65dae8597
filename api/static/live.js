// Forewarn's only script: refreshes the queue in place and adds keys. Every page works without it.
"use strict";

const rows = document.getElementById("rows");
const live = document.getElementById("live");

// --- the queue refreshes itself: the server says that something changed, the rows are fetched again ---
const WAIT_MS = 400; // changes come in bunches; one fetch shows all of them
let timer = 0;

function say(text, away) {
  live.hidden = false;
  live.textContent = text;
  live.classList.toggle("away", away);
}

async function refresh(changed) {
  timer = 0;
  const answer = await fetch(rows.dataset.live, { headers: { accept: "text/html" } }).catch(() => null);
  if (answer && answer.status === 401) {
    location.reload(); // signed out meanwhile: the page leads to the sign-in
    return;
  }
  if (!answer || !answer.ok) return say("Not live just now", true);
  const here = document.activeElement?.closest?.("tr[data-case]")?.dataset.case;
  rows.innerHTML = await answer.text();
  if (here) rows.querySelector(`tr[data-case="${CSS.escape(here)}"] a`)?.focus({ preventScroll: true });
  for (const number of changed) rows.querySelector(`tr[data-case="${CSS.escape(number)}"]`)?.classList.add("changed");
  changed.clear();
}

if (rows?.dataset.live) {
  const changed = new Set();
  const soon = () => { timer ||= setTimeout(refresh, WAIT_MS, changed); };
  const news = new EventSource("/console/events");
  let before = false;
  news.addEventListener("hello", () => { say("Live", false); if (before) soon(); before = true; });
  news.addEventListener("case", (event) => { changed.add(event.data); soon(); });
  news.addEventListener("error", () => say("Not live just now", true));
  addEventListener("pagehide", () => news.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

// --- keys: off in fields, and off altogether when the reader wants (WCAG 2.1.4) ---
const STORE = "forewarn.keys";
const dialog = document.getElementById("keys");
const button = document.getElementById("keys-button");
const toggle = document.getElementById("keys-on");
const on = () => localStorage.getItem(STORE) !== "off";

function move(by) {
  const links = [...document.querySelectorAll("tbody .case-link")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))].focus();
}

function reach(target) {
  if (target.tagName === "A") return target.click();
  if (target.tagName === "SUMMARY") target.parentElement.open = true;
  target.focus();
}

if (dialog) {
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
  toggle.checked = on();
  toggle.addEventListener("change", () => localStorage.setItem(STORE, toggle.checked ? "on" : "off"));
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey || typing || dialog.open || !on()) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
    else if (event.key === "?") dialog.showModal();
    else if (event.key === "q" && !target) location.href = "/console/queue";
    else if (target) reach(target);
    else return;
    event.preventDefault();
  });
}
