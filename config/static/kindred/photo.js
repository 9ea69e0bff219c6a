// The page of a photo: layers, zoom and pan by keys, buttons, wheel and pointer; and the box of a face,
// drawn on the picture, which fills the fields of the form. Without it layers and the form do their work.
"use strict";

const STEP = 1.25; // of zoom
const CLOSEST = 8; // pixels of the screen for one of the photo
const SHARP = 2048; // pixels of the longer side that the picture has at first
const SMALLEST = 8; // side of a box, in pixels of the photo
const EDGES = ["x", "y", "width", "height"];

const desk = document.querySelector(".desk");
const view = desk.querySelector(".view");
const figure = view.querySelector(".photo");
const picture = figure.querySelector("img");
const svg = figure.querySelector("svg");
const form = desk.querySelector(".face-form"); // not for those who may only look
const draft = svg.querySelector(".draft");
const layers = [...desk.querySelectorAll("[data-key]")];
const { width: WIDTH, height: HEIGHT } = svg.viewBox.baseVal;
const LETTERS = parseFloat(svg.getAttribute("font-size"));

const within = (value, least, most) => Math.min(Math.max(value, least), most);
const isTyping = (element) => element.matches("input:not([type=checkbox]), textarea, select");

// --- Zoom: the frame scrolls, the picture in it grows ------------------------------------------------

let zoom = 1; // 1: all of the photo is in sight

const scale = () => svg.getScreenCTM().a; // pixels of the screen for one of the photo
const toPhoto = (x, y) => new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse());
const toScreen = (point) => point.matrixTransform(svg.getScreenCTM());

function middle() {
  const { left, top, width, height } = view.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}

function sharpen() {
  const needed = scale() * Math.max(WIDTH, HEIGHT) * devicePixelRatio;
  const isSharp = picture.dataset.closer === undefined || Math.max(WIDTH, HEIGHT) <= SHARP;
  if (isSharp || needed <= SHARP) return;
  picture.src = picture.dataset.closer;
  delete picture.dataset.closer;
}

function tell() {
  desk.querySelector(".zooming output").textContent = `${Math.round(scale() * 100)}%`;
}

function zoomTo(wanted, { x, y } = middle()) {
  const point = toPhoto(x, y);
  const fitting = scale() / zoom;
  zoom = within(wanted, 1, Math.max(1, CLOSEST / fitting));
  figure.classList.toggle("zoomed", zoom > 1);
  figure.style.width = zoom > 1 ? `${fitting * zoom * WIDTH}px` : "";
  view.style.height = zoom > 1 ? `${fitting * HEIGHT}px` : ""; // the frame stays as it is
  svg.style.fontSize = `${LETTERS / zoom}px`;
  const now = toScreen(point);
  view.scrollLeft += now.x - x;
  view.scrollTop += now.y - y;
  tell();
  sharpen();
}

const ZOOMS = {
  in: () => zoomTo(zoom * STEP),
  out: () => zoomTo(zoom / STEP),
  fit: () => zoomTo(1),
};

desk.querySelectorAll("[data-zoom]").forEach((button) => {
  button.addEventListener("click", ZOOMS[button.dataset.zoom]);
});

view.addEventListener("wheel", (event) => {
  const isMeant = event.ctrlKey || event.metaKey || view.contains(document.activeElement);
  if (!isMeant || event.shiftKey || event.deltaY === 0) return;
  event.preventDefault();
  zoomTo(event.deltaY < 0 ? zoom * STEP : zoom / STEP, event);
}, { passive: false });

// --- The box of a face, and the form ------------------------------------------------------------------

const field = (name) => form.elements[name];
const boxNow = () => Object.fromEntries(EDGES.map((edge) => [edge, Number(field(edge).value)]));
const isOpen = () => form !== null && !form.hidden;
let isDrawing = false; // the next drag makes a new box

