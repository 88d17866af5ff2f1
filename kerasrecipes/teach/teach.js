"use strict";
// The page asks the server that it came from and no other. Examples stay in it until Train is pressed.
const at = (id) => document.getElementById(id);
const token = new URLSearchParams(location.search).get("token");
const headers = token ? { authorization: `Bearer ${token}` } : {};
const withToken = (path) => token ? `${path}${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}` : path;
const SIDE = 320; // pixels of a photograph's longer side, more than any recipe here looks at
const LEAST = { drawings: 5, photographs: 8, texts: 8 };
const SHOWING = {
  drawings: "Draw examples of each class", photographs: "Drop photographs of each class",
  texts: "Type texts of each class, one on each line", table: "Choose a table and the column to predict",
};
const lesson = { kind: "drawings", classes: {}, table: null };
let state = { status: "nothing" }, sent = true, shownRun = null;

function element(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}
function show(id, visible) { at(id).hidden = !visible; }
function complain(message) { at("wrong").textContent = message || ""; show("wrong", Boolean(message)); }

// Classes, for each kind its own.
function classes() {
  if (!lesson.classes[lesson.kind]) lesson.classes[lesson.kind] = [newClass(), newClass()];
  return lesson.classes[lesson.kind];
}
function newClass() { return { name: "", examples: [], text: "" }; }
function textsOf(one) { return one.text.split("\n").map((line) => line.trim()).filter(Boolean); }
function countOf(one) { return lesson.kind === "texts" ? textsOf(one).length : one.examples.length; }

function choose(kind) {
  lesson.kind = kind;
  for (const button of at("kinds").children) button.setAttribute("aria-checked", String(button.dataset.kind === kind));
  at("showing").textContent = SHOWING[kind];
  show("classes", kind !== "table");
  show("adding", kind !== "table");
  show("table", kind === "table");
  at("needed").textContent = kind === "table" ? "" : `At least ${LEAST[kind]} of each; more are better, and different ones best.`;
  if (kind !== "table") draw();
}

function draw() {
  at("classes").replaceChildren(...classes().map(card));
}

function card(one, number) {
  const count = element("span", { className: "faint" });
  const shots = element("div", { className: "shots" });
  const refresh = () => {
    count.textContent = String(countOf(one));
    shots.replaceChildren(...one.examples.map((example) => shot(one, example, refresh)));
    sent = sent && countOf(one) === 0;
  };
  const name = element("input", { type: "text", value: one.name, placeholder: `Name of class ${number + 1}`, maxLength: 60, ariaLabel: `Name of class ${number + 1}` });
  name.addEventListener("input", () => { one.name = name.value; });
  const remove = element("button", { type: "button", className: "remove", textContent: "×", title: "Remove this class", ariaLabel: `Remove class ${number + 1}` });
  remove.addEventListener("click", () => { classes().splice(number, 1); draw(); });
  const made = element("div", { className: "class" }, element("div", { className: "head" }, name, count, remove));
  if (lesson.kind === "drawings") made.append(...sheet(one, refresh), shots);
  if (lesson.kind === "photographs") made.append(dropping(one, refresh), shots);
  if (lesson.kind === "texts") made.append(typing(one, refresh));
  refresh();
  return made;
}

function shot(one, example, refresh) {
  const image = element("img", { src: example.url, alt: "" });
  const remove = element("button", { type: "button", textContent: "×", ariaLabel: "Remove this example" });
  remove.addEventListener("click", () => {
    URL.revokeObjectURL(example.url);
    one.examples.splice(one.examples.indexOf(example), 1);
    refresh();
  });
  return element("div", {}, image, remove);
}
function keep(one, blob) { one.examples.push({ blob, url: URL.createObjectURL(blob) }); sent = false; }

// A sheet to draw on, with the pen of the page that asks.
function sheet(one, refresh) {
  const canvas = element("canvas", { width: 280, height: 280, ariaLabel: "Draw here" });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let drawn = false;
  const clear = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, 280, 280); drawn = false; };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * 280 / box.width, (event.clientY - box.top) * 280 / box.height];
  };
  clear();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pen.lineWidth = 20; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#111";
    pen.beginPath(); pen.moveTo(...place(event)); pen.lineTo(...place(event)); pen.stroke();
    drawn = true;
  });
  canvas.addEventListener("pointermove", (event) => { if (event.buttons) { pen.lineTo(...place(event)); pen.stroke(); } });
  const add = element("button", { type: "button", textContent: "Add drawing" });
  add.addEventListener("click", () => {
    if (!drawn) return;
    canvas.toBlob((blob) => { keep(one, blob); clear(); refresh(); }, "image/png");
  });
  const wipe = element("button", { type: "button", textContent: "Clear" });
  wipe.addEventListener("click", clear);
  return [canvas, element("p", { className: "row" }, add, wipe)];
}

