// Time: which hour is shown, the player, the days, the line of totals, and the change since four in the morning.
const FOUR = 4;
const CLOCK = MAP && (() => {
  const hours = DATA.map.hours, dates = [...new Set(hours.map(h => h.date))], at = new Map(hours.map(h => [h.date + h.hour, h]));
  const hidden = value => value < 0 ? null : value;
  for (const h of hours) {
    let c = 0;
    h.values = h.c.map((step, i) => ({c: c += step, population: h.population[i], visitors: hidden(h.visitors[i]), p05: h.p05[i], p95: h.p95[i], status: h.s[i]}));
    h.total = {population: sum(h.population) + (h.rest ? h.rest[0] : 0), visitors: sum(h.values.map(v => v.visitors)) + (h.rest ? Math.max(h.rest[1], 0) : 0)};
  }
  const state = {date: dates[dates.length - 1], hour: 8, measure: "population", timer: null};
  const slider = byId("hour"), play = byId("play");

  // An H3 index keeps its resolution in bits 52 to 55, and three bits for each finer digit, all ones where unused.
  function parent(name, r) {
    const unused = (1n << BigInt(3 * (15 - r))) - 1n, level = 15n << 52n;
    return (((BigInt("0x" + name) & ~level) | (BigInt(r) << 52n)) | unused).toString(16);
  }

  // Residents on the ground of each cell at four: of the same cell, or of the finer ones within it; nothing else compares.
  function before(date) {
    const hour = at.get(date + FOUR), found = new Map();
    if (!hour) return found;
    if (hour.ground) return hour.ground;
    const coarsest = Math.min(...MAP.res);
    for (const v of hour.values) for (let r = MAP.res[v.c]; r >= coarsest; r--) {
      const name = r === MAP.res[v.c] ? MAP.h3[v.c] : parent(MAP.h3[v.c], r), known = found.get(name) || {population: 0, km2: 0};
      found.set(name, {population: known.population + v.population, km2: known.km2 + MAP.km2[v.c]});
    }
    return hour.ground = found;
  }

  function measured(hour) {
    const four = state.measure === "change" ? before(hour.date) : null;
    return hour.values.map(v => {
      let shown;
      if (four) {
        const then = four.get(MAP.h3[v.c]);
        shown = then && Math.abs(then.km2 / MAP.km2[v.c] - 1) < 0.05 ? (v.population - then.population) / MAP.km2[v.c] : null;
      } else shown = v[state.measure] === null ? null : v[state.measure] / MAP.km2[v.c];
      return {...v, shown};
    });
  }

  function show() {
    const hour = at.get(state.date + state.hour);
    slider.value = state.hour;
    slider.setAttribute("aria-valuetext", `${state.hour}:00, ${longDay(state.date)}`);
    for (const input of byId("days").querySelectorAll("input")) input.checked = input.value === state.date;
    say("now-hour", String(state.hour).padStart(2, "0") + ":00");
    say("now-day", longDay(state.date), " ", hour && badge([...hour.s]));
    say("now-population", hour ? rounded(hour.total.population) : "–");
    say("now-visitors", hour ? rounded(hour.total.visitors) : "–");
    say("rest", left(hour));
    const values = hour ? measured(hour) : [];
    MAP.show(state.hour, state.measure, values);
    MAP.canvas.setAttribute("aria-label", `Population map, ${longDay(state.date)}, ${state.hour}:00: ${values.length} cells` +
      (hour ? `, ${rounded(hour.total.population)} residents and ${rounded(hour.total.visitors)} visitors in all` : ""));
    marked();
  }

  function left(hour) {
    if (!hour) return "There is no map of this hour.";
    if (!hour.rest) return "Everyone counted at this hour is in a cell that is shown.";
    const [people, guests] = hour.rest, share = people / hour.total.population;
    return `Not on the map: ${rounded(people)} residents${guests > 0 ? ` and ${rounded(guests)} visitors` : ""} (${percent(share)} of the residents), ` +
      `where fewer than ${DATA.k} devices stand behind any cell. They are counted in the totals, and placed nowhere.`;
  }

  // The line of all hours shown: residents on their own range, visitors from zero.
  let cursor = null, gap = 1;
  function line() {
    const key = state.measure === "visitors" ? "visitors" : "population", all = dates.flatMap(d => [...Array(24).keys()].map(h => at.get(d + h)));
    const values = all.map(h => h ? h.total[key] : null), known = values.filter(v => v !== null);
    const high = Math.max(...known), low = key === "visitors" ? 0 : Math.min(...known), span = high - low || 1;
    const y = v => 58 - 50 * (v - low) / span;
    gap = 1000 / all.length;
    const svg = el("svg", {viewBox: "0 0 1000 76", preserveAspectRatio: "none", role: "img", "aria-label": `${key === "visitors" ? "Visitors" : "Residents present"} hour by hour, from ${whole.format(low)} to ${whole.format(high)}`});
    dates.forEach((d, i) => svg.append(el("rect", {x: i * 24 * gap, y: 0, width: 24 * gap - 1, height: 64, class: i % 2 ? "band odd" : "band"})));
    let piece = [];
    const flush = () => { if (piece.length) svg.append(el("polyline", {points: piece.join(" "), class: "trend " + key, "vector-effect": "non-scaling-stroke"})); piece = []; };
    values.forEach((v, i) => { if (v === null) flush(); else piece.push(`${(i + 0.5) * gap},${y(v)}`); });
    flush();
    cursor = el("line", {y1: 0, y2: 64, class: "cursor", "vector-effect": "non-scaling-stroke"});
    svg.append(cursor);
    svg.addEventListener("click", event => {
      const place = svg.getBoundingClientRect(), i = Math.min(all.length - 1, Math.floor((event.clientX - place.left) / place.width * all.length));
      stop(); go(dates[Math.floor(i / 24)], i % 24);
    });
    byId("timeline").replaceChildren(el("p", {class: "range"}, el("span", {}, key === "visitors" ? "Visitors, all cells" : "Residents present, all cells"), el("span", {}, `${short.format(low)} to ${short.format(high)}`)), svg);
  }
  function marked() {
    const x = (dates.indexOf(state.date) * 24 + state.hour + 0.5) * gap;
    cursor.setAttribute("x1", x); cursor.setAttribute("x2", x);
  }

  function go(date, hour) { state.date = date; state.hour = hour; show(); }
  function next() {
    if (state.hour < 23) go(state.date, state.hour + 1);
    else go(dates[(dates.indexOf(state.date) + 1) % dates.length], 0);
  }
  function pressed(playing) {
    play.setAttribute("aria-pressed", playing);
    say("play-word", playing ? "Pause" : "Play");
  }
  function stop() { clearInterval(state.timer); state.timer = null; pressed(false); }
  function start() { state.timer = setInterval(next, still.matches ? 1600 : 650); pressed(true); next(); }
  function measure(name) { state.measure = name; legend(name); line(); show(); }

  play.addEventListener("click", () => state.timer ? stop() : start());
  slider.addEventListener("input", () => { stop(); go(state.date, Number(slider.value)); });
  byId("measures").addEventListener("change", event => measure(event.target.value));
  for (const date of dates) {
    const input = el("input", {type: "radio", name: "day", value: date, on: {change: () => { stop(); go(date, state.hour); }}});
    byId("days").append(el("label", {title: longDay(date)}, input, el("span", {}, shortDay(date))));
  }
  const begin = () => measure(document.querySelector("#measures input:checked").value);
  return {begin, dates, hours};
})();
