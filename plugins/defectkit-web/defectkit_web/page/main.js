// Main: the state of the page, and what happens when somebody does something.
import { get, post, upload } from "./api.js";
import { Defects } from "./defects.js";
import { byId, element, optionsOf, showJob, showOptions, showResults, showTypes } from "./panels.js";
import { TOOLS, Tools, ellipseOf } from "./tools.js";
import { View } from "./view.js";

const FALSE_FIND = "false find", HIT = "hit";
const COMPARED = new Map([[HIT, { color: "#00b383", dash: [] }], [FALSE_FIND, { color: "#ff7a1a", dash: [6, 3] }]]);

const stage = byId("stage");
const view = new View(stage, byId("outlines"));
const state = { folder: null, key: null, image: null, revision: 0, type: "defect", types: [], detector: null, compared: false, barLine: null };
let queue = Promise.resolve();

const say = (text) => { byId("message").textContent = text; byId("error").textContent = ""; };
const complain = (error) => { byId("error").textContent = error.message; byId("message").textContent = ""; };

// One request that changes something after the other, so that each knows of the last.
function inTurn(work) {
  queue = queue.then(work).catch(complain);
  return queue;
}

const tools = new Tools(view, {
  onSelect(shape, more) {
    if (!more) view.selected.clear();
    if (shape && view.selected.has(shape.id)) view.selected.delete(shape.id);
    else if (shape) view.selected.add(shape.id);
    showSelected();
  },
  onChange() {
    for (const button of document.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tools.tool));
    byId("hint").textContent = tools.hint;
    byId("hint").hidden = !tools.hint;
  },
  onFinish(tool, points) {
    if (tool === "polygon" || tool === "lasso") edit({ kind: "draw", ring: points, type: state.type }, "drawn");
    if (tool === "ellipse") edit({ kind: "ellipse", ...ellipseOf(points), type: state.type }, "drawn");
    if (tool === "cut") cutAlong(points);
    if (tool === "bar") { state.barLine = [points[0], points.at(-1)]; byId("bar-dialog").showModal(); byId("bar-length").focus(); }
  },
});

// The folder and its images.

async function loadFolder() {
  state.folder = await get("folder");
  const { name, images, faults, types, detectors, job, truth, dataset, datasets } = state.folder;
  document.title = `defectkit: ${name}`;
  byId("folder-name").textContent = name;
  for (const type of types) if (!state.types.some((t) => t.name === type.name)) state.types.push(type);
  view.styles = new Map([...state.types.map((t) => [t.name, { color: t.color, dash: [] }]), ...COMPARED]);
  byId("image-select").replaceChildren(...images.map((image) => element("option", {
    value: image.key, textContent: `${image.name}${image.started ? ` – ${image.count} defects${image.corrected ? ", corrected" : ""}` : ""}`,
  })));
  if (state.key) byId("image-select").value = state.key;
  if (!byId("detector").options.length) {
    byId("detector").replaceChildren(...detectors.map((d) => element("option", { value: d.name, textContent: d.name, title: d.description })));
    chooseDetector();
    byId("dataset").value = dataset;
  }
  byId("datasets").replaceChildren(...datasets.map((value) => element("option", { value })));
  byId("labels-forget").hidden = !truth;
  if (truth) byId("labels-source").value = truth;
  showJob(job);
  if (faults.length) complain(new Error(faults.join(" ")));
  stage.classList.toggle("empty", images.length === 0);
  showCounts();
}

async function openImage(key) {
  const row = state.folder.images.find((image) => image.key === key);
  if (!row) return;
  state.key = key;
  window.location.hash = key;
  byId("image-select").value = key;
  state.image = await get(`images/${key}`);
  showFacts();
  view.selected.clear();
  view.preview = null;
  view.defects = null;
  await view.open(key, state.image);
  await loadDefects();
  say(`${row.name}: ${view.defects.size} defects`);
}

async function loadDefects() {
  const answer = await get(`images/${state.key}/defects`);
  view.defects = new Defects(answer.defects);
  for (const shape of answer.defects) knowType(shape.type);
  changed(answer);
  await refresh();
}

function showFacts() {
  const { width, height, dtype, pixel_size_nm: size, pixel_size_source: source, foil_thickness_nm: thickness, cautions } = state.image;
  const facts = [`${width} x ${height} pixels, ${dtype}`, size === null ? "no pixel size: there are no densities without one" : `${size.toPrecision(4)} nm per pixel (${source})`];
  if (thickness !== null) facts.push(`foil ${thickness.toPrecision(3)} nm`);
  byId("image-facts").textContent = [`${facts.join("; ")}.`, ...cautions].join(" ");
}

// Edits.

