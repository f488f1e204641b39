// Flows over the border, homes by origin, and people of two countries.
const objects = (rows, names) => rows.map(row => Object.fromEntries(names.map((name, i) => [name, row[i]])));
const measureOf = rows => rows.some(row => row.persons !== null) ? "persons" : "devices";

function flowsSection() {
  const state = {measure: null, rows: [], month: ""};
  const FLOW = ["zone", "country", "devices", "persons", "trips", "nights", "p05", "p95", "status"];
  const UNIT = {persons: "persons with trips", devices: "devices with trips", share: "persons with trips per 1,000 residents", trips: "trips of devices", nights: "nights of devices"};
  let tools = null;

  function draw() {
    const out = state.rows.filter(r => r.country !== DATA.home), into = state.rows.filter(r => r.country === DATA.home);
    const people = measureOf(state.rows), measure = state.measure || people;
    if (!tools) {
      const options = [[people, "Persons"], ["trips", "Trips"], ["nights", "Nights"]];
      if (people === "persons" && DATA.grid.zones && Object.keys(DATA.grid.zones).length) options.splice(1, 0, ["share", "Per 1,000 residents"]);
      tools = choice("Measure", "flows-measure", options, people, value => { state.measure = value; draw(); });
      byId("flows-tools").append(tools);
    }
    const plain = measure === "share" ? people : measure;
    const totals = [...grouped(out, r => r.country)].map(([code, rows]) => ({code, value: sum(rows.map(r => r[plain])), trips: sum(rows.map(r => r.trips)), nights: sum(rows.map(r => r.nights)), note: alone(rows, plain)})).sort((a, b) => b.value - a.value);
    const first = [...grouped(out, r => r.country)].map(([code, rows]) => [code, sum(rows.map(r => r[people])), sum(rows.map(r => r.trips)), sum(rows.map(r => r.nights)), bracketed(rows, people)]).sort((a, b) => b[1] - a[1])[0];
    const guests = sum(into.map(r => r[people])), around = bracketed(into, people);
    say("flows-lede", first ? `Most went to ${country(first[0])}: ${rounded(first[1])} ${people}${first[4]} with trips that ended in ${monthYear(state.month)}, ${(first[3] / first[2]).toFixed(1)} nights a trip. ` : "No trips abroad are published. ",
      into.length ? `The other way, ${rounded(guests)} ${people}${around} with foreign SIMs ended a trip to ${country(DATA.home)}. ` : "", explained((first && first[4]) || around), badge(state.rows.map(r => r.status)));
    bars(byId("flows-bars"), `${UNIT[plain][0].toUpperCase()}${UNIT[plain].slice(1)} by country, ${monthYear(state.month)}`, totals.map(t => ({name: country(t.code), note: t.trips ? `${(t.nights / t.trips).toFixed(1)} nights a trip` : "",
      parts: [{name: country(t.code), value: t.value, colour: ink("accent"), note: t.note}]})), [], UNIT[plain]);
    arcs(byId("flows-map"), totals, UNIT[plain]);
    const cells = out.map(r => ({row: r.zone, column: r.country, value: measure === "share" ? (DATA.grid.zones[r.zone] ? 1000 * r.persons / DATA.grid.zones[r.zone] : null) : r[measure], note: alone([r], measure)})).filter(c => c.value !== null);
    matrix(byId("flows-matrix"), `From home zone to country, ${UNIT[measure]}, ${monthYear(state.month)}`, cells, zone, country, "from", measure === "share" ? v => v.toFixed(1) : number, measure !== "share");
  }
  periods("flows", DATA.flows, monthYear, (rows, month) => { state.rows = objects(rows, FLOW); state.month = month; draw(); });
}