// A place for files: dropped, chosen by click or by key.
function place(zone, input, take) {
  zone.addEventListener("click", () => input.click());
  zone.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); input.click(); } });
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.remove("over"); });
  zone.addEventListener("drop", (event) => { event.stopPropagation(); take([...event.dataTransfer.files]); });
  input.addEventListener("click", (event) => event.stopPropagation());
  input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
}
function dropping(one, refresh) {
  const input = element("input", { type: "file", accept: "image/*", multiple: true, hidden: true });
  const zone = element("div", { className: "drop", tabIndex: 0, role: "button" }, input, "Drop photographs, or click to choose some.");
  place(zone, input, async (files) => {
    const strange = [];
    for (const file of files) {
      try { keep(one, await small(file)); } catch { strange.push(file.name); }
      refresh();
    }
    complain(strange.length ? `Left out, as no image can be read in ${strange.length === 1 ? "it" : "them"}: ${strange.slice(0, 3).join(", ")}${strange.length > 3 ? " …" : ""}` : "");
  });
  return zone;
}
async function small(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
  const canvas = element("canvas", { width: Math.max(1, Math.round(image.width * scale)), height: Math.max(1, Math.round(image.height * scale)) });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob((blob) => blob ? done(blob) : fail(new Error()), "image/jpeg", 0.92));
}
function typing(one, refresh) {
  const field = element("textarea", { value: one.text, placeholder: "One text on each line; or drop a text file here.", ariaLabel: "Texts" });
  field.addEventListener("input", () => { one.text = field.value; sent = false; refresh(); });
  field.addEventListener("drop", async (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    for (const file of event.dataTransfer.files) one.text = `${one.text}${one.text && !one.text.endsWith("\n") ? "\n" : ""}${await file.text()}`;
    field.value = one.text; sent = false; refresh();
  });
  return field;
}

// A table.
place(at("drop"), at("file"), async ([file]) => {
  if (!file) return;
  lesson.table = null;
  show("targets", false);
  try {
    const found = await ask("columns", { method: "POST", body: file });
    lesson.table = file; sent = false;
    at("target").replaceChildren(...found.columns.map((one) => element("option", { value: one.name, textContent: one.example ? `${one.name} (such as ${one.example})` : one.name })));
    at("target").selectedIndex = found.columns.length - 1;
    at("hint").textContent = file.name;
    show("targets", true);
    complain("");
  } catch (error) { complain(error.message); }
});