function knowType(name) {
  if (state.types.some((t) => t.name === name)) return;
  state.types.push({ name, title: name.replaceAll("_", " "), color: "#2ca02c" });
  view.styles.set(name, { color: "#2ca02c", dash: [] });
}

function changed({ revision, can_undo: canUndo, can_redo: canRedo }) {
  state.revision = revision;
  stage.dataset.image = state.folder.images.find((image) => image.key === state.key).name;
  stage.dataset.defects = String(view.defects.size);
  byId("undo").disabled = !canUndo;
  byId("redo").disabled = !canRedo;
  for (const id of view.selected) if (!view.defects.byId.has(id)) view.selected.delete(id);
  view.redraw();
  showCounts();
  showSelected();
}

function change(path, body, done) {
  return inTurn(async () => {
    if (!state.key) return;
    try {
      const answer = await post(`images/${state.key}/${path}`, { revision: state.revision, ...body });
      view.defects.remove(answer.removed);
      view.defects.add(answer.changed);
      for (const shape of answer.changed) knowType(shape.type);
      if (body.edit && body.edit.kind !== "delete") view.selected = new Set(answer.changed.map((shape) => shape.id));
      changed(answer);
      say(`${done}; ${answer.n} defects`);
      refreshSoon();
    } catch (error) {
      if (error.status === 409) await loadDefects();
      throw error;
    }
  });
}

const edit = (made, done) => change("edits", { edit: made }, done);

// The defect that a line crosses the most is cut; one that is selected comes before others.
function cutAlong(points) {
  const crossed = new Map();
  for (let k = 1; k < points.length; k++) {
    const [a, b] = [points[k - 1], points[k]], steps = Math.max(1, Math.ceil(Math.hypot(b[0] - a[0], b[1] - a[1])));
    for (let j = 0; j <= steps; j++) {
      const shape = view.defects.at(a[0] + (b[0] - a[0]) * j / steps, a[1] + (b[1] - a[1]) * j / steps);
      if (shape) crossed.set(shape.id, (crossed.get(shape.id) ?? 0) + 1);
    }
  }
  const rank = ([id, n]) => n + (view.selected.has(id) ? 1e9 : 0);
  const [best] = [...crossed].sort((a, b) => rank(b) - rank(a));
  if (best) edit({ kind: "cut", id: best[0], line: points }, "split");
  else complain(new Error("the line crosses no defect"));
}

function deleteSelected() { if (view.selected.size) edit({ kind: "delete", ids: [...view.selected] }, `${view.selected.size} deleted`); else complain(new Error("select a defect first")); }
function mergeSelected() { if (view.selected.size > 1) edit({ kind: "merge", ids: [...view.selected] }, "merged"); else complain(new Error("select two defects or more to merge them")); }

function chooseType(name) {
  state.type = name;
  showCounts();
  if (view.selected.size) edit({ kind: "retype", ids: [...view.selected], type: name }, `now ${name}`);
  else say(`what is drawn next is ${name}`);
}

function selectNext(step) {
  if (!view.defects?.size) return;
  const all = view.defects.inOrder();
  const last = [...view.selected].at(-1);
  const at = all.findIndex((shape) => shape.id === last);
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length];
  view.selected = new Set([next.id]);
  const [top, left, bottom, right] = next.box, box = view.box;
  if (top < box[0] || left < box[1] || bottom > box[2] || right > box[3]) view.centerOn([(top + bottom) / 2, (left + right) / 2]);
  showSelected();
  say(`${all.indexOf(next) + 1} of ${all.length}: ${byId("selected").textContent}`);
}

// What follows from the defects.

let refreshTimer = 0;
function refreshSoon() {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(() => refresh().catch(complain), 120);
}

async function refresh() {
  const key = state.key;
  const [results] = await Promise.all([get(`images/${key}/results`), compare()]);
  if (key !== state.key) return;
  showResults(results, new Map(state.types.map((t) => [t.name, t.title])));
  view.redraw();
}

async function compare() {
  const row = state.folder.images.find((image) => image.key === state.key);
  state.compared = Boolean(row?.has_truth);
  if (!state.compared) {
    view.misses = [];
    view.defects.regroup((shape) => shape.type);
    byId("comparison").textContent = "";
    return;
  }
  const answer = await get(`images/${state.key}/comparison`);
  const wrong = new Set(answer.false_finds);
  view.misses = answer.misses;
  view.defects.regroup((shape) => (wrong.has(shape.id) ? FALSE_FIND : HIT));
  const percent = (value) => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);
  byId("comparison").textContent = `${answer.hits.length} hits (solid green), ${answer.misses.length} misses (dotted blue), ${wrong.size} false finds (dashed orange), at IoU ${answer.iou_threshold}. Precision ${percent(answer.precision)}, recall ${percent(answer.recall)}, F1 ${percent(answer.f1_score)}.`;
}

