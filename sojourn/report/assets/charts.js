// Charts that are tables: bars in parts, and a matrix whose cells are coloured. A table can be read, copied and printed.

// rows: [{name, parts: [{key, name, value, colour, note}], note}], the longest bar as wide as there is room.
function bars(target, title, rows, parts, unit) {
  const longest = Math.max(...rows.map(row => sum(row.parts.map(p => p.value))), 1);
  const body = el("tbody");
  for (const row of rows) {
    const total = sum(row.parts.map(p => p.value)), bar = el("div", {class: "bar", style: `width:${100 * total / longest}%`});
    for (const part of row.parts) if (part.value > 0) {
      const said = `${part.name}: ${number(part.value)}${part.note || ""}`;
      bar.append(el("span", {class: "part", style: `flex:${part.value};background:${part.colour}`, title: said}, el("span", {class: "hidden"}, said + "; ")));
    }
    body.append(el("tr", {}, el("th", {scope: "row"}, row.name), el("td", {class: "track"}, bar), el("td", {class: "much"}, total ? number(total) : "·"), row.note ? el("td", {class: "aside"}, row.note) : null));
  }
  const head = el("thead", {class: "hidden"}, el("tr", {}, el("th", {scope: "col"}, "of"), el("th", {scope: "col"}, "parts"), el("th", {scope: "col"}, unit)));
  target.replaceChildren(el("figcaption", {}, title), keys(parts) || "", rows.length ? el("table", {class: "bars"}, head, body)
    : el("p", {class: "empty"}, "No row of this kind is published."), rows.some(row => !sum(row.parts.map(p => p.value))) ? hidden() : "");
}

// Rings of whole numbers, each corner as a step from the one before, as the path of an SVG.
function traced(rings, X, Y) {
  let d = "";
  for (const flat of rings) for (let i = 0, x = 0, y = 0; i < flat.length; i += 2) {
    x += flat[i]; y += flat[i + 1];
    d += `${i ? "L" : "M"}${X(x / 1e5).toFixed(1)} ${Y(y / 1e5).toFixed(1)}`;
  }
  return d;
}

function keys(parts) {
  if (parts.length < 2) return null;
  return el("p", {class: "keys"}, ...parts.flatMap(part => [el("span", {class: "key", style: `background:${part.colour}`}), part.name + " "]));
}

// cells: rows of {row, column, value, note}; sorted by what they sum to, or in a given order; the colour on a root scale, for the largest is far off.
function matrix(target, title, cells, nameRow, nameColumn, corner, format, sums = true, fixed = []) {
  if (!cells.length) { target.replaceChildren(); return; }
  const at = new Map(cells.map(c => [c.row + "\n" + c.column, c]));
  const given = found => found.every(f => fixed.includes(f)) ? fixed.filter(f => found.includes(f)) : found;
  const order = (key, names) => given([...grouped(cells, c => c[key])].sort((a, b) => (a[0] === "_unknown") - (b[0] === "_unknown") || sum(b[1].map(c => c.value)) - sum(a[1].map(c => c.value)) || (names(a[0]) < names(b[0]) ? -1 : 1)).map(g => g[0]));
  const rows = order("row", nameRow), columns = order("column", nameColumn), top = Math.max(...cells.map(c => c.value), 1e-9), scale = ramp("visitors");
  const head = el("tr", {}, el("th", {scope: "col"}, corner), ...columns.map(c => el("th", {scope: "col", title: nameColumn(c)}, el("span", {}, nameColumn(c)))), sums ? el("th", {scope: "col"}, el("span", {}, "shown in all")) : null);
  const body = el("tbody");
  for (const r of rows) {
    const line = el("tr", {}, el("th", {scope: "row"}, nameRow(r)));
    for (const c of columns) {
      const cell = at.get(r + "\n" + c), v = cell && cell.value;
      if (v === undefined || v === null) { line.append(el("td", {class: "blank", title: `none, or fewer than ${DATA.k} devices`}, "·")); continue; }
      const rgb = mix(scale, 0.04 + 0.86 * Math.sqrt(v / top));
      line.append(el("td", {style: `background:${colour(rgb)};color:${bright(rgb) ? "#1b1a18" : "#fff"}`, title: `${nameRow(r)} – ${nameColumn(c)}: ${format(v, cell)}${cell.note || ""}`}, format(v, cell)));
    }
    if (sums) line.append(el("td", {class: "sum"}, format(sum(cells.filter(c => c.row === r).map(c => c.value)))));
    body.append(line);
  }
  target.replaceChildren(el("figcaption", {}, title), el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": title}, el("table", {class: "matrix"}, el("thead", {}, head), body)),
    hidden());
}

function hidden() { return el("p", {class: "keys"}, `· none, or fewer than ${DATA.k} devices`); }

// A line over dates (or what else `name` names), its own range below and above, and one of upper bounds; null breaks it.
function trend(title, dates, values, format, explain, name = dayMonth, upper = []) {
  const known = values.filter(v => v !== null), figure = el("figure", {class: "trend"}, el("figcaption", {}, title));
  if (!known.length) return figure.append(el("p", {class: "empty"}, "not published")), figure;
  const low = Math.min(0, ...known), high = Math.max(...known, ...upper) * 1.05 || 1, x = i => 4 + 292 * (dates.length > 1 ? i / (dates.length - 1) : 0.5), y = v => 84 - 76 * (v - low) / (high - low);
  const svg = el("svg", {viewBox: "0 0 300 90", role: "img", "aria-label": `${title}: ${format(known[known.length - 1])} ${explain}, from ${format(Math.min(...known))} to ${format(Math.max(...known))}`});
  svg.append(el("line", {x1: 4, x2: 296, y1: 84, y2: 84, class: "axis"}));
  for (const [line, kind] of [[upper, " more"], [values, ""]]) {
    let piece = [];
    const flush = () => { if (piece.length > 1) svg.append(el("polyline", {points: piece.map(p => p.join()).join(" "), class: "trend" + kind})); piece = []; };
    line.forEach((v, i) => {
      if (v === null) { flush(); return; }
      piece.push([x(i), y(v)]);
      svg.append(el("circle", {cx: x(i), cy: y(v), r: 2.4, class: "dot" + kind}, el("title", {}, `${name(dates[i])}: ${format(v)}`)));
    });
    flush();
  }
  const latest = el("p", {class: "latest"}, el("b", {}, format(known[known.length - 1])), el("span", {}, explain));
  figure.append(latest, svg, el("p", {class: "range"}, el("span", {}, name(dates[0])), el("span", {}, `highest ${format(Math.max(...known, ...upper))}`), el("span", {}, name(dates[dates.length - 1]))));
  return figure;
}

// Which of several months (or days looked at) is shown, and again when another is chosen.
function periods(section, all, name, draw) {
  const keys = Object.keys(all).sort().reverse(); // years too, which an object has rising
  if (!keys.length || !keys.some(key => all[key].length)) return absent(section);
  const shown = keys.filter(key => all[key].length);
  const tools = byId(section + "-tools");
  // the newest that is closed; where none is, the fullest, for a month that has just begun says little
  const devices = key => sum(all[key].map(row => row.find(v => typeof v === "number")));
  const closed = shown.find(key => all[key].every(row => row[row.length - 1] !== "P"));
  const first = closed || shown.reduce((a, b) => devices(b) > devices(a) ? b : a);
  if (shown.length > 1) tools.prepend(choice("Period", section + "-period", shown.map(key => [key, name(key)]), first, key => draw(all[key], key)));
  draw(all[first], first);
}
