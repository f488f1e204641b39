// The map: cells on a canvas, in the Mercator projection (which keeps the shape of a cell), with land behind them.
const MAP = (() => {
  if (!DATA.map.hours || !DATA.map.hours.length) return null;
  const canvas = byId("cells"), context = canvas.getContext("2d"), tip = byId("tip");
  const mercator = lat => Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360)) * 180 / Math.PI;
  const unpacked = flat => {
    const out = new Float64Array(flat.length);
    for (let i = 0, x = 0, y = 0; i < flat.length; i += 2) {
      x += flat[i]; y += flat[i + 1];
      out[i] = x / 1e5; out[i + 1] = mercator(y / 1e5);
    }
    return out;
  };
  const {h3, res, km2, ring} = DATA.map.cells, rings = ring.map(unpacked);
  const land = (DATA.map.land || []).map(a => ({code: a.code, rings: a.rings.map(unpacked)}));
  const zones = (DATA.map.zones || []).map(a => ({code: a.code, rings: a.rings.map(unpacked)}));
  const labels = Object.entries(DATA.map.labels || {}).map(([id, [x, y]]) => ({id, x: x / 1e5, y: mercator(y / 1e5)}));
  const box = DATA.map.box ? [DATA.map.box[0], mercator(DATA.map.box[1]), DATA.map.box[2], mercator(DATA.map.box[3])] : [0, 0, 1, 1];
  const state = {hour: null, measure: "population", values: [], pick: -1, zoom: 1, x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2};
  let width = 0, height = 0, unit = 1, paths = [];

  const across = x => width / 2 + (x - state.x) * unit, down = y => height / 2 - (y - state.y) * unit;

  function outline(area) {
    const path = new Path2D();
    for (const r of area) {
      for (let i = 0; i < r.length; i += 2) path[i ? "lineTo" : "moveTo"](across(r[i]), down(r[i + 1]));
      path.closePath();
    }
    return path;
  }

  function fit() {
    const ratio = window.devicePixelRatio || 1, place = canvas.getBoundingClientRect();
    if (!place.width) return;
    [width, height] = [place.width, place.height];
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    unit = state.zoom * Math.min(width / (box[2] - box[0]), height / (box[3] - box[1]));
    paths = rings.map(r => outline([r]));
    for (const area of [...land, ...zones]) area.path = outline(area.rings);
    named();
    draw();
  }

  // Where the name of a neighbour may stand: the middle of what is seen of it, moved onto it.
  function named() {
    const ratio = window.devicePixelRatio || 1, middle = land.find(a => a.code === DATA.home), seen = new Map();
    for (let x = 46; x < width - 45; x += 12) for (let y = 22; y < height - 20; y += 12) {
      if (middle && context.isPointInPath(middle.path, x * ratio, y * ratio)) continue;
      const area = land.find(a => context.isPointInPath(a.path, x * ratio, y * ratio));
      if (area) { if (!seen.has(area)) seen.set(area, []); seen.get(area).push([x, y]); }
    }
    for (const area of land) {
      const points = seen.get(area) || [], mean = [0, 1].map(i => sum(points.map(p => p[i])) / points.length);
      area.at = points.length < 12 ? null : points.reduce((a, b) => Math.hypot(a[0] - mean[0], a[1] - mean[1]) < Math.hypot(b[0] - mean[0], b[1] - mean[1]) ? a : b);
    }
  }

  function hatch() {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 5;
    const pen = tile.getContext("2d");
    pen.strokeStyle = ink("hatch"); pen.lineWidth = 0.7;
    pen.beginPath(); pen.moveTo(-1, 6); pen.lineTo(6, -1); pen.moveTo(-1, 1); pen.lineTo(1, -1); pen.moveTo(4, 6); pen.lineTo(6, 4); pen.stroke();
    return context.createPattern(tile, "repeat");
  }

  function draw() {
    if (!width) return;
    context.fillStyle = ink("sea"); context.fillRect(0, 0, width, height);
    for (const area of land) { context.fillStyle = ink(area.code === DATA.home ? "homeland" : "land"); context.fill(area.path); }
    const scale = ramp(state.measure), unsure = hatch();
    context.lineWidth = 0.5; context.strokeStyle = ink("homeland");
    for (const v of state.values) {
      context.fillStyle = v.shown === null ? ink("none") : colour(mix(scale, place(state.measure, v.shown)));
      context.fill(paths[v.c]); context.stroke(paths[v.c]);
      if (v.status === "U") { context.fillStyle = unsure; context.fill(paths[v.c]); }
    }
    context.lineJoin = "round";
    context.strokeStyle = ink("zone-line"); context.lineWidth = 0.6;
    for (const area of zones) context.stroke(area.path);
    context.strokeStyle = ink("border-line"); context.lineWidth = 1.1;
    for (const area of land) context.stroke(area.path);
    lettered();
    if (state.pick >= 0) { context.strokeStyle = ink("ink"); context.lineWidth = 2; context.stroke(paths[state.pick]); }
  }

  function lettered() {
    context.textAlign = "center"; context.textBaseline = "middle"; context.lineJoin = "round";
    const write = (text, x, y, fill, halo) => {
      context.strokeStyle = halo; context.lineWidth = 3; context.strokeText(text, x, y);
      context.fillStyle = fill; context.fillText(text, x, y);
    };
    const face = getComputedStyle(document.body).fontFamily;
    context.font = `600 11px ${face}`; context.letterSpacing = "0.14em";
    for (const area of land) if (area.at && area.code !== DATA.home) write(country(area.code).toUpperCase(), area.at[0], area.at[1], ink("soft"), ink("land"));
    context.font = `${width < 500 ? 10 : 12}px ${face}`; context.letterSpacing = "0px";
    for (const {id, x, y} of labels) write(zone(id), across(x), down(y), ink("ink"), ink("halo"));
  }

  // One hour, measured: values are [{c, population, visitors, p05, p95, status, shown}], shown in persons per km² or null.
  function show(hour, measure, values) {
    Object.assign(state, {hour, measure, values});
    if (state.pick >= 0 && !values.some(v => v.c === state.pick)) pick(-1);
    draw();
    if (state.pick >= 0) tell();
  }

  const middleOf = c => { const r = rings[c]; let x = 0, y = 0; for (let i = 0; i < r.length; i += 2) { x += r[i]; y += r[i + 1]; } return [across(2 * x / r.length), down(2 * y / r.length)]; };

  function pick(c) {
    if (c === state.pick) return;
    state.pick = c;
    draw();
    if (c < 0) tip.hidden = true; else tell();
  }

  function tell() {
    const v = state.values.find(one => one.c === state.pick);
    if (!v) { tip.hidden = true; return; }
    const rows = [["residents", number(v.population)], ["90 % interval", `${number(v.p05)} – ${number(v.p95)}`],
      ["visitors", v.visitors === null ? "too few to tell" : number(v.visitors)],
      ["per km²", number(v.population / km2[v.c])]];
    if (state.measure === "change") rows.push(["since 4:00", v.shown === null ? "not comparable" : (v.shown > 0 ? "+" : "−") + number(Math.abs(v.shown) * km2[v.c])]);
    rows.push(["cell", `resolution ${res[v.c]}, ${km2[v.c]} km²`], ["status", `${v.status} ${STATUS[v.status]}`]);
    tip.replaceChildren(el("dl", {}, ...rows.map(([what, much]) => el("div", {}, el("dt", {}, what), el("dd", {}, much)))), el("p", {class: "name"}, h3[v.c]));
    tip.hidden = false;
    const [x, y] = middleOf(v.c), w = tip.offsetWidth, h = tip.offsetHeight;
    const left = x + 16 + w > width ? x - 16 - w : x + 16;
    tip.style.left = Math.min(Math.max(4, left), Math.max(4, width - w - 4)) + "px";
    tip.style.top = Math.min(Math.max(4, y - h / 2), Math.max(4, height - h - 4)) + "px";
  }

  function at(event) {
    const place = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    const [x, y] = [(event.clientX - place.left) * ratio, (event.clientY - place.top) * ratio];
    const found = state.values.find(v => context.isPointInPath(paths[v.c], x, y));
    return found ? found.c : -1;
  }

  // The next cell in the direction of an arrow key: near, and not far aside.
  function towards(dx, dy) {
    const [x, y] = state.pick >= 0 ? middleOf(state.pick) : [width / 2, height / 2];
    let best = [-1, Infinity];
    for (const v of state.values) {
      const [a, b] = middleOf(v.c), along = (a - x) * dx + (b - y) * dy, aside = Math.abs((a - x) * dy) + Math.abs((b - y) * dx);
      if (state.pick < 0 ? true : v.c !== state.pick && along > 0.5 && aside <= along * 1.2) {
        const cost = state.pick < 0 ? Math.hypot(a - x, b - y) : along + 2 * aside;
        if (cost < best[1]) best = [v.c, cost];
      }
    }
    if (best[0] >= 0) pick(best[0]);
  }

  function zoomed(by) {
    state.zoom = Math.min(Math.max(state.zoom * by, 1), 24);
    if (state.zoom === 1) { state.x = (box[0] + box[2]) / 2; state.y = (box[1] + box[3]) / 2; }
    fit();
    if (state.pick >= 0) tell();
  }

  let held = null;
  canvas.addEventListener("pointerdown", event => { held = {x: event.clientX, y: event.clientY, far: false}; });
  window.addEventListener("pointerup", () => { held = null; });
  canvas.addEventListener("pointermove", event => {
    if (held && state.zoom > 1) {
      state.x -= (event.clientX - held.x) / unit; state.y += (event.clientY - held.y) / unit;
      held = {x: event.clientX, y: event.clientY};
      fit();
    } else pick(at(event));
  });
  canvas.addEventListener("click", event => pick(at(event)));
  canvas.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") pick(-1); });
  canvas.addEventListener("keydown", event => {
    const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (way) towards(...way); else if (event.key === "Escape") pick(-1); else if (event.key === "+") zoomed(1.5); else if (event.key === "-") zoomed(1 / 1.5); else return;
    event.preventDefault();
  });
  byId("zoom-in").addEventListener("click", () => zoomed(1.5));
  byId("zoom-out").addEventListener("click", () => zoomed(1 / 1.5));
  fit();
  new ResizeObserver(fit).observe(canvas);
  return {show, fit, h3, res, km2, count: () => state.values.length, canvas};
})();
