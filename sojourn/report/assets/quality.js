// Quality of the nights: three lines, and a grid of tables and dates.
function qualitySection() {
  const {dates, tables, cells, shares, units} = DATA.quality;
  if (!dates) { absent("quality"); return; }
  const row = name => tables.indexOf(name) < 0 ? [] : cells[tables.indexOf(name)], events = row("events");
  const failed = sum(cells.flat().map(c => c ? c[1] : 0));
  const accepted = dates.map((_, i) => events[i] ? events[i][0] : null), last = accepted.reduce((a, v, i) => v === null ? a : i, -1);
  const rejected = last < 0 || shares.share_rejected[last] === null ? null : accepted[last] * shares.share_rejected[last] / (1 - shares.share_rejected[last]);
  say("quality-lede", last < 0 ? "" : `${rounded(accepted[last])} records were accepted on ${dayMonth(dates[last])}${rejected === null ? "" : ` and ${rounded(rejected)} rejected`}. `,
    failed ? `${number(failed)} checks, of any severity, failed from ${dayMonth(dates[0])} on.` : `No check failed from ${dayMonth(dates[0])} on.`);
  const days = dates.map((_, i) => i).filter(i => accepted[i] !== null || Object.values(shares).some(s => s[i] !== null));
  const series = values => days.map(i => values[i]), when = days.map(i => dates[i]);
  if (when.length) byId("quality-trends").append(
    trend("Records accepted", when, series(accepted), short.format, "on the last landing day"),
    trend("Rejected", when, series(shares.share_rejected), v => percent(v, 2), "of the records read"),
    trend("Unplaced", when, series(shares.share_unplaced), v => percent(v, 2), "of the records accepted"),
    trend("Antennas reporting", when, series(shares.cells_reporting_share), v => percent(v), "of the register"));

  const mondays = dates.map((_, i) => i).filter(i => new Date(dates[i] + "T00:00Z").getUTCDay() === 1);
  const head = el("tr", {}, el("th", {scope: "col"}, "table"), ...dates.map((d, i) => el("th", {scope: "col", title: longDay(d)}, mondays.includes(i) ? el("span", {}, dayMonth(d)) : "")));
  const body = el("tbody");
  tables.forEach((name, t) => {
    const line = el("tr", {}, el("th", {scope: "row"}, name, units[name] === "month" ? el("small", {}, " by month") : units[name] === "" ? el("small", {}, " as it is now") : null));
    cells[t].forEach((c, i) => {
      const what = !c ? "no rows" : c[2] === "Q" ? "suppressed (Q)" : `${number(c[0])} rows, ${c[1] ? c[1] + " checks failed" : "all checks passed"}`;
      line.append(el("td", {title: `${name}, ${dayMonth(dates[i])}: ${what}`}, c ? el("span", {class: c[1] ? "mark failed" : c[2] === "Q" ? "mark quiet" : "mark"}, el("span", {class: c[1] ? "" : "hidden"}, c[1] ? String(c[1]) : what)) : ""));
    });
    body.append(line);
  });
  const title = "Checks by table and date";
  byId("quality-grid").replaceChildren(el("figcaption", {}, title), el("p", {class: "keys"}, el("span", {class: "mark"}), " all passed ", el("span", {class: "mark failed"}, "2"), " checks failed ", el("span", {class: "mark quiet"}), " suppressed (Q)"),
    el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": title}, el("table", {class: "grid"}, el("thead", {}, head), body)));
  const scroll = byId("quality-grid").querySelector(".scroll");
  scroll.scrollLeft = scroll.scrollWidth; // the newest dates first
}
