// The desk's script: forms that answer in place, live parts, drag and keys. Without it every form and link works still.
"use strict";

const root = document.documentElement;
const given = new Map();
let chosen = new URLSearchParams(location.search);

const parts = (from) => from.querySelectorAll("[data-part]");
const remember = (from) => parts(from).forEach((part) => given.set(part.id, part.outerHTML));
const pieces = () => [...document.querySelectorAll(".piece[data-place]")];

// What changed on the server replaces what is shown. What somebody is writing in is taken over into it.
function show(text, { ours, answered }) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const focus = keepFocus();
  root.dataset.revision = fresh.documentElement.dataset.revision;
  for (const part of parts(fresh)) {
    const shown = document.getElementById(part.id);
    const html = part.outerHTML;
    const isNews = given.get(part.id) !== html || (answered && shown && shown.contains(answered));
    if (!shown || !isNews || (part.id === "told" && !ours)) continue;
    given.set(part.id, html);
    if ("frames" in part.dataset) { showFrame(shown, part); continue; }
    part.querySelectorAll("details[id]").forEach((each) => {
      const before = document.getElementById(each.id);
      if (before) each.open = before.open;
    });
    shown.querySelectorAll("form[data-dirty]").forEach((form) => {
      const drawn = [...part.querySelectorAll("form")].find((each) => each.id === form.id);
      if (drawn) takeOver(form, drawn, form === answered);
    });
    shown.replaceWith(part);
  }
  // Buttons are about what is shown now.
  for (const id of ["change", "act"]) {
    const form = document.getElementById(id);
    const drawn = fresh.getElementById(id);
    if (form && drawn) form.replaceWith(drawn);
  }
  focus();
  countAll();
}

// A form that is written in stands in place of the one that was drawn anew. Only when it was refused does it learn what
// stands there now: fields that nobody has written in show that, and what is saved next is saved knowingly.
function takeOver(form, drawn, wasRefused) {
  if (wasRefused) {
    for (const field of [...drawn.elements].filter((each) => each.type === "hidden")) {
      const mine = form.elements[field.name];
      if (!mine) continue;
      if (field.name.startsWith("was.")) {
        const name = field.name.slice(4);
        if (form.elements[name].value === mine.value) form.elements[name].value = drawn.elements[name].value;
      }
      mine.value = field.value;
    }
  }
  drawn.replaceWith(form);
}

// Whoever works on something goes on with it, or with what stands in its place.
function keepFocus() {
  const active = document.activeElement;
  const piece = active && active.closest(".piece[data-place]");
  const place = piece ? pieces().indexOf(piece) : -1;
  const from = active && active.selectionStart;
  const to = active && active.selectionEnd;
  return () => {
    if (!active || active === document.body) return;
    const again = active.isConnected ? active : active.id && document.getElementById(active.id);
    if (again) {
      if (document.activeElement === again) return;
      again.focus({ preventScroll: true });
      if (typeof from === "number" && again.setSelectionRange) {
        const all = from === 0 && to === active.value.length;
        again.setSelectionRange(all ? 0 : from, all ? again.value.length : to);
      }
    } else if (place >= 0) {
      const next = pieces()[Math.min(place, pieces().length - 1)];
      if (next) next.focus({ preventScroll: true });
    }
  };
}

// The frame that is there shows the new mail: it keeps the old one until the new one has come, and making another frame
// would cost a process. `replace`, so that the browser's Back leads out of the desk and not through old mails.
function showFrame(shown, part) {
  const before = shown.querySelector("iframe");
  const after = part.querySelector("iframe");
  shown.className = part.className;
  if (!before || !after || before.title !== after.title) { shown.replaceChildren(...part.children); return; }
  before.contentWindow.location.replace(after.src);
}

// One after the other: what is done next is done to what came of it.
let line = Promise.resolve();
const inLine = (does) => { const done = line.then(does); line = done.catch(() => {}); return done; };

// After something was refused without script's help the address is that of the deed, which shows nothing by itself.
if (["/act", "/change"].includes(location.pathname)) history.replaceState(null, "", "/");

const look = (revision) => inLine(async () => {
  if (revision === root.dataset.revision) return;
  const answer = await fetch(`${location.pathname}?${chosen}`, { headers: { "X-Desk": "1" } });
  show(await answer.text(), { ours: false });
});

function send(form, submitter) {
  // What is written now is what is sent, whatever is still to be answered before it.
  const body = new URLSearchParams(new FormData(form));
  if (submitter && submitter.name) body.set(submitter.name, submitter.value);
  for (const [name, value] of chosen) if (!body.has(name)) body.set(name, value);
  return inLine(async () => {
    const now = document.querySelector("#change input[name=tag]");
    if (now) body.set("tag", now.value);
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body, headers: { "X-Desk": "1" } });
    } catch {
      tell(document.body.dataset.gone);
      return;
    }
    const text = await answer.text();
    // What was refused stays where it was written.
    if (answer.ok) delete form.dataset.dirty;
    show(text, { ours: true, answered: answer.ok ? null : form });
  });
}