function showCounts() {
  const counts = new Map();
  for (const shape of view.defects?.byId.values() ?? []) counts.set(shape.type, (counts.get(shape.type) ?? 0) + 1);
  showTypes(state.types, counts, state.type, chooseType);
}

function showSelected() {
  const shapes = [...view.selected].map((id) => view.defects.byId.get(id));
  byId("selected").textContent = shapes.length === 0 ? "Nothing is selected."
    : shapes.length === 1 ? `${shapes[0].type}, ${shapes[0].area} pixels at row ${shapes[0].box[0]}, column ${shapes[0].box[1]}${shapes[0].score === null ? "" : `, score ${shapes[0].score.toFixed(2)}`}`
      : `${shapes.length} defects.`;
  byId("delete").disabled = shapes.length === 0;
  byId("merge").disabled = shapes.length < 2;
  view.draw();
}

// Finding.

function chooseDetector() {
  state.detector = state.folder.detectors.find((d) => d.name === byId("detector").value);
  showOptions(state.detector);
}

const find = (images) => inTurn(async () => {
  view.preview = null;
  byId("live-preview").checked = false;
  const { left } = await post("jobs", { detector: state.detector.name, options: optionsOf(state.detector), images });
  say(left ? `${left} corrected images are left as they are` : "searching");
});

let previewTimer = 0;
function previewSoon() {
  clearTimeout(previewTimer);
  if (!byId("live-preview").checked || !state.key) { if (view.preview) { view.preview = null; view.draw(); } return; }
  previewTimer = setTimeout(() => inTurn(async () => {
    const [top, left, bottom, right] = view.box;
    view.preview = await post(`images/${state.key}/preview`, { detector: state.detector.name, options: optionsOf(state.detector), box: [[top, left], [bottom, right]] });
    view.draw();
    say(`preview: ${view.preview.defects.length} found in the visible part`);
  }), 350);
}

let shownJob = null;
function listen() {
  const events = new EventSource("/api/jobs/events");
  events.onmessage = (event) => {
    const job = JSON.parse(event.data);
    showJob(job);
    const before = shownJob;
    shownJob = job;
    if (!job || (before && before.done.length === job.done.length && before.state === job.state)) return;
    if (before === null) return;
    inTurn(async () => {
      await loadFolder();
      if (state.key && job.done.includes(state.key) && !before.done.includes(state.key)) await loadDefects();
      if (job.state === "done") say("the search is done");
      if (job.state === "failed") throw new Error(job.message);
    });
  };
}

// Buttons, forms and keys.

async function addFiles(files) {
  for (const file of files) {
    say(`adding ${file.name}`);
    try {
      const { images } = await upload(file);
      await loadFolder();
      await openImage(images[0]);
    } catch (error) { complain(error); }
  }
}

function step(by) {
  const keys = state.folder.images.map((image) => image.key);
  const at = keys.indexOf(state.key) + by;
  if (at >= 0 && at < keys.length) inTurn(() => openImage(keys[at]));
}

const on = (id, kind, work) => byId(id).addEventListener(kind, (event) => { if (kind === "submit") event.preventDefault(); work(event); });

