// The review desk by keyboard: Y, N, S (skip) and U (undo). The next pair is on the page already,
// hidden, so that it is shown at once; what is after it comes with the server's answer.
// Answers are sent one after the other. Without this script, the forms do the same.
"use strict";

const KEYS = { y: "yes", n: "no", s: "skip" };
const LOOK_AGAIN_MS = 3000; // while the server looks for questions
const desk = document.querySelector("#desk");
const answered = new Set(); // keys of questions, which the server may not know of yet
let turn = Promise.resolve();
let undoing = 0; // how often: what is shown then is not what will be asked

const shown = () => desk.querySelector(".question:not([hidden])");
const waiting = () => desk.querySelector(".question[hidden]");
const known = (key) => [...desk.querySelectorAll(".question")].some((each) => each.dataset.question === key);

function parsed(text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
}

async function send(form, values) {
  const body = new FormData(form);
  Object.entries(values).forEach(([name, value]) => body.set(name, value));
  const answer = await fetch(form.action, {
    method: "POST", body, credentials: "same-origin", headers: { "X-Requested-With": "review" },
  });
  if (!answer.ok || answer.redirected) throw new Error(`HTTP ${answer.status}`);
  return parsed(await answer.text());
}

// Where nothing can be asked yet, although there may be something soon.
function lookAgain() {
  if (desk?.querySelector("[data-sought]")) setTimeout(() => location.reload(), LOOK_AGAIN_MS);
}

function showNext(focused) {
  const next = waiting();
  desk.setAttribute("aria-busy", String(next === null));
  if (!next) return;
  next.hidden = false;
  if (focused) next.querySelector(`[value="${focused}"]`)?.focus();
}

function restart(fresh) {
  answered.clear();
  desk.replaceChildren(...fresh.childNodes);
  desk.setAttribute("aria-busy", "false");
  lookAgain();
}

// What was shown at once stays; what was said, how far it is, and what comes after it are new.
function take(fresh) {
  if (!fresh.querySelector(".question") && !shown()) return restart(fresh);
  desk.querySelector(".standing").replaceWith(fresh.querySelector(".standing"));
  for (const question of fresh.querySelectorAll(".question")) {
    if (answered.has(question.dataset.question) || known(question.dataset.question)) continue;
    question.hidden = true;
    desk.append(question);
  }
  return shown() ?? showNext();
}

function queued(work) {
  turn = turn.then(work).catch(() => location.reload()); // the server knows where we are
}

function decide(question, answer) {
  const form = question.querySelector("form");
  const focused = question.contains(document.activeElement) ? document.activeElement.value : "";
  answered.add(question.dataset.question);
  question.remove();
  showNext(focused);
  queued(async () => take(await send(form, { answer })));
}

function undo() {
  undoing += 1;
  desk.setAttribute("aria-busy", "true");
  queued(async () => {
    restart(await send(desk.querySelector(".undo"), {}));
    undoing -= 1;
    desk.setAttribute("aria-busy", String(undoing > 0));
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (!desk || event.target.matches("input, textarea, select, [contenteditable]")) return;
  const question = shown();
  const answer = KEYS[event.key.toLowerCase()];
  if (answer && question && !undoing) {
    event.preventDefault();
    decide(question, answer);
  } else if (event.key.toLowerCase() === "u") {
    event.preventDefault();
    undo();
  }
});

desk?.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = event.target.closest(".question");
  if (!question) undo();
  else if (!undoing) decide(question, event.submitter.value);
});

lookAgain();
