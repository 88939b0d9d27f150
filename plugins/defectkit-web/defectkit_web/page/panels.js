// Panels: what stands beside the image. Numbers come from the server; here they are only laid out.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) key in made ? (made[key] = value) : made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function svg(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

const short = (value) => (value === null ? "–" : value.toPrecision(3).replace(/\.0+$/, ""));
const power = (value) => (value === null ? "–" : value.toExponential(2).replace("e+", "e"));

export function showResults(results, titles) {
  const body = byId("results").tBodies[0];
  body.replaceChildren(...results.rows.map((row) => element("tr", {},
    element("th", { scope: "row", textContent: row.type === "all" ? "all" : titles.get(row.type) ?? row.type }),
    element("td", { textContent: row.count }),
    element("td", { textContent: row.mean === null ? "–" : `${short(row.mean)} ${row.sd === null ? "" : `± ${short(row.sd)} `}${results.unit}` }),
    element("td", { textContent: power(row.areal_density) }),
    element("td", { textContent: power(row.number_density) }),
  )));
  showHistogram(results);
}

function showHistogram({ histogram, unit, outside }) {
  const { edges, counts, under, over } = histogram;
  const chart = byId("histogram"), most = Math.max(1, ...counts), width = 290 / counts.length;
  chart.replaceChildren(
    ...counts.map((count, k) => svg("rect", { x: 25 + k * width + 0.5, width: Math.max(0.5, width - 1), y: 125 - 110 * count / most, height: 110 * count / most })),
    svg("line", { x1: 25, x2: 315, y1: 125, y2: 125 }),
    svg("text", { x: 22, y: 20, "text-anchor": "end" }, String(most)),
    svg("text", { x: 25, y: 140 }, String(edges[0])),
    svg("text", { x: 315, y: 140, "text-anchor": "end" }, `${edges.at(-1)} ${unit}`),
  );
  const total = counts.reduce((a, b) => a + b, 0);
  const notes = [`Equivalent diameter of ${total} defects in bins of ${short(edges[1] - edges[0])} ${unit}.`];
  if (under) notes.push(`${under} smaller.`);
  if (over) notes.push(`${over} larger.`);
  if (outside) notes.push(`${outside} lie in what is not counted (scale bar, information strip).`);
  byId("histogram-caption").textContent = notes.join(" ");
  chart.setAttribute("aria-label", `Histogram of diameters: ${counts.map((c, k) => (c ? `${c} from ${short(edges[k])} to ${short(edges[k + 1])} ${unit}` : "")).filter(Boolean).join(", ") || "empty"}`);
}

export function showTypes(types, counts, current, onChoose) {
  const list = byId("types"), focused = list.contains(document.activeElement);
  list.replaceChildren(...types.map((type, k) => {
    const key = k < 9 ? String(k + 1) : k === 9 ? "0" : "";
    const radio = element("input", { type: "radio", name: "type", value: type.name, checked: type.name === current });
    radio.addEventListener("change", () => onChoose(type.name));
    const swatch = element("span", { className: "swatch" });
    swatch.style.borderColor = type.color;
    return element("label", {}, radio, element("kbd", { textContent: key }), swatch, element("span", { textContent: type.title }), element("span", { textContent: counts.get(type.name) ?? 0 }));
  }));
  if (focused) list.querySelector("input:checked")?.focus();
}

export function showOptions(detector) {
  byId("options").replaceChildren(...detector.options.map((option) => {
    const id = `option-${option.name}`, label = option.name.replaceAll("_", " ");
    if (typeof option.default === "boolean") {
      return element("label", { className: "check" }, element("input", { type: "checkbox", id, checked: option.default }), label);
    }
    const input = element("input", { type: "text", id, placeholder: option.default === null ? "none" : String(option.default), autocomplete: "off" });
    const parts = [input];
    if (option.choices.length) {
      input.setAttribute("list", `${id}-choices`);
      parts.push(element("datalist", { id: `${id}-choices` }, ...option.choices.map((value) => element("option", { value }))));
    }
    return element("label", {}, `${label} `, ...parts);
  }));
}

export function optionsOf(detector) {
  const given = {};
  for (const option of detector.options) {
    const input = byId(`option-${option.name}`);
    if (input.type === "checkbox") { if (input.checked !== option.default) given[option.name] = input.checked; }
    else if (input.value.trim()) given[option.name] = input.value.trim();
  }
  return given;
}

export function showJob(job) {
  byId("job").hidden = job === null;
  if (job === null) return;
  byId("job-progress").max = job.images.length;
  byId("job-progress").value = job.done.length;
  const words = { running: "running", stopped: "stopped", done: "done", failed: "failed" };
  byId("job-text").textContent = `${job.detector}: ${job.done.length} of ${job.images.length} images, ${words[job.state]}${job.message ? ` (${job.message})` : ""}`;
  byId("job-stop").disabled = job.state !== "running";
  byId("job-resume").disabled = job.state !== "stopped" && job.state !== "failed";
}
