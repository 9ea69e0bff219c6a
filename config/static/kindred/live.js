// Keeps the parts of a page that say where they are to be had (data-live) as the server has them.
// Only what is inside of them is replaced, so that the page stays where it was scrolled to; and so
// do wide tables (.wide).
"use strict";

const EVERY_MS = 5000;

function isInUse(part) {
  return part.contains(document.activeElement) || part.querySelector("button:active") !== null;
}

function replace(part, fresh) {
  const tables = () => [...part.querySelectorAll(".wide")];
  const scrolled = tables().map((table) => table.scrollLeft);
  part.innerHTML = fresh;
  tables().forEach((table, index) => { table.scrollLeft = scrolled[index] ?? 0; });
}

async function refresh(part) {
  const answer = await fetch(part.dataset.live, { credentials: "same-origin" });
  if (answer.redirected) {
    location.reload(); // logged out: the page itself says so
  } else if (answer.ok) {
    const fresh = await answer.text();
    if (!isInUse(part)) replace(part, fresh);
  }
  part.classList.toggle("stale", !answer.ok);
}

async function keepLive(part) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    if (document.hidden || isInUse(part)) continue;
    await refresh(part).catch(() => part.classList.add("stale"));
  }
}

document.querySelectorAll("[data-live]").forEach(keepLive);