for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => { tools.choose(button.dataset.tool); stage.focus(); });
on("image-select", "change", () => inTurn(() => openImage(byId("image-select").value)));
on("previous-image", "click", () => step(-1));
on("next-image", "click", () => step(1));
on("file-input", "change", () => inTurn(async () => { await addFiles([...byId("file-input").files]); byId("file-input").value = ""; }));
on("help-button", "click", () => byId("help").showModal());
on("delete", "click", deleteSelected);
on("merge", "click", mergeSelected);
on("undo", "click", () => change("undo", {}, "undone"));
on("redo", "click", () => change("redo", {}, "done again"));
on("zoom-in", "click", () => view.zoomBy(1.5));
on("zoom-out", "click", () => view.zoomBy(1 / 1.5));
on("zoom-all", "click", () => view.showAll());
on("show-outlines", "change", () => { view.showOutlines = byId("show-outlines").checked; view.draw(); });
on("detector", "change", () => { chooseDetector(); previewSoon(); });
on("options", "input", previewSoon);
on("live-preview", "change", previewSoon);
view.viewer.addHandler("animation-finish", previewSoon);
on("find-form", "submit", () => { if (state.key) find([state.key]); });
on("find-all", "click", () => find(state.folder.images.map((image) => image.key)));
on("job-stop", "click", () => inTurn(() => post("jobs/stop")));
on("job-resume", "click", () => inTurn(() => post("jobs/resume")));
on("type-form", "submit", () => {
  const name = byId("new-type").value.trim().replaceAll(/\s+/g, "_").toLowerCase();
  if (!name) return;
  knowType(name);
  byId("new-type").value = "";
  chooseType(name);
});
on("calibration-form", "submit", () => inTurn(async () => {
  state.image = await post(`images/${state.key}/calibration`, { pixel_size: byId("pixel-size").value, foil_thickness: byId("thickness").value });
  showFacts();
  await refresh();
  say("calibrated");
}));
on("bar-dialog", "close", () => {
  if (byId("bar-dialog").returnValue !== "set") return;
  inTurn(async () => {
    state.image = await post(`images/${state.key}/calibration`, { scale_bar: { line: state.barLine, length: byId("bar-length").value }, foil_thickness: byId("thickness").value });
    showFacts();
    await refresh();
    tools.choose("select");
    say("calibrated along the scale bar");
  });
});
on("labels-form", "submit", () => inTurn(async () => {
  const { images } = await post("labels", { source: byId("labels-source").value.trim() });
  await loadFolder();
  await loadDefects();
  say(`${images.length} images start from these labels`);
}));
on("labels-truth", "click", () => inTurn(() => setTruth(byId("labels-source").value.trim())));
on("labels-forget", "click", () => inTurn(() => setTruth("")));
async function setTruth(source) {
  const { images } = await post("truth", { source });
  await loadFolder();
  await refresh();
  say(source ? `compared in ${images.length} images` : "no longer compared");
}
on("save-form", "submit", () => inTurn(async () => {
  const saved = await post("versions", { dataset: byId("dataset").value.trim(), set: byId("label-set").value.trim(), annotator: byId("annotator").value.trim(), description: byId("description").value.trim() });
  const changes = saved.diff && Object.entries(saved.diff).filter(([, n]) => n).map(([kind, n]) => `${n} ${kind}`).join(", ");
  byId("saved").textContent = `${saved.dataset}/${saved.key}: ${saved.n_defects} defects in ${saved.n_images} ${saved.n_images === 1 ? "image" : "images"}${saved.parent ? `, made from ${saved.parent}: ${changes || "nothing changed"}` : ""}. sha256:${saved.digest}`;
  say("saved");
  await loadFolder();
}));

for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, (event) => { event.preventDefault(); stage.classList.add("dropping"); });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) stage.classList.remove("dropping"); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  stage.classList.remove("dropping");
  const files = [...event.dataTransfer.files];
  inTurn(() => addFiles(files));
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=checkbox], [type=radio]), select, textarea") || event.target.closest("dialog");
  if (typing) return;
  const key = event.key.toLowerCase(), control = event.ctrlKey || event.metaKey;
  const done = () => event.preventDefault();
  if (control && key === "z") { change(event.shiftKey ? "redo" : "undo", {}, event.shiftKey ? "done again" : "undone"); return done(); }
  if (control && key === "y") { change("redo", {}, "done again"); return done(); }
  if (control || event.altKey) return;
  if (event.target === stage && view.image && tools.key(event)) return done();
  if (event.target === stage && view.image && key.startsWith("arrow")) {
    const [dx, dy] = { arrowleft: [-60, 0], arrowright: [60, 0], arrowup: [0, -60], arrowdown: [0, 60] }[key];
    view.panBy(dx, dy);
    return done();
  }
  if (key in TOOLS) { tools.choose(TOOLS[key]); stage.focus(); return done(); }
  if (key === "escape") { tools.cancel(); view.selected.clear(); showSelected(); return done(); }
  if (key === "n") { selectNext(event.shiftKey ? -1 : 1); return done(); }
  if (key === "delete" || (key === "backspace" && tools.tool === "select")) { deleteSelected(); return done(); }
  if (key === "m") { mergeSelected(); return done(); }
  if (key === ",") { step(-1); return done(); }
  if (key === ".") { step(1); return done(); }
  if (key === "+" || key === "=") { view.zoomBy(1.5); return done(); }
  if (key === "-") { view.zoomBy(1 / 1.5); return done(); }
  if (key === "?") { byId("help").showModal(); return done(); }
  if (event.code === "Digit0" && event.shiftKey) { view.showAll(); return done(); }
  if (/^[0-9]$/.test(key)) {
    const type = state.types[key === "0" ? 9 : Number(key) - 1];
    if (type) { chooseType(type.name); done(); }
  }
});

window.defectkit = { view, tools, state };
await inTurn(async () => {
  await loadFolder();
  const wanted = window.location.hash.slice(1);
  const first = state.folder.images.find((image) => image.key === wanted) ?? state.folder.images[0];
  if (first) await openImage(first.key);
});
listen();
