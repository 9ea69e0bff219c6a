// The search page by keyboard: "/" goes to the box, arrows from photo to photo, Escape out of both.
// While somebody types, what the last words may mean is suggested. Without it the page does its work.
"use strict";

const PAUSE_MS = 150; // that somebody who types makes, before suggestions are asked for
const box = document.querySelector(".box input[type=search]");
const photos = [...document.querySelectorAll(".hits a.photo")];

function isTyping(element) {
  return element.matches("input, textarea, select, [contenteditable]");
}

function middle(photo) {
  const { left, width, top } = photo.getBoundingClientRect();
  return { x: left + width / 2, top };
}

// The photo of the next row (down: 1) or the row before (-1) that is nearest to be above or below.
function across(from, down) {
  const here = middle(from);
  const beyond = photos.filter((photo) => (middle(photo).top - here.top) * down > 1);
  const rows = beyond.map((photo) => middle(photo).top * down);
  const row = beyond.filter((photo) => middle(photo).top * down < Math.min(...rows) + 1);
  const apart = (photo) => Math.abs(middle(photo).x - here.x);
  return row.sort((one, other) => apart(one) - apart(other))[0];
}

const MOVES = {
  ArrowRight: (at) => photos[photos.indexOf(at) + 1],
  ArrowLeft: (at) => photos[photos.indexOf(at) - 1],
  ArrowDown: (at) => across(at, 1),
  ArrowUp: (at) => across(at, -1) ?? box,
};

function move(event, at) {
  const to = MOVES[event.key]?.(at);
  if (!to) return;
  event.preventDefault();
  to.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = document.activeElement;
  if (event.key === "/" && !isTyping(at)) {
    event.preventDefault();
    box?.select();
  } else if (event.key === "Escape" && (at === box || photos.includes(at))) {
    at.blur();
  } else if (photos.includes(at)) {
    move(event, at);
  } else if (at === document.body && /^Arrow(Right|Down)$/.test(event.key) && photos.length) {
    event.preventDefault();
    photos[0].focus();
  }
});

// `words` in the place of the end of `typed` that they begin with: "a photo of An" to "... of Anna".
function completed(typed, words) {
  const begins = [...typed.matchAll(/\S+/g)].map((match) => match.index);
  const at = begins.find((begin) => words.toLowerCase().startsWith(typed.slice(begin).toLowerCase()));
  return typed.slice(0, at ?? begins.at(-1) ?? 0) + words;
}

async function suggest() {
  const typed = box.value;
  const last = typed.match(/\S+$/)?.[0] ?? "";
  if (last.length < 2) return;
  const answer = await fetch(`${box.dataset.suggest}&q=${encodeURIComponent(last)}`, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected || box.value !== typed) return;
  const { results } = await answer.json();
  const options = results.map(({ kind, words }) => {
    const option = document.createElement("option");
    option.value = completed(typed, words);
    option.label = kind;
    return option;
  });
  box.list.replaceChildren(...options);
}

let pause;
box?.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(() => suggest().catch(() => box.list.replaceChildren()), PAUSE_MS);
});