async function ask(path, options = {}) {
  let response;
  try { response = await fetch(path, { ...options, headers: { ...headers, ...options.headers } }); } catch { throw new Error("The server does not answer: is it still at work?"); }
  const found = await response.json();
  if (!response.ok) throw new Error(sentence(found.error));
  return found;
}
function sentence(text) { return text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}` : ""; }

// Training.
at("train").addEventListener("click", async () => {
  const form = new FormData(), kind = lesson.kind, document_ = { kind };
  if (kind === "table") {
    document_.target = at("target").value;
    if (lesson.table) form.append("table", lesson.table, "table");
  } else {
    document_.classes = classes().map((one) => one.name);
    if (kind === "texts") document_.texts = classes().map(textsOf);
    else classes().forEach((one, number) => one.examples.forEach((example) => form.append(String(number), example.blob, "example")));
  }
  form.append("lesson", JSON.stringify(document_));
  complain("");
  at("train").disabled = true;
  try {
    render(await ask("train", { method: "POST", body: form }));
    sent = true;
  } catch (error) { complain(error.message); at("train").disabled = false; }
});
for (const what of ["stop", "resume"]) {
  at(what).addEventListener("click", async () => {
    try { render(await ask(what, { method: "POST" })); } catch (error) { complain(error.message); }
  });
}

const WORKS = ["preparing", "training", "concluding", "stopping"];
function render(found) {
  const began = state.status;
  state = found;
  const works = WORKS.includes(state.status), curve = state.curve;
  at("train").disabled = works;
  show("stop", ["preparing", "training"].includes(state.status));
  show("resume", ["interrupted", "failed"].includes(state.status) && Boolean(state.recipe));
  at("said").className = works ? "busy" : "";
  at("said").textContent = words();
  if (state.status === "failed") complain(sentence(state.message));
  else if (works && began !== state.status) complain("");
  show("watch", Boolean(state.why));
  at("why").textContent = state.why ? `${state.recipe}: ${state.why}.` : "";
  plot(curve, state.epochs);
  const done = state.status === "finished";
  show("done", done);
  show("take", done);
  if (done && shownRun !== state.folder) finish();
  if (!done) { shownRun = null; at("answer").removeAttribute("src"); }
  show("answer", done && state.answers);
  if (done && state.answers && !at("answer").src) open();
}
function words() {
  const curve = state.curve, last = curve && curve.validation[curve.validation.length - 1];
  const done = curve ? curve.training.length : 0;
  switch (state.status) {
    case "preparing": return "Looking at the examples …";
    case "training": return `Epoch ${done} of ${state.epochs}${curve.share && last !== null ? `: ${Math.round(100 * last)} % of the examples kept aside are right` : ""}`;
    case "concluding": return "Trying it on examples it has never seen, and writing the report …";
    case "stopping": return "Stopping; what was learned is saved …";
    case "interrupted": return `Stopped${done ? ` after epoch ${done} of ${state.epochs}` : ""}.`;
    case "finished": return "Done.";
    default: return "";
  }
}

const SVG = "http://www.w3.org/2000/svg";
function shape(tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}
function plot(curve, epochs) {
  const box = at("curve"), left = 46, right = 632, top = 12, bottom = 200;
  box.replaceChildren();
  show("legend", Boolean(curve));
  box.style.display = curve ? "" : "none";
  if (!curve) return;
  const values = [...curve.training, ...curve.validation].filter((value) => value !== null && Number.isFinite(value));
  const most = curve.share ? 1 : Math.max(...values, 1e-9) * 1.05, count = Math.max(epochs || 1, curve.training.length);
  const x = (epoch) => left + (right - left) * (count === 1 ? 0.5 : epoch / (count - 1));
  const y = (value) => bottom - (bottom - top) * Math.min(1, value / most);
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    box.append(shape("line", { class: "grid", x1: left, x2: right, y1: y(part * most), y2: y(part * most) }));
    box.append(shape("text", { x: left - 8, y: y(part * most) + 4, "text-anchor": "end" }, curve.share ? `${100 * part} %` : (part * most).toPrecision(2)));
  }
  box.append(shape("text", { x: left, y: bottom + 20 }, "epoch 1"), shape("text", { x: right, y: bottom + 20, "text-anchor": "end" }, String(count)));
  for (const name of ["training", "validation"]) {
    const points = curve[name].map((value, epoch) => value === null ? null : `${x(epoch)},${y(value)}`).filter(Boolean);
    if (points.length) box.append(shape("path", { class: `line-${name}`, d: `M${points.join("L")}${points.length === 1 ? "h0.1" : ""}` }));
  }
  at("legend").replaceChildren(`${curve.name}: `, element("b", { textContent: "examples kept aside" }), ", by which it is judged, and those it learns from (dotted).");
}

// The end: trying and keeping.
function finish() {
  shownRun = state.folder;
  at("result").textContent = sentence(state.result);
  at("folder").textContent = state.folder;
  const link = (text, path, more = {}) => element("a", { href: withToken(path), textContent: text, ...more });
  at("links").replaceChildren(
    link("Report", "report", { target: "_blank", rel: "noopener" }),
    link("Download the run", "run.zip"),
    ...[["keras", "Keras"], ["onnx", "ONNX"], ["tflite", "LiteRT"]].map(([kind, name]) => fetching(`Export: ${name}`, `export/${kind}`)),
  );
}
// An export may be refused, in a sentence: so it is fetched, and saved once it is there.
function fetching(text, path) {
  const link = element("a", { href: withToken(path), textContent: text });
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    link.textContent = "…";
    try {
      const response = await fetch(path, { headers });
      if (!response.ok) throw new Error(sentence((await response.json()).error));
      const url = URL.createObjectURL(await response.blob());
      element("a", { href: url, download: `model-${path.split("/")[1]}.zip` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
      complain("");
    } catch (error) { complain(error.message); }
    link.textContent = text;
  });
  return link;
}
function open() {
  const frame = at("answer");
  frame.src = withToken("try/?inside&explain");
  frame.onload = () => {
    const body = frame.contentDocument && frame.contentDocument.body;
    if (!body) return;
    const fit = () => { frame.style.height = `${body.scrollHeight + 4}px`; };
    new ResizeObserver(fit).observe(body);
    fit();
  };
}

for (const button of at("kinds").children) button.addEventListener("click", () => choose(button.dataset.kind));
at("another").addEventListener("click", () => { classes().push(newClass()); draw(); at("classes").lastElementChild.querySelector("input").focus(); });
for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
addEventListener("beforeunload", (event) => { if (!sent) event.preventDefault(); });
choose("drawings");
const events = new EventSource(withToken("events"));
events.onmessage = (event) => { if (at("said").textContent.startsWith("The server")) at("said").textContent = ""; render(JSON.parse(event.data)); };
events.onerror = () => { at("said").className = ""; at("said").textContent = "The server does not answer."; };