function showDraft() {
  const { x, y, width, height } = boxNow();
  const isBox = isOpen() && width > 0 && height > 0;
  draft.setAttribute("display", isBox ? "inline" : "none");
  if (!isBox) return;
  const rect = draft.querySelector("rect");
  Object.entries({ x, y, width, height }).forEach(([name, value]) => rect.setAttribute(name, value));
  draft.querySelectorAll("[data-corner]").forEach((corner) => {
    const number = Number(corner.dataset.corner);
    corner.setAttribute("d", `M${x + (number % 2) * width} ${y + (number > 1) * height}h0`);
  });
}

function setBox({ x, y, width, height }) {
  const box = {
    width: within(width, Math.min(SMALLEST, WIDTH), WIDTH),
    height: within(height, Math.min(SMALLEST, HEIGHT), HEIGHT),
  };
  box.x = within(x, 0, WIDTH - box.width);
  box.y = within(y, 0, HEIGHT - box.height);
  EDGES.forEach((edge) => { field(edge).value = Math.round(box[edge] * 100) / 100; });
  showDraft();
}

// The box with one corner here and the opposite one there.
function boxBetween(one, other) {
  const [left, right] = [one.x, other.x].map((x) => within(x, 0, WIDTH)).sort((a, b) => a - b);
  const [top, bottom] = [one.y, other.y].map((y) => within(y, 0, HEIGHT)).sort((a, b) => a - b);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function draw(isOn) {
  isDrawing = isOn;
  view.classList.toggle("drawing", isOn);
}

// Of one that is known (its mark), or of a new one (null).
function open(mark) {
  const { face = "", name = "", crop = "" } = mark?.dataset ?? {};
  form.hidden = false;
  field("face").value = face;
  field("name").value = name;
  form.querySelectorAll(".of-known").forEach((each) => { each.hidden = !mark; });
  form.querySelectorAll(".of-new").forEach((each) => { each.hidden = Boolean(mark); });
  form.querySelector(".unseen").hidden = mark?.dataset.unseen === undefined;
  const number = form.querySelector(".number");
  number.textContent = face;
  number.href = number.dataset.page.replace("/0/", `/${face || 0}/`);
  if (crop) form.querySelector("img").src = crop;
  draw(!mark);
}

function change(mark) {
  open(mark);
  EDGES.forEach((edge) => { field(edge).value = mark.dataset[edge]; });
  showDraft();
}

function add() {
  open(null);
  const { x, y } = middle();
  const centre = toPhoto(x, y);
  const side = Math.min(view.clientWidth, view.clientHeight) / 5 / scale();
  setBox({ x: centre.x - side / 2, y: centre.y - side / 2, width: side, height: side });
  view.focus();
}

function leave() {
  if (!isOpen()) return;
  form.hidden = true;
  draw(false);
  showDraft();
  view.focus();
}

function toName() {
  field("name").focus();
  field("name").select();
}

// How arrows change a box by so many pixels: where it is, or (with Shift) how large.
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function nudge(event) {
  const [right, down] = ARROWS[event.key];
  const by = event.ctrlKey ? 1 : Math.max(1, 8 / scale());
  const box = boxNow();
  const [across, along] = event.shiftKey ? ["width", "height"] : ["x", "y"];
  setBox({ ...box, [across]: box[across] + right * by, [along]: box[along] + down * by });
}

// --- The pointer --------------------------------------------------------------------------------------

let drag = null; // what moving does, and what lifting does after that

function resizing(corner) {
  const { x, y, width, height } = boxNow();
  const number = Number(corner.dataset.corner);
  const opposite = { x: number % 2 ? x : x + width, y: number > 1 ? y : y + height };
  return { move: (point) => setBox(boxBetween(opposite, point)) };
}

function moving(from) {
  const box = boxNow();
  return { move: ({ x, y }) => setBox({ ...box, x: box.x + x - from.x, y: box.y + y - from.y }) };
}

function drawing(from) {
  const end = () => {
    draw(false);
    toName();
  };
  return { move: (point) => setBox(boxBetween(from, point)), end };
}

function panning({ clientX, clientY }) {
  const { scrollLeft, scrollTop } = view;
  return {
    move: (_, event) => {
      view.scrollLeft = scrollLeft + clientX - event.clientX;
      view.scrollTop = scrollTop + clientY - event.clientY;
    },
  };
}

function dragOf(event) {
  const point = toPhoto(event.clientX, event.clientY);
  if (isDrawing) return drawing(point);
  const corner = event.target.closest(".draft [data-corner]");
  if (corner) return resizing(corner);
  if (event.target.closest(".draft")) return moving(point);
  return event.pointerType === "mouse" && zoom > 1 ? panning(event) : null;
}

let pressed = { x: 0, y: 0 }; // where the pointer went down
let hasMoved = false; // since then: then the click that follows opens nothing

view.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || !event.target.closest(".photo")) return;
  pressed = { x: event.clientX, y: event.clientY };
  hasMoved = false;
  drag = dragOf(event);
  if (drag) event.preventDefault();
  if (drag) view.focus({ preventScroll: true });
});

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  hasMoved ||= Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > 2;
  if (hasMoved) drag.move(toPhoto(event.clientX, event.clientY), event);
});

