// Colours of the page in light and in dark, from the style sheet, and scales between them.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const RAMPS = {
  light: {
    population: ["#f2ecd4", "#cfe0c0", "#8cc4b4", "#4896ab", "#2a608f", "#1d2f63", "#130f33"],
    visitors: ["#fbeedb", "#f8d3a8", "#f0a468", "#dd6b3c", "#b23a26", "#7a1f23", "#430f1c"],
    change: ["#5b2a86", "#9b74bd", "#d3c3e0", "#f0ece4", "#f3cf9f", "#dd9039", "#a4560b"],
  },
  dark: {
    population: ["#20303c", "#1f4a5c", "#22707c", "#3f9a86", "#8cc07c", "#d5dd82", "#fdf6c3"],
    visitors: ["#35241f", "#5e2f21", "#944328", "#cb6636", "#ec9a55", "#fbcd8a", "#fff1cf"],
    change: ["#c9a0f0", "#8f63bd", "#553a72", "#2b2d32", "#6e4a1d", "#b8772a", "#f5b45c"],
  },
};
const DENSITY = {population: [3, 10000], visitors: [0.3, 1000], change: [-1000, 1000]}; // persons per km²
const ink = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

const parsed = hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));

function mix(ramp, share) {
  const at = Math.min(Math.max(share, 0), 1) * (ramp.length - 1), low = Math.min(Math.floor(at), ramp.length - 2);
  const [a, b] = [parsed(ramp[low]), parsed(ramp[low + 1])];
  return a.map((v, i) => Math.round(v + (b[i] - v) * (at - low)));
}

const ramp = measure => RAMPS[dark.matches ? "dark" : "light"][measure];
const colour = rgb => `rgb(${rgb.join(",")})`;
const bright = rgb => (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) > 118; // here black and white stand out alike

// Where a density stands on the scale of its measure, 0 to 1: logarithmic; for changes, on both sides of zero.
function place(measure, density) {
  if (measure === "change") {
    const far = Math.log1p(Math.abs(density)) / Math.log1p(DENSITY.change[1]);
    return 0.5 + Math.sign(density) * Math.min(far, 1) / 2;
  }
  const [low, high] = DENSITY[measure].map(Math.log);
  return (Math.log(Math.max(density, 1e-9)) - low) / (high - low);
}

function legend(measure) {
  const stops = ramp(measure).join(", ");
  const ticks = {population: [10, 100, 1000, 10000], visitors: [1, 10, 100, 1000], change: [-1000, -30, 0, 30, 1000]}[measure];
  const title = measure === "change" ? "persons per km² more or fewer than at 4:00" : "persons per km²";
  const scale = el("div", {class: "ticks"});
  for (const tick of ticks) {
    const mark = el("span", {style: `left:${100 * Math.min(Math.max(place(measure, tick), 0), 1)}%`},
      (measure === "change" && tick > 0 ? "+" : "") + whole.format(tick).replace("-", "−"));
    scale.append(mark);
  }
  const key = el("p", {class: "keys"}, el("span", {class: "key hatch"}), " unreliable (U)");
  if (measure === "change") key.append(el("span", {class: "key none"}), " no cell of the same ground at 4:00");
  if (measure === "visitors") key.append(el("span", {class: "key none"}), " too few devices to tell");
  byId("legend").replaceChildren(el("p", {}, title),
    el("div", {class: "ramp", style: `background:linear-gradient(90deg, ${stops})`}), scale, key);
}
