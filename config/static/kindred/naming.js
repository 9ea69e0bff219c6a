// Fields for a person's name (data-names: where names are to be had) offer those that have the
// typed letters. After a cluster is named, the field of the next one has the focus.
"use strict";

const PAUSE_MS = 150; // that somebody who types makes, before names are asked for
let pause;

async function offer(field) {
  const typed = field.value;
  const address = `${field.dataset.names}&q=${encodeURIComponent(typed)}`;
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected || field.value !== typed) return;
  const { names } = await answer.json();
  field.list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.dataset.names || !field.value.trim()) return;
  clearTimeout(pause);
  pause = setTimeout(() => offer(field).catch(() => field.list.replaceChildren()), PAUSE_MS);
});

// Escape on a page that asks goes back; elsewhere there is no such link.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("a#back")?.click();
});

// When all is loaded: the browser goes to the place that the address names, and takes the focus away.
window.addEventListener("load", () => {
  const next = /^#cluster-\d+$/.test(location.hash) && document.querySelector(location.hash);
  if (next) next.querySelector("[name=name]")?.focus();
});