// Lands in the colour of what goes there, and an arc to each: the wider, the more.
function arcs(target, totals, unit) {
  const {at, far, box, land} = DATA.abroad;
  if (!at || !at[DATA.home]) { target.remove(); return; }
  const mercator = lat => Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360)) * 180 / Math.PI, W = 600;
  const scale = W / (box[2] - box[0]), H = Math.round((mercator(box[3]) - mercator(box[1])) * scale);
  const X = x => (x - box[0]) * scale, Y = y => (mercator(box[3]) - mercator(y)) * scale;
  const svg = el("svg", {viewBox: `0 0 ${W} ${H}`, class: "world", role: "img", "aria-label": `Map of destinations, ${unit}; the bars beside it hold the figures`});
  const value = new Map(totals.map(t => [t.code, t.value])), top = Math.max(...value.values(), 1), tones = ramp("visitors");
  svg.append(el("rect", {width: W, height: H, fill: ink("sea")}));
  for (const area of land) {
    const d = traced(area.rings, X, Y);
    const share = value.has(area.code) ? Math.sqrt(value.get(area.code) / top) : null;
    const fill = area.code === DATA.home ? ink("ink") : share === null ? ink("land") : colour(mix(tones, 0.1 + 0.55 * share));
    svg.append(el("path", {d, fill, stroke: ink("sea"), "stroke-width": 0.7}, el("title", {}, country(area.code) + (share === null ? "" : `: ${number(value.get(area.code))}`))));
  }
  const from = [X(at[DATA.home][0] / 100), Y(at[DATA.home][1] / 100)], taken = [[...from, 0]];
  const near = totals.filter(t => at[t.code]);
  for (const t of near) {
    const to = [X(at[t.code][0] / 100), Y(at[t.code][1] / 100)], [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const bend = [from[0] + dx / 2 - dy * 0.18 * Math.sign(dx || 1), from[1] + dy / 2 - Math.abs(dx) * 0.18];
    svg.append(el("path", {d: `M${from} Q${bend} ${to}`, class: "arc", "stroke-width": 1 + 6 * Math.sqrt(t.value / top)}));
  }
  for (const t of near) {
    const to = [X(at[t.code][0] / 100), Y(at[t.code][1] / 100)], wide = country(t.code).length * 6.4;
    svg.append(el("circle", {cx: to[0], cy: to[1], r: 3, class: "end"}));
    if (taken.some(p => Math.abs(p[0] - to[0]) < wide / 2 + p[2] / 2 + 4 && Math.abs(p[1] - to[1]) < 20)) continue;
    taken.push([...to, wide]);
    svg.append(el("text", {x: Math.min(Math.max(to[0], wide / 2 + 4), W - wide / 2 - 4), y: to[1] + 16, class: "place"}, country(t.code)));
  }
  svg.append(el("circle", {cx: from[0], cy: from[1], r: 4.5, class: "home"}));
  const beyond = totals.filter(t => far.includes(t.code));
  target.replaceChildren(el("figcaption", {}, `From ${country(DATA.home)} to`), svg, beyond.length ? el("p", {class: "keys"}, "Beyond the map: " + beyond.map(t => `${country(t.code)} ${number(t.value)}`).join(", ") + ".") : "");
}

function homesSection() {
  const HOMES = ["zone", "origin", "devices", "persons", "p05", "p95", "status"];
  periods("homes", DATA.homes, monthYear, (rows, month) => {
    const all = objects(rows, HOMES), people = measureOf(all), foreign = all.filter(r => r.origin !== DATA.home), own = all.filter(r => r.origin === DATA.home);
    const origins = [...grouped(foreign, r => r.origin)].map(([code, some]) => [code, sum(some.map(r => r[people]))]).sort((a, b) => b[1] - a[1]);
    const shown = origins.slice(0, 6).map(o => o[0]), tone = code => shown.includes(code) ? ink("part-" + shown.indexOf(code)) : ink("part-rest");
    const parts = [...shown.map(code => ({name: country(code), colour: tone(code)})), ...(origins.length > 6 ? [{name: "others", colour: ink("part-rest")}] : [])];
    const here = sum(own.map(r => r[people])), guests = sum(foreign.map(r => r[people])), [ours, theirs] = [bracketed(own, people), bracketed(foreign, people)];
    say("homes-lede", `In ${monthYear(month)}, ${rounded(here)} ${people}${ours} with SIMs of ${country(DATA.home)} have a home in the zones below`,
      guests ? `, and ${rounded(guests)}${theirs} with foreign SIMs, most from ${country(origins[0][0])}. ` : ". No group with foreign SIMs is large enough to be shown. ", explained(ours || theirs), badge(all.map(r => r.status)));
    const lines = [...grouped(all, r => r.zone)].map(([id, some]) => {
      const mine = new Map(some.map(r => [r.origin, r[people]])), note = code => alone(some.filter(r => r.origin === code), people), residents = mine.get(DATA.home);
      const pieces = shown.map((code, i) => ({name: country(code), value: mine.get(code) || 0, colour: ink("part-" + i), note: note(code)}));
      pieces.push({name: "others", value: sum([...mine].filter(([c]) => c !== DATA.home && !shown.includes(c)).map(m => m[1])), colour: ink("part-rest")});
      return {name: zone(id), parts: pieces, note: residents === undefined ? "" : `+ ${short.format(residents)} domestic`};
    }).sort((a, b) => sum(b.parts.map(p => p.value)) - sum(a.parts.map(p => p.value)));
    bars(byId("homes-bars"), `Residents with foreign SIMs by zone and country of the SIM, ${people}, ${monthYear(month)}`, lines, parts, people);
  });
}