function tell(sentence) {
  const told = document.getElementById("told");
  const line = document.createElement("p");
  line.className = "alarm";
  line.setAttribute("role", "alert");
  line.textContent = sentence;
  told.replaceChildren(line);
}

// Only what is done on this page is answered in place: a question that was confirmed leads back to the desk.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || !document.getElementById("order")) return;
  event.preventDefault();
  send(form, event.submitter);
});

function press(verb, value) {
  const form = document.getElementById("change");
  if (form) send(form, { name: verb, value });
}

// Live counts.
function count(field) {
  const told = document.querySelector(`[data-count="${field.id}"]`);
  if (!told) return;
  const length = [...field.value].length;
  told.textContent = `${length} / ${field.maxLength}`;
  told.classList.toggle("long", length > Number(told.dataset.good));
}
const countAll = () => document.querySelectorAll("#subject, #preheader").forEach(count);
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && form.id && form.method === "post") form.dataset.dirty = "1";
  count(event.target);
});

// The ways to see the mail.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".views a");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  chosen = new URL(link.href).searchParams;
  history.replaceState(null, "", `${location.pathname}?${chosen}`);
  refreshViews();
});
async function refreshViews() {
  const answer = await fetch(`/?${chosen}`, { headers: { "X-Desk": "1" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const active = document.activeElement && document.activeElement.id;
  const views = fresh.querySelectorAll(".views");
  document.querySelectorAll(".views").forEach((each, number) => { if (views[number]) each.replaceWith(views[number]); });
  const frames = fresh.getElementById("frames");
  given.set("frames", frames.outerHTML);
  document.getElementById("frames").replaceWith(frames);
  if (active && document.getElementById(active)) document.getElementById(active).focus();
}

// Drag.
let dragged = null;
document.addEventListener("dragstart", (event) => {
  const piece = event.target.closest && event.target.closest("[data-name]");
  if (!piece) return;
  dragged = piece;
  piece.classList.add("dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", piece.dataset.name);
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest && event.target.closest(".piece[data-place]");
  document.querySelectorAll(".over").forEach((each) => each.classList.remove("over"));
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  over.classList.add("over");
});
document.addEventListener("drop", (event) => {
  const over = event.target.closest && event.target.closest(".piece[data-place]");
  if (!dragged || !over) return;
  event.preventDefault();
  press("move", `${over.dataset.place}|${dragged.dataset.name}`);
});
document.addEventListener("dragend", () => {
  document.querySelectorAll(".over, .dragged").forEach((each) => each.classList.remove("over", "dragged"));
  dragged = null;
});

// Keys.
function step(by) {
  const all = pieces();
  const here = all.findIndex((each) => each.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, here < 0 ? 0 : here + by))];
  if (next) next.focus();
}
const keys = {
  j: () => step(1),
  k: () => step(-1),
  p: (piece) => piece && press(piece.dataset.pinned === "1" ? "unpin" : "pin", piece.dataset.name),
  x: (piece) => piece && piece.querySelector("[name=exclude], [name=take_out]").click(),
  e: (piece) => {
    if (!piece) return;
    piece.querySelector("details.edit").open = true;
    piece.querySelector("details.edit input:not([type=hidden])").focus();
  },
  u: () => press("undo", "1"),
  r: () => press("redo", "1"),
  s: () => focusOn("subject"),
  t: () => focusOn("test-to"),
};
function focusOn(id) {
  const field = document.getElementById(id);
  if (field) { field.focus(); field.select(); }
}
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select");
  const piece = event.target.closest(".piece[data-place]");
  if (event.key === "Escape" && writing) {
    const holder = writing.closest(".piece[data-place]");
    if (holder) holder.focus(); else writing.blur();
    return;
  }
  if (writing) return;
  if (piece && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    const place = Number(piece.dataset.place) + (event.key === "ArrowUp" ? -1 : 1);
    if (place >= 1 && place <= pieces().length) press("move", `${place}|${piece.dataset.name}`);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const does = keys[event.key];
  if (does && document.getElementById("order")) { event.preventDefault(); does(piece); }
});

// Live.
remember(document);
countAll();
if (document.getElementById("order") || document.getElementById("issues")) {
  let events = null;
  // A browser has six lines to one server: a page that nobody sees holds none.
  const listen = () => {
    if (events) events.close();
    events = null;
    if (document.hidden) return;
    events = new EventSource("/events");
    events.onmessage = (event) => look(event.data);
  };
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => { if (events) events.close(); });
  listen();
}
