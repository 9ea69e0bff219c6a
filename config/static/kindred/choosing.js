// Choosing among pictures (data-choosing) by click, shift-click and keys, and doing something with
// the chosen: buttons of the same form have a key (data-key). Without it, boxes and buttons work.
"use strict";

const grid = document.querySelector("[data-choosing]");
const items = [...grid?.children ?? []].filter((item) => item.querySelector(".choose"));
const told = document.querySelector("[data-chosen]");
const toldAtFirst = told?.textContent;
let from = 0; // where a range begins

const boxOf = (item) => item.querySelector(".choose");
const linkOf = (item) => item.querySelector("a");
const chosen = () => items.filter((item) => boxOf(item).checked);
const here = () => items.findIndex((item) => item.contains(document.activeElement));

function isTyping(element) {
  return element.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

function tell() {
  const count = chosen().length;
  if (told) told.textContent = count ? `${count} ${told.dataset.some}` : toldAtFirst;
}

function choose(some, checked) {
  some.forEach((item) => { boxOf(item).checked = checked; });
  tell();
}

function range(one, other) {
  return items.slice(Math.min(one, other), Math.max(one, other) + 1);
}

// With Shift all between the last one and this one become as this one is to be.
function toggle(at, event) {
  const checked = event.target === boxOf(items[at]) ? event.target.checked : !boxOf(items[at]).checked;
  choose(event.shiftKey ? range(from, at) : [items[at]], checked);
  from = at;
}

// The item of the next row (down: 1) or the row before (-1) that is nearest to be above or below.
function across(at, down) {
  const place = (item) => item.getBoundingClientRect();
  const start = place(items[at]);
  const beyond = items.filter((item) => (place(item).top - start.top) * down > 1);
  const first = Math.min(...beyond.map((item) => place(item).top * down));
  const row = beyond.filter((item) => place(item).top * down < first + 1);
  const apart = (item) => Math.abs(place(item).left - start.left);
  return items.indexOf(row.sort((one, other) => apart(one) - apart(other))[0]);
}

const MOVES = {
  ArrowRight: (at) => at + 1,
  ArrowLeft: (at) => at - 1,
  ArrowDown: (at) => (at < 0 ? 0 : across(at, 1)),
  ArrowUp: (at) => (at < 0 ? 0 : across(at, -1)),
};

function move(event) {
  const at = here();
  const to = items[MOVES[event.key](at)];
  if (!to) return;
  event.preventDefault();
  linkOf(to).focus();
  if (event.shiftKey && at >= 0) choose(range(at, items.indexOf(to)), true);
  from = items.indexOf(to);
}

// Without a choice an action is for the one where the focus is.
function act(button) {
  if (!chosen().length && here() >= 0) choose([items[here()]], true);
  if (chosen().length) button.click();
}

function escape(at) {
  if (here() >= 0 && isTyping(at)) linkOf(items[here()]).focus();
  else if (isTyping(at)) at.blur();
  else choose(items, false);
}

function press(event) {
  const at = here();
  const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  const name = items[at]?.querySelector("[name=name]");
  if (event.key === "n" && name && !chosen().length) name.select();
  else if (event.key === " " && at >= 0) toggle(at, event);
  else if (event.key === "a") choose(items, chosen().length < items.length);
  else if (event.key === "u") document.querySelector(".undo")?.click();
  else if (event.key === "?") document.querySelector(".keys summary").click();
  else if (button) act(button);
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  const at = document.activeElement;
  if (!items.length || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") escape(at);
  else if (isTyping(at) || (at.matches("button, summary") && /^( |Enter)$/.test(event.key))) return;
  else if (event.key in MOVES) move(event);
  else press(event);
});

// A click on a picture opens it; but with Shift or Ctrl, or once something is chosen, it chooses.
grid?.addEventListener("click", (event) => {
  const at = items.findIndex((item) => item.contains(event.target));
  if (at < 0) return;
  const isBox = event.target === boxOf(items[at]);
  const chooses = event.shiftKey || event.ctrlKey || event.metaKey || chosen().length > 0;
  if (!isBox && !(event.target.closest("a") === linkOf(items[at]) && chooses)) return;
  if (!isBox) event.preventDefault();
  toggle(at, event);
});

// Who has done something with the chosen comes back to where they were, or to what is there now.
const PLACE = "kindred.choosing";
grid?.closest("form")?.addEventListener("submit", () => {
  sessionStorage.setItem(PLACE, Math.max(0, items.indexOf(chosen()[0])));
});
window.addEventListener("load", () => {
  const place = sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  const item = place !== null && items[Math.min(Number(place), items.length - 1)];
  if (item) linkOf(item).focus();
});

tell(); // a page that one has come back to keeps its choice