function stocksSection() {
  const STOCKS = ["zone", "origin", "country", "class", "devices", "persons", "nights", "p05", "p95", "status"];
  const KINDS = ["commuter", "seasonal", "transnational", "long_stayer", "visitor"], state = {side: "out", visitors: false, rows: [], day: ""};
  let tools = false;
  function draw() {
    const people = measureOf(state.rows), out = state.side === "out", kinds = KINDS.filter(k => state.visitors || k !== "visitor");
    // all countries together for our own; of a foreign SIM only one foreign country is ever seen: this one
    const mine = state.rows.filter(r => out ? r.origin === DATA.home : r.origin !== DATA.home), one = mine.filter(r => out ? r.country !== "*" : r.country === DATA.home);
    const once = out ? mine.filter(r => r.country === "*") : one;
    const parts = kinds.map(k => ({key: k, name: kind(k), colour: ink("class-" + k.replace("_", "-"))}));
    const lines = (rows, key, name) => [...grouped(rows.filter(r => kinds.includes(r.class)), key)].map(([id, some]) => ({name: name(id),
      parts: parts.map(p => { const of = some.filter(r => r.class === p.key); return {...p, value: sum(of.map(r => r[people])), note: alone(of, people)}; })})).sort((a, b) => sum(b.parts.map(p => p.value)) - sum(a.parts.map(p => p.value)));
    const count = k => sum(once.filter(r => r.class === k).map(r => r[people])), around = k => bracketed(once.filter(r => r.class === k), people), named = ["transnational", "commuter", "long_stayer", "seasonal"].filter(count);
    say("stocks-lede", `Up to ${longDay(state.day)}, ` + (out ? `of the residents of ${country(DATA.home)}: ` : "of those with foreign SIMs here: ") +
      (named.length ? named.map(k => `${rounded(count(k))} ${k === "seasonal" ? "seasonal stayers" : kind(k) + "s"}${around(k)}`).join(", ") + ", " : "no group but visitors is large enough to be shown, ") + `and ${rounded(count("visitor"))} visitors${around("visitor")}. `, explained([...named, "visitor"].some(around)), badge(state.rows.map(r => r.status)));
    bars(byId("stocks-country"), out ? `By country of the stays, ${people}` : `By country of the SIM, ${people}`, lines(one, r => out ? r.country : r.origin, country), parts, people);
    bars(byId("stocks-zone"), out ? `By home zone, all foreign countries together, ${people}` : `By zone of the nights here, ${people}`, lines(once, r => r.zone, zone), parts, people);
    became(out);
    if (tools) return;
    tools = true;
    byId("stocks-tools").append(choice("Who", "stocks-side", [["out", `SIMs of ${country(DATA.home)} abroad`], ["in", "Foreign SIMs here"]], "out", side => { state.side = side; draw(); }),
      choice("Visitors", "stocks-visitors", [["no", "without"], ["yes", "with"]], "no", value => { state.visitors = value === "yes"; draw(); }));
  }

  // What became of each class in the year after: shares of all its devices. A row lacks what is hidden, so that sums over the
  // countries of foreign SIMs are least values.
  function became(out) {
    const [day] = Object.keys(DATA.becoming), target = byId("stocks-becoming"), AGAIN = ["side", "from", "to", "devices", "persons", "status"];
    const all = day ? objects(DATA.becoming[day], AGAIN).filter(r => (r.side === "out") === out && r.from !== "absent") : [];
    const whole = new Map(all.filter(r => r.to === "*").map(r => [r.from, r.devices]));
    const cells = all.filter(r => r.to !== "*" && whole.has(r.from)).map(r => ({row: r.from, column: r.to, value: Math.min(r.devices / whole.get(r.from), 1),
      note: `, ${number(r.devices)} devices` + (r.persons === null ? "" : `, ${number(r.persons)} persons`)}));
    matrix(target, `From the class of one year to that of the year up to ${day && fullDay(day)}, % of devices`, cells, kind, kind, "from", v => percent(v, 0), false, [...KINDS, "absent"]);
    const stayed = cells.filter(c => c.row === c.column).sort((a, b) => (b.row === "transnational") - (a.row === "transnational") || b.value - a.value)[0];
    if (cells.length) target.firstChild.after(el("p", {class: "said"}, stayed ? `${out ? "" : "At least "}${percent(stayed.value, 0)} of the ${kind(stayed.row)}s of one year were so again in the next. ` : "No class that stayed the same is large enough to be shown. ", badge(all.map(r => r.status)) || ""));
  }
  periods("stocks", DATA.stocks, dayMonth, (rows, day) => { state.rows = objects(rows, STOCKS); state.day = day; draw(); });
}
