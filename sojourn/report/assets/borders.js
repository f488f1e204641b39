// Corridors over the border, and communities that reach over it.
function plan(label) {
  if (!DATA.map.box) return null;
  const [west, south, east, north] = DATA.map.box, W = 600, squeeze = Math.cos((south + north) / 2 * Math.PI / 180);
  const scale = W / ((east - west) * squeeze), H = Math.round((north - south) * scale);
  const X = x => (x - west) * squeeze * scale, Y = y => (north - y) * scale;
  const svg = el("svg", {viewBox: `0 0 ${W} ${H}`, class: "world", role: "img", "aria-label": label});
  const path = rings => traced(rings, X, Y);
  svg.append(el("rect", {width: W, height: H, fill: ink("sea")}));
  for (const area of DATA.map.land || []) svg.append(el("path", {d: path(area.rings), fill: area.code === DATA.home ? ink("homeland") : ink("land"), stroke: ink("border-line"), "stroke-width": 1}));
  return {svg, X, Y, path};
}

function corridorsSection() {
  const ROW = ["by", "direction", "country", "h3", "from", "to", "devices", "crossings", "minutes", "status"];
  const state = {direction: "out", rows: [], month: ""};
  let tools = null;
  const band = r => `${String(r.from).padStart(2, "0")}–${String(r.to).padStart(2, "0")}`;
  const wait = r => r.minutes / r.crossings < 90 ? `${Math.round(r.minutes / r.crossings)} min` : `${(r.minutes / r.crossings / 60).toFixed(1)} h`;

  function draw() {
    if (!tools) {
      tools = choice("Direction", "corridors-direction", [["out", "Leaving"], ["in", "Returning"]], "out", value => { state.direction = value; draw(); });
      byId("corridors-tools").append(tools);
    }
    const rows = state.rows.filter(r => r.direction === state.direction), all = rows.filter(r => r.by === "all").sort((a, b) => b.crossings - a.crossings);
    const placed = rows.filter(r => r.by === "cell"), first = all[0], said = state.direction === "out" ? "to" : "from";
    const total = sum(all.map(r => r.crossings));
    say("corridors-lede", first ? `${rounded(total)} crossings ${said} other countries are published for ${monthYear(state.month)}; ${percent(first.crossings / total, 0)} of them ${said} ${country(first.country)}, with a mean wait of ${wait(first)} between the last sign on one side and the first on the other. ${percent(sum(placed.map(r => r.crossings)) / total, 0)} can be placed. ` : "No crossings this way are published. ", badge(state.rows.map(r => r.status)));
    bars(byId("corridors-bars"), `Crossings of devices by country, ${monthYear(state.month)}`, all.map(r => ({name: country(r.country), note: `mean wait ${wait(r)}`, parts: [{name: country(r.country), value: r.crossings, colour: ink("accent")}]})), [], "crossings");
    const hours = rows.filter(r => r.by === "hour").map(r => ({row: r.country, column: band(r), value: r.crossings}));
    matrix(byId("corridors-hours"), `Crossings by country and hour, as fine as ${DATA.k} devices allow, ${monthYear(state.month)}`, hours, country, text => text, "country", number, false, [...new Set(hours.map(h => h.column))].sort());
    const view = plan("Map of corridors; the bars beside it hold the figures"), top = Math.max(...placed.map(r => r.crossings), 1);
    if (!view || !placed.length) { byId("corridors-map").replaceChildren(el("p", {class: "empty"}, "No corridor is wide enough to be drawn.")); return; }
    for (const area of DATA.map.zones || []) view.svg.append(el("path", {d: view.path(area.rings), fill: "none", stroke: ink("zone-line"), "stroke-width": 0.8}));
    const codes = all.map(r => r.country), tone = code => codes.indexOf(code) < 6 ? ink("part-" + codes.indexOf(code)) : ink("part-rest");
    for (const r of placed.sort((a, b) => b.crossings - a.crossings)) {
      const [x, y] = DATA.corridors.at[r.h3];
      view.svg.append(el("circle", {cx: view.X(x / 1e5), cy: view.Y(y / 1e5), r: 2 + 16 * Math.sqrt(r.crossings / top), fill: tone(r.country), "fill-opacity": 0.72, stroke: ink("paper"), "stroke-width": 0.8}, el("title", {}, `${country(r.country)}: ${number(r.crossings)} crossings, mean wait ${wait(r)}`)));
    }
    const used = codes.filter(code => placed.some(r => r.country === code));
    byId("corridors-map").replaceChildren(el("figcaption", {}, state.direction === "out" ? "Last antenna before leaving" : "First antenna after returning"), view.svg, el("p", {class: "keys"}, ...used.flatMap(code => [el("span", {class: "key", style: `background:${tone(code)}`}), country(code) + " "])));
  }
  periods("corridors", DATA.corridors.months || {}, monthYear, (rows, month) => { state.rows = objects(rows, ROW); state.month = month; draw(); });
}

function communitiesSection() {
  const ROW = ["country", "zone", "community", "stability", "border", "modularity", "net", "status"];
  periods("communities", DATA.communities, monthYear, (given, month) => {
    const rows = objects(given, ROW), groups = [...grouped(rows, r => r.community)].map(([id, some]) => ({id, some})).sort((a, b) => b.some.length - a.some.length || a.id - b.id);
    const tone = id => { const n = groups.findIndex(g => g.id === id); return n < 6 ? ink("part-" + n) : ink("part-rest"); };
    const place = r => r.zone === null ? country(r.country) : zone(r.zone), reach = groups.filter(g => g.some.some(r => r.country !== DATA.home) && g.some.some(r => r.country === DATA.home));
    say("communities-lede", `In ${monthYear(month)} the movements fall into ${groups.length} ${groups.length === 1 ? "community" : "communities"}; ${reach.length} of them ${reach.length === 1 ? "reaches" : "reach"} over the border. `,
      rows[0].modularity === null ? "" : `They hold together ${(rows[0].modularity / 1000).toFixed(2)} better than chance (modularity; 0 is chance). `, badge(rows.map(r => r.status)));
    const view = plan("Map of communities; the list beside it names them"), of = new Map(rows.filter(r => r.zone !== null).map(r => [r.zone, r.community]));
    if (view) for (const area of DATA.map.zones || []) view.svg.append(el("path", {d: view.path(area.rings), fill: of.has(area.code) ? tone(of.get(area.code)) : ink("none"), "fill-opacity": 0.75, stroke: ink("paper"), "stroke-width": 1}, el("title", {}, `${zone(area.code)}: ${of.has(area.code) ? "community " + of.get(area.code) : "in no community that is shown"}`)));
    byId("communities-map").replaceChildren(...(view ? [el("figcaption", {}, "Zones in the colour of their community"), view.svg] : []));
    const list = el("tbody");
    for (const g of groups) {
      const one = g.some[0], names = g.some.map(place);
      list.append(el("tr", {}, el("th", {scope: "row"}, el("span", {class: "key", style: `background:${tone(g.id)}`}), ` ${g.id} `), el("td", {}, names.slice(0, 14).join(", ") + (names.length > 14 ? ` and ${names.length - 14} more` : ""),
        el("small", {}, `${one.border === null ? "" : `${percent(one.border / 1000, 0)} of its movement crosses a border; `}runs agree on it to ${percent(sum(g.some.map(r => r.stability)) / g.some.length / 1000, 0)}`))));
    }
    byId("communities-list").replaceChildren(el("figcaption", {}, `Communities, ${monthYear(month)}`), el("table", {class: "members"}, list));
  });
}
