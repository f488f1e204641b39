"use strict";
// What the page knows, how it writes numbers and names, and how it makes elements. Nothing here asks the network.
const DATA = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const byId = id => document.getElementById(id);

function el(name, attributes = {}, ...children) {
  const node = ["svg", "g", "path", "rect", "line", "circle", "text", "polyline", "title"].includes(name)
    ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

const whole = new Intl.NumberFormat("en", {maximumFractionDigits: 0});
const short = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});
const number = value => value === null || value === undefined ? "–" : whole.format(value);
// in running text three figures are enough: more would look surer than they are
const rounded = value => value === null ? "–" : whole.format(Number(Number(value).toPrecision(3)));
const percent = (share, digits = 1) => share === null || share === undefined ? "–" : (100 * share).toFixed(digits) + " %";
const country = code => code === "*" ? "all countries" : code === "_unknown" ? "unknown" : DATA.names[code] || code;
const zone = id => id === "_unknown" ? "No home zone" : DATA.zones[id] || id;
const kind = name => name.replace("_", "-");
const utc = (date, options) => new Intl.DateTimeFormat("en-GB", {timeZone: "UTC", ...options}).format(new Date(date + "T00:00Z"));
const longDay = date => utc(date, {weekday: "long", day: "numeric", month: "long", year: "numeric"});
const fullDay = date => utc(date, {day: "numeric", month: "long", year: "numeric"});
const shortDay = date => utc(date, {weekday: "short", day: "numeric"});
const dayMonth = date => utc(date, {day: "numeric", month: "short"});
const monthYear = date => utc(date, {month: "long", year: "numeric"});
const sum = values => values.reduce((a, b) => a + (b || 0), 0);

// The 90 % range of rows in persons, as `written` puts its ends: of several rows their sums. Nothing where a row has none.
function range(rows, measure, written) {
  const known = measure === "persons" ? rows.filter(r => r.persons !== null) : [];
  if (!known.length || known.some(r => r.p05 === null || r.p95 === null)) return "";
  return written(sum(known.map(r => r.p05)), sum(known.map(r => r.p95)));
}
const bracketed = (rows, measure) => range(rows, measure, (low, high) => ` (${rounded(low)} to ${rounded(high)})`);
const alone = (rows, measure) => rows.length === 1 ? range(rows, measure, (low, high) => `, 90 % range ${number(low)} to ${number(high)}`) : "";
const explained = brackets => brackets ? "In brackets, ranges of 90\u00a0% or wider. " : "";

const STATUS = {A: "normal", P: "provisional", U: "unreliable", Q: "suppressed"};

function badge(statuses) {
  const marks = [...new Set(statuses)].filter(s => s !== "A").sort();
  return marks.length ? el("span", {class: "badge"}, marks.map(s => s + " " + STATUS[s]).join(", ")) : null;
}

function say(id, ...parts) { byId(id).replaceChildren(...parts.filter(part => part !== null)); }

// A figure whose table has no rows: one sentence in its place.
function absent(section) {
  const part = byId(section);
  for (const node of part.querySelectorAll(".stage, .tools, figure, .pair, .trio, .classes")) node.remove();
  say(section + "-lede", DATA.empty[section]);
  byId(section + "-lede").classList.add("empty");
}

// A row of buttons of which one is pressed; `act` gets its value.
function choice(legend, name, options, chosen, act) {
  const set = el("fieldset", {class: "choice"}, el("legend", {}, legend));
  for (const [value, text] of options) {
    const input = el("input", {type: "radio", name, value, on: {change: () => act(value)}});
    input.checked = value === chosen;
    set.append(el("label", {}, input, el("span", {}, text)));
  }
  return set;
}

// The same rows grouped: Map of key -> rows.
function grouped(rows, key) {
  const groups = new Map();
  for (const row of rows) {
    if (!groups.has(key(row))) groups.set(key(row), []);
    groups.get(key(row)).push(row);
  }
  return groups;
}
