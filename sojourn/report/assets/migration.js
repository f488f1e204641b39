// Who came to live in another country, by several definitions side by side, each with its bounds, and by the stay asked for.
function migrationSection() {
  const MOVE = ["direction", "country", "definition", "series", "devices", "persons", "status"];
  const NAMED = ["1998_short_term", "1998_long_term", "2021_continuous", "2021_majority"], CURVE = [...Array(12).keys()].map(n => `min_${n + 1}_months`);
  const QUOTED = {"2021_majority": "if most nights of 12 months make a move (2021)", "1998_long_term": "if it takes 12 months or more (1998)"};
  const state = {direction: "out", rows: [], year: ""}, name = id => id.replace("_", " ").replace("_", "‑"), months = n => `${n} month${n > 1 ? "s" : ""}`;
  let tools = null;

  function draw() {
    if (!tools) {
      tools = choice("Direction", "migration-direction", [["out", `From ${country(DATA.home)}`], ["in", `To ${country(DATA.home)}`]], "out", value => { state.direction = value; draw(); });
      byId("migration-tools").append(tools);
    }
    const out = state.direction === "out", rows = state.rows.filter(r => r.direction === state.direction), people = measureOf(rows);
    const parts = [{name: "seen long enough", colour: ink("accent")}, {name: out ? "silent there since" : "with SIM switches followed", colour: "color-mix(in srgb, var(--accent) 50%, var(--paper))"}];
    // country by country, for where the lower bound is hidden the upper one may be shown
    const bounds = some => [...grouped(some, r => r.country).values()].map(one => {
      const [low, high] = [true, false].map(seen => sum(one.filter(r => (r.series === "observed") === seen).map(r => r[people])));
      return [low, Math.max(low, high)];
    }).reduce(([a, b], [low, high]) => [a + low, b + high], [0, 0]);
    const said = ([low, high], write, dash) => low === high ? write(low) : low ? write(low) + dash + write(high) : `up to ${write(high)}`;
    const by = new Map([...NAMED, ...CURVE].map(id => [id, bounds(rows.filter(r => r.definition === id))]));
    const quoted = Object.keys(QUOTED).filter(id => by.get(id)[1]), spread = quoted.some(id => by.get(id)[0] < by.get(id)[1]), until = fullDay(DATA.migration.as_of);
    const who = out ? `with SIMs of ${country(DATA.home)} moved to another country` : `with foreign SIMs moved to ${country(DATA.home)}`;
    say("migration-lede", quoted.length ? `In ${state.year}, ${quoted.map((id, i) => `${said(by.get(id), rounded, " to ")} ${i ? "" : `${people} ${who} `}${QUOTED[id]}`).join(", and ")}` +
      (spread ? `: the lower figures are those seen there long enough until ${until}, the higher ones ${out ? "count those too whose SIM has been silent since" : "follow those too who changed to a SIM of " + country(DATA.home)}. ` : `, as seen until ${until}. `)
      : `No group that moved this way in ${state.year} is large enough to be shown. `, badge(rows.map(r => r.status)));
    bars(byId("migration-bars"), `By definition, ${people}, ${state.year}`, NAMED.filter(id => by.get(id)[1]).map(id => { const [low, high] = by.get(id); return {name: name(id), note: `seen: ${number(low)}`, parts: parts.map((p, i) => ({...p, value: i ? high - low : low}))}; }), parts, people);
    const [seen, most] = [0, 1].map(i => CURVE.map(id => by.get(id)[i] || null)), longest = seen.findLastIndex(v => v !== null) + 1;
    const curve = trend(`By months of stay that are asked for, ${people}, ${state.year}`, CURVE.map((_, i) => i + 1), seen, number, `seen there for ${months(longest)} or more`, months, most);
    curve.firstChild.after(keys(parts));
    byId("migration-curve").replaceChildren(curve);
    const cells = [...grouped(rows.filter(r => NAMED.includes(r.definition)), r => r.country + "\n" + r.definition).values()].map(some => ({row: some[0].country, column: some[0].definition, bounds: bounds(some)})).map(c => ({...c, value: c.bounds[0]}));
    matrix(byId("migration-matrix"), `By country and definition, ${people}, ${state.year}: ${out ? "lower and upper bound" : "seen, and with SIM switches followed"}`, cells, country, name, out ? "to" : "from", (_, cell) => said(cell.bounds, number, "–"), false, NAMED);
  }
  periods("migration", DATA.migration.years || {}, year => year, (rows, year) => { state.rows = objects(rows, MOVE); state.year = year; draw(); });
}