["pointerup", "pointercancel"].forEach((name) => document.addEventListener(name, () => {
  if (drag && hasMoved) drag.end?.();
  drag = null;
}));

picture.addEventListener("dragstart", (event) => event.preventDefault());
svg.addEventListener("dragstart", (event) => event.preventDefault());

desk.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (hasMoved && view.contains(event.target)) {
    event.preventDefault();
    hasMoved = false;
  } else if (link && form && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const mark = link.dataset.of ? document.getElementById(link.dataset.of) : link;
    if (mark.dataset.face) {
      change(mark);
      if (event.detail) toName(); // by keys one stays at the picture
      else view.focus();
    } else if (link.matches(".draw")) add();
    else if (link.matches(".leave")) leave();
    else return;
    event.preventDefault();
  }
});

// --- Keys -----------------------------------------------------------------------------------------------

const inBox = (act) => (event) => isOpen() && view.contains(document.activeElement) && (act(event), true);
const KEYS = {
  "+": ZOOMS.in,
  "=": ZOOMS.in,
  "-": ZOOMS.out,
  0: ZOOMS.fit,
  d: () => form && add(),
  Enter: inBox(toName),
  Delete: inBox(() => field("face").value && form.requestSubmit(form.querySelector("[value=delete]"))),
  ...Object.fromEntries(Object.keys(ARROWS).map((key) => [key, inBox(nudge)])),
  ...Object.fromEntries(layers.map((layer) => [layer.dataset.key, () => layer.click()])),
};

document.addEventListener("keydown", (event) => {
  const at = document.activeElement;
  if (event.key === "Escape") leave();
  const isArrow = event.key in ARROWS;
  if (isTyping(at) || event.metaKey || event.altKey || (event.ctrlKey && !isArrow)) return;
  if (event.key === "Enter" && at.closest("a, button, summary")) return;
  if (KEYS[event.key] && KEYS[event.key](event) !== false) event.preventDefault();
});

// --- How the page was left, so that it comes back the same after a face is saved ------------------------

const PLACE = `photo:${location.pathname}`;

addEventListener("pagehide", () => {
  const { scrollLeft, scrollTop } = view;
  const hidden = layers.filter((layer) => !layer.checked).map((layer) => layer.dataset.key);
  sessionStorage.setItem(PLACE, JSON.stringify({ zoom, scrollLeft, scrollTop, hidden }));
});

function restore() {
  const left = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
  if (!left) return;
  layers.forEach((layer) => { layer.checked = !left.hidden.includes(layer.dataset.key); });
  zoomTo(left.zoom);
  view.scrollTo(left.scrollLeft, left.scrollTop);
}

function showSmall() {
  if (!picture.src.endsWith(picture.dataset.small)) picture.src = picture.dataset.small;
}

picture.addEventListener("error", showSmall);
if (picture.complete && !picture.naturalWidth) showSmall(); // it has failed before this script came
desk.classList.add("live");
restore();
tell();
if (form) {
  EDGES.forEach((edge) => field(edge).addEventListener("input", showDraft));
  showDraft();
}
addEventListener("resize", tell);
